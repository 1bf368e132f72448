"""What a project is made of: models, sources, seeds, tests, and their columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ids_build.errors import Location
from ids_build.relation import Relation

Meta = Mapping[str, Any]
Places = Mapping[tuple[str, str], Location]  # where a word stands that the YAML says under a key of meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as its YAML describes it; `data_type` is the contract, None when undeclared."""

    name: str
    data_type: str | None = None
    description: str = ""
    aliases: tuple[str, ...] = ()
    meta: Meta = field(default_factory=dict)
    at: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """The column that says whose a row is: a person, or a key whose person stands in the rows of the source `via`."""

    column: str
    via: Relation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a source declares about its deliveries.

    It is good from day `first` to day `last`, both included, None = open. Sources that tell the same `subject`
    must not cover one day, unless one of them names the other in `replaces`.
    """

    person: PersonKey | None = None
    first: date | None = None
    last: date | None = None
    subject: str | None = None
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A raw table outside the project, read only.

    `location` is a path or glob as written, variables filled in. `key` names the columns that every
    file must have. `period` is "file_name" when the reporting period is read from the file's name;
    `prefer` is the name pattern that wins when two files cover one period.
    """

    unique_id: str
    name: str
    relation: Relation
    at: Location
    location: str | None
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    period: str | None = None
    prefer: str | None = None
    rules: Rules = field(default_factory=Rules)
    description: str = ""
    tags: tuple[str, ...] = ()
    meta: Meta = field(default_factory=dict)
    source_meta: Meta = field(default_factory=dict)
    places: Places = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From this offset in the rendered SQL on, text comes from `line`, `column` of the template.

    `literal` says that the text was copied as written, so that columns can be counted on.
    """

    offset: int
    line: int
    column: int
    literal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedColumn:
    """A column that a report names: for what, and where. `number` says that it must hold numbers."""

    role: str
    name: str
    at: Location
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """How a report draws a table: the kind, and the column of each role.

    `lines` are values at which a line of reference stands, `words` are texts by their key, such as `x_label`.
    """

    kind: str
    at: Location
    columns: tuple[NamedColumn, ...]
    lines: tuple[float, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def column(self, role: str) -> str | None:
        """Return the column of a role, None when the plot names none."""
        return next((named.name for named in self.columns if named.role == role), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The place of a model in the report.

    `counts` are the columns that count persons, whose small cells are masked; none for a table that counts no persons.
    Tables with a `place` come first, in its order.
    """

    title: str
    at: Location
    place: int | None = None
    counts: tuple[NamedColumn, ...] = ()
    plot: Plot | None = None

    @property
    def columns(self) -> tuple[NamedColumn, ...]:
        """Return all columns that are named."""
        return (*self.counts, *(self.plot.columns if self.plot else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """How an incremental model takes a batch in.

    `strategy` is append, insert_overwrite or merge. Rows of earlier batches give way to a later one that has the same
    values of `key`; without a key none do. `inputs` are the tables that the model says come in batches. `sql` is its query
    where `is_incremental()` is true, with its own `spans` and `meaning`; `this` says that it reads what the batches
    before made.
    """

    strategy: str
    sql: str
    spans: tuple[Span, ...] = ()
    meaning: str = ""
    key: tuple[str, ...] = ()
    inputs: tuple[Relation, ...] = ()
    this: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One SELECT in one file.

    `order` is the clustering of its table: the grain, or `cluster_by` where no key exists.
    `grain` is the unique, non-null key, empty when none is declared. `meaning` is one for all spellings of one query;
    `volatile` are functions in it that say something else every time. An incremental model is a table with an `increment`.
    """

    unique_id: str
    name: str
    relation: Relation
    path: str
    raw_sql: str
    sql: str
    spans: tuple[Span, ...]
    references: tuple[Relation, ...]
    materialized: str = "table"
    grain: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    ordered_by_query: bool = False
    contract: bool = False
    description: str = ""
    columns: tuple[Column, ...] = ()
    tags: tuple[str, ...] = ()
    meta: Meta = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    config: Meta = field(default_factory=dict)
    report: Report | None = None
    meaning: str = ""
    volatile: tuple[str, ...] = ()
    increment: Increment | None = None

    def locate(self, offset: int) -> Location:
        """Return the place in the template that made the character at `offset` of the rendered SQL."""
        found = None
        for span in self.spans:
            if span.offset > offset:
                break
            found = span
        if found is None:
            return Location(path=self.path, line=1)
        column = found.column + (offset - found.offset if found.literal else 0)
        return Location(path=self.path, line=found.line, column=column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A CSV file of the project; `text` is its content."""

    unique_id: str
    name: str
    relation: Relation
    path: str
    text: str
    columns: tuple[Column, ...] = ()
    grain: tuple[str, ...] = ()
    description: str = ""
    tags: tuple[str, ...] = ()
    meta: Meta = field(default_factory=dict)
    places: Places = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The date column as of which a model answers, the columns that it declares to look ahead, and the days to prove it on."""

    column: str
    looks_ahead: tuple[str, ...] = ()
    days: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTest:
    """A question to a table that must find no failing row.

    Either `predicate`, an SQL condition that is true for a failing row of `table` (such tests share
    one pass over it), or `sql`, a query that returns the failing rows, or `as_of`, by which the table is rebuilt.
    """

    unique_id: str
    name: str
    kind: str
    at: Location
    table: Relation | None
    references: tuple[Relation, ...]
    predicate: str | None = None
    sql: str | None = None
    as_of: AsOf | None = None
    column: str | None = None
    severity: str = "error"
    tags: tuple[str, ...] = ()
    meta: Meta = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Fixture rows as text, before they have a type: None is NULL; or a query that makes them.

    `given` is False where the YAML names an input and says no rows. `types` are the data types of an input that
    no table has; `error` is the message that is expected instead of rows.
    """

    columns: tuple[str, ...] = ()
    values: tuple[tuple[str | None, ...], ...] = ()
    sql: str | None = None
    at: Location | None = None
    given: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTest:
    """Given rows of a query's inputs, expected rows of its result.

    `sql` is the query of the model, rendered again where the test overrides variables; or, for a macro, a query
    of the test's own, and `refused` what the macro said when it would not be rendered.
    """

    unique_id: str
    name: str
    model: Relation | None
    at: Location
    sql: str
    references: tuple[Relation, ...]
    given: tuple[tuple[Relation, Rows], ...]
    expect: Rows
    description: str = ""
    tags: tuple[str, ...] = ()
    macro: str = ""
    refused: str | None = None

    @property
    def subject(self) -> str:
        """Return the name of the model or macro under test."""
        return self.model.name if self.model else self.macro


Node = Model | Source | Seed | DataTest | UnitTest
Table = Model | Source | Seed

"""Differences: how models and tables differ from another state of them, and what each change means for those who read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BREAKING, ROWS, VALUES, HARMLESS = "breaking", "may change rows", "may change values", "harmless"

# What each kind of change means for those who read the table, and why.
RULES: Mapping[str, tuple[str, str]] = {
    "model added": (HARMLESS, "nothing can have read it before"),
    "model removed": (BREAKING, "what reads it finds no table"),
    "moved": (BREAKING, "what reads it looks for it in another layer"),
    "column added": (HARMLESS, "what reads the table names the columns it wants"),
    "column removed": (BREAKING, "what names it fails"),
    "column retyped": (BREAKING, "what joins, compares or computes with it may fail or give something else"),
    "columns reordered": (HARMLESS, "columns are known by their names"),
    "grain changed": (BREAKING, "a row stands for something else: joins multiply or lose rows"),
    "grain declared": (HARMLESS, "rows were not promised to be unique before"),
    "order changed": (HARMLESS, "rows are known by their grain, not by their place"),
    "table given up": (BREAKING, "no file lies there any more"),
    "table made": (HARMLESS, "what was computed anew in each query is a file now"),
    "materialization changed": (HARMLESS, "it is no file, neither before nor after"),
    "filter changed": (ROWS, "other rows may pass"),
    "join changed": (ROWS, "rows may find others, several, or none"),
    "grouping changed": (ROWS, "other rows are put together"),
    "tables read changed": (ROWS, "it stands on other tables"),
    "rows kept changed": (ROWS, "other rows are kept, put together or left out"),
    "column computed differently": (VALUES, "the same column may hold other values"),
    "step computed differently": (VALUES, "a column on the way may hold other values"),
    "query changed": (ROWS, "the parts of the query could not be told apart"),
    "seed edited": (ROWS, "a line of the file was added, removed or changed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a model. `kind` is a key of RULES; `subject` is the column or the clause; the rest says from what to what."""

    kind: str
    subject: str = ""
    before: str = ""
    after: str = ""

    @property
    def effect(self) -> str:
        """Return what it means for those who read the table: breaking, may change rows, may change values, or harmless."""
        return RULES[self.kind][0]

    @property
    def rule(self) -> str:
        """Return why it has that effect."""
        return RULES[self.kind][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """How the rows of two tables differ: counts, never a value.

    With `key`, rows are compared by these columns: `gained` and `lost` count keys, `altered` keys on both sides whose rows
    differ, `columns` for each column that differs the keys in which it does. Without a key, whole rows are counted.
    `identical` says that the files are the same bytes; `notes` say what was seen or could not be compared.
    """

    before: int | None = None
    after: int | None = None
    key: tuple[str, ...] = ()
    gained: int | None = None
    lost: int | None = None
    altered: int | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    identical: bool = False
    notes: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Say whether a row was gained, lost or altered."""
        return bool(self.gained or self.lost or self.altered)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDifference:
    """How a model or seed differs. `status` is added, removed, changed or same; `through` names changed tables it stands on."""

    name: str
    resource: str
    status: str
    changes: tuple[Change, ...] = ()
    through: tuple[str, ...] = ()
    rows: RowDifference | None = None

    @property
    def breaking(self) -> bool:
        """Say whether one of the changes is breaking."""
        return any(change.effect == BREAKING for change in self.changes)

    @property
    def differs(self) -> bool:
        """Say whether the model, or its rows, changed."""
        return bool(self.changes) or (self.rows is not None and self.rows.differs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All differences between two states, in graph order; `before` and `after` say in words which states these are."""

    before: str
    after: str
    models: tuple[ModelDifference, ...]
    notes: tuple[str, ...] = ()

    @property
    def breaking(self) -> bool:
        """Say whether one of the models has a breaking change."""
        return any(model.breaking for model in self.models)

    @property
    def differs(self) -> bool:
        """Say whether anything differs."""
        return any(model.differs for model in self.models)

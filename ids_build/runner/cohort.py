"""The cohort: the persons that a run is restricted to, and the SQL that keeps their rows."""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from ids_build.config import nearest
from ids_build.errors import ConfigError, Location
from ids_build.nodes import Source
from ids_build.relation import Relation
from ids_build.runner.datatypes import arrow_type, describe_type, plain_type

PERSONS = Relation(layer="ids_build_raw", name="cohort")
_SUFFIXES = (".csv", ".txt", ".parquet")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Distinct identifiers in order, how many entries were left out, and a digest that tells two cohorts apart."""

    persons: pa.Array
    blank: int
    repeated: int
    digest: str

    @property
    def rows(self) -> pa.Table:
        """Return the identifiers as a table of one column, ``person``."""
        return pa.table({"person": self.persons})

    @property
    def note(self) -> str:
        """Return the size of the cohort in words; never an identifier."""
        out = [f"{count:,} {word}" for count, word in ((self.blank, "blank"), (self.repeated, "repeated")) if count]
        entries = "entry" if self.blank + self.repeated == 1 else "entries"
        told = f" ({' and '.join(out)} {entries} left out)" if out else ""
        return f"the cohort has {len(self.persons):,} {'person' if len(self.persons) == 1 else 'persons'}{told}"


def make_cohort(identifiers: Iterable[str | None]) -> Cohort:
    """Return the cohort of these identifiers, taken as text without surrounding blanks; blanks are nobody."""
    trimmed = [(text or "").strip() for text in identifiers]
    given = [text for text in trimmed if text]
    persons = sorted(set(given))
    # Slow on purpose: tables carry the digest, and nobody shall find a cohort of one by trying all identifiers.
    digest = hashlib.scrypt("\n".join(persons).encode(), salt=b"ids_build", n=2**14, r=8, p=1, dklen=8).hex()
    return Cohort(
        persons=pa.array(persons, pa.string()),
        blank=len(trimmed) - len(given),
        repeated=len(given) - len(persons),
        digest=digest,
    )


def read_cohort(path: Path, column: str | None, known: Iterable[str]) -> Cohort:
    """Read the identifiers of a csv, txt or parquet file.

    They stand in `column`; when none is named, in the column called like a person column of a source (`known`), or in
    the only column. A csv or txt file needs no header when it has one column. Raises ConfigError when the file is
    missing or cannot be read, has no such column, or when identifiers are numbers (they would have lost leading zeros).
    """
    at = Location(path=path.as_posix())
    if not path.is_file():
        raise ConfigError("there is no such cohort file", at=at, hint="correct --cohort")
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigError("a cohort is a csv, txt or parquet file", at=at, hint="save the identifiers in one of these forms")
    wanted = [column] if column else sorted(set(known))
    return make_cohort(
        _read_parquet(path, column, wanted) if path.suffix.lower() == ".parquet" else _read_text(path, column, wanted)
    )


def restrict(source: Source, query: str, cohort: Cohort) -> str:
    """Return the query of a source restricted to the cohort; rows never multiply, and a NULL key belongs to nobody.

    A table without a person column keeps the rows whose key the (restricted) rows of its parent have. A join whose
    smaller side is distinct was measured faster than a list or a semi-join at every size (benchmarks/RESULTS.md).
    """
    if source.rules.person is None:
        return query
    key = f'"{source.rules.person.column}"'
    kept = PERSONS.sql
    if source.rules.person.via:
        own = f"nullif(trim(cast({key} as varchar)), '')"
        kept = f"(select distinct {own} as person from {source.rules.person.via.sql} where {own} is not null)"
    mine = f"held.{key}" if _is_text(source) else f"cast(held.{key} as varchar)"
    return f"select held.* from {kept} as kept join ({query}) as held on trim({mine}) = kept.person"


def bounds(source: Source, cohort: Cohort) -> str | None:
    """Return the condition that a person key can be one of the cohort's, by which whole row groups are passed over.

    Blanks around an identifier do not matter: such texts sort before ``!``, or between the identifier and it with ``!``.
    """
    if source.rules.person is None or source.rules.person.via or not _is_text(source):
        return None
    if not len(cohort.persons):
        return "false"
    key = f'"{source.rules.person.column}"'
    least, most = (_text(cohort.persons[place].as_py()) for place in (0, -1))
    return f"({key} >= '{least}' and {key} < '{most}!' or {key} < '!')"


def _is_text(source: Source) -> bool:
    """Say whether the contract promises that the person column is text; without a contract it may be anything."""
    key = source.rules.person.column if source.rules.person else ""
    return any(column.name == key and arrow_type(column.data_type or "") == pa.string() for column in source.columns)


def _text(value: str) -> str:
    return value.replace("'", "''")


def _read_parquet(path: Path, column: str | None, wanted: list[str]) -> list[str | None]:
    at = Location(path=path.as_posix())
    try:
        schema = pyarrow.parquet.read_schema(path)
        name = schema.names[_choose(schema.names, column, wanted, at)]
        kind = plain_type(schema.field(name).type)
        texts = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not pa.types.is_string(plain_type(texts)):
            raise ConfigError(
                f"the identifiers in column '{name}' are {describe_type(kind)}",
                at=at,
                hint="write them as text: a number has lost its leading zeros",
            )
        found: list[str | None] = pyarrow.parquet.read_table(path, columns=[name]).column(0).to_pylist()
    except (pa.ArrowException, OSError):
        raise ConfigError("this is no whole parquet file", at=at, hint="write the cohort again") from None
    return found


def _read_text(path: Path, column: str | None, wanted: list[str]) -> list[str | None]:
    at = Location(path=path.as_posix())
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if "\0" in text:
            raise csv.Error
        lines = text.splitlines(keepends=True)
        first = next(filter(str.strip, lines), "")
        delimiter = max(_DELIMITERS, key=first.count)
        rows = list(dropwhile(lambda row: not "".join(row).strip(), csv.reader(lines, delimiter=delimiter)))
    except (csv.Error, OSError):
        raise ConfigError("this is no text that can be read", at=at, hint="save the cohort again as csv, in UTF-8") from None
    if not rows:
        return []
    header = [cell.strip() for cell in rows[0]]
    # Identifiers have digits: a first line without any is a header, whatever it says.
    headless = len(header) == 1 and column is None and _has_digit(header[0]) and not _fits(header[0], wanted)
    place = 0 if headless else _choose(header, column, wanted, at)
    return [row[place] if place < len(row) else None for row in (rows if headless else rows[1:])]


def _choose(names: list[str], column: str | None, wanted: list[str], at: Location) -> int:
    """Return the place of the column that holds the persons."""
    found = [place for place, name in enumerate(names) if name == column]
    found = found or [place for place, name in enumerate(names) if _fits(name, wanted)]
    if len(found) == 1:
        return found[0]
    if column and not found:
        # The first line of a file without a header holds an identifier: that is no hint.
        hint = nearest(column, [name for name in names if not _has_digit(name)])
        raise ConfigError(f"there is no column '{column}'", at=at, hint=hint or "correct --cohort-column, or add a header")
    if not found and len(names) == 1:
        return 0
    told = " and ".join(f"'{names[place]}'" for place in found)
    message = f"{told} could both hold the persons" if found else "no column is known to hold the persons"
    raise ConfigError(message, at=at, hint="name it with --cohort-column")


def _fits(name: str, wanted: list[str]) -> bool:
    return name.lower() in [word.lower() for word in wanted]


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)

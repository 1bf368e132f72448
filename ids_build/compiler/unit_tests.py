"""Unit tests: given and expected rows of a YAML file, as text that waits for a type."""

import csv
import io
from collections.abc import Mapping
from pathlib import PurePosixPath

from ids_build.compiler.yamls import Spot
from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import Rows

_NULLS = ("null", "Null", "NULL", "~", "")


def parse_rows(spot: Spot, fixtures: Mapping[str, str]) -> Rows:
    """Return the rows of a ``given`` or ``expect`` entry in any of dbt's formats: dict, csv or sql, inline or fixture.

    Scalars are kept as they were written (``0101010101`` keeps its zero); YAML's null is NULL, a blank csv
    cell is NULL and a quoted blank is the empty text. Raises PropertiesError for an unknown format or fixture.
    """
    items = spot.items("the rows")
    kind = items["format"].string("'format'") if "format" in items else "dict"
    if kind not in ("dict", "csv", "sql"):
        raise PropertiesError(f"unknown format '{kind}'", at=items["format"].at, hint="write dict, csv or sql")
    if "fixture" in items:
        name = items["fixture"].string("'fixture'")
        path = _find_fixture(name, kind, fixtures, items["fixture"].at)
        ending = PurePosixPath(path).suffix
        at = Location(path=path)
        return Rows(sql=fixtures[path], at=at, given=True) if ending == ".sql" else parse_csv(fixtures[path], at)
    if "rows" not in items:
        return Rows(at=spot.at)
    rows = items["rows"]
    if kind == "sql":
        return Rows(sql=rows.string("'rows'"), at=rows.at, given=True)
    if kind == "csv":
        return parse_csv(rows.string("'rows'"), rows.at)
    return _parse_dicts(rows)


def parse_csv(text: str, at: Location) -> Rows:
    """Return the rows of a CSV text with a header; PropertiesError when a row has another number of cells."""
    lines = _split_csv(text)
    if not lines:
        return Rows(at=at, given=True)
    header = tuple(str(name).strip() for name in lines[0])
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise PropertiesError(f"column '{twice[0]}' stands twice", at=at, hint="keep one of the two")
    for line in lines[1:]:
        if len(line) != len(header):
            raise PropertiesError(
                f"a row has {len(line)} cells where the header has {len(header)}",
                at=at,
                hint="give every row a cell for every column",
            )
    return Rows(columns=header, values=tuple(tuple(line) for line in lines[1:]), at=at, given=True)


def _parse_dicts(spot: Spot) -> Rows:
    columns: dict[str, None] = {}
    rows: list[dict[str, str | None]] = []
    for element in spot.elements("'rows'"):
        row = {}
        for key, value in element.items("a row").items():
            text = value.string(f"'{key}'")
            row[key] = None if value.value is None and text in _NULLS else text
            columns[key] = None
        rows.append(row)
    return Rows(
        columns=tuple(columns), values=tuple(tuple(row.get(key) for key in columns) for row in rows), at=spot.at, given=True
    )


def _find_fixture(name: str, kind: str, fixtures: Mapping[str, str], at: Location) -> str:
    stem = PurePosixPath(name).name
    for path in fixtures:
        file = PurePosixPath(path)
        if file.name == stem or (file.stem == stem and (kind == "dict" or file.suffix == f".{kind}")):
            return path
    stems = [PurePosixPath(path).stem for path in fixtures]
    raise PropertiesError(f"unknown fixture '{name}'", at=at, hint=nearest(name, stems) or "put it under tests/fixtures")


def _split_csv(text: str) -> list[list[str | None]]:
    """Return cells, a blank as None and a quoted blank as the empty text, which the csv module does not tell apart."""
    marked = csv.reader(io.StringIO(_keep_quoted_blanks(text.strip("\r\n"))))
    return [[None if cell == "" else "" if cell == "\x00" else cell for cell in row] for row in marked if row]


def _keep_quoted_blanks(text: str) -> str:
    parts: list[str] = []
    inside, index = False, 0
    while index < len(text):
        char = text[index]
        alone = index == 0 or text[index - 1] in ",\r\n"
        if char == '"' and not inside and alone and text[index + 1 : index + 2] == '"' and text[index + 2 : index + 3] != '"':
            parts.append("\x00")
            index += 2
            continue
        if char == '"':
            inside = not inside
        parts.append(char)
        index += 1
    return "".join(parts)

"""Unit tests: given and expected rows of a YAML file, as text that waits for a type; the tests of macros."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ids_build.compiler.declarations import name_list
from ids_build.compiler.query import Queries
from ids_build.compiler.template import Names, Templates
from ids_build.compiler.yamls import Spot
from ids_build.config import nearest
from ids_build.errors import CompileError, Location, PropertiesError, TemplateError, UnknownNodeError
from ids_build.nodes import Rows, UnitTest
from ids_build.relation import Relation

_NULLS = ("null", "Null", "NULL", "~", "")
_REF = re.compile(r"\s*ref\(\s*(['\"])(\w+)\1\s*\)\s*")


def make_macro_test(
    spot: Spot, project: str, templates: Templates, fixtures: Mapping[str, str], queries: Queries
) -> UnitTest | None:
    """Return the unit test of a macro: a query of its own, over rows of its own with declared types.

    None when it is disabled. Raises UnknownNodeError for an unknown macro, PropertiesError for a query that does not
    call the macro or leaves out an input, TemplateError when the macro refuses and no error is expected.
    """
    items = spot.items("the unit test")
    for key in ("name", "sql", "expect"):
        if key not in items:
            raise PropertiesError(f"the unit test has no '{key}'", at=spot.at, hint=f"add '{key}: ...'")
    if "model" in items:
        raise PropertiesError("the unit test names a model and a macro", at=items["macro"].at, hint="keep one of the two")
    name, macro, text = items["name"].string("the name"), items["macro"].string("the macro"), items["sql"].string("'sql'")
    if macro not in templates.macros:
        hint = nearest(macro, templates.macros) or "define it in a file of the macro paths"
        raise UnknownNodeError(f"unknown macro '{macro}'", at=items["macro"].at, hint=hint)
    if not re.search(rf"\b{re.escape(macro)}\s*\(", text):
        hint = f"write '{{{{ {macro}(...) }}}}' in it"
        raise PropertiesError(f"the query does not call macro '{macro}'", at=items["sql"].at, hint=hint)
    config = items["config"].plain() or {} if "config" in items else {}
    if config.get("enabled", True) is False:
        return None
    given = dict(_parse_input(element, fixtures) for element in items["given"].elements("'given'")) if "given" in items else {}
    expect = _parse_expected(items["expect"], fixtures)
    sql, refused = _render_query(items, given, templates, queries, may_refuse=expect.error is not None)
    return UnitTest(
        unique_id=f"unit_test.{project}.{macro}.{name}",
        name=name,
        model=None,
        macro=macro,
        at=items["name"].at,
        sql=sql,
        references=tuple(given),
        given=tuple(given.items()),
        expect=expect,
        refused=refused,
        description=items["description"].string("the description") if "description" in items else "",
        tags=name_list(config.get("tags")),
    )


def _parse_expected(spot: Spot, fixtures: Mapping[str, str]) -> Rows:
    """Return the rows that the test of a macro expects, or the error."""
    items = spot.check_keys(("rows", "format", "fixture", "error"), "expect")
    if "error" not in items:
        return parse_rows(spot, fixtures)
    if len(items) > 1:
        raise PropertiesError("the test expects rows and an error", at=items["error"].at, hint="keep one of the two")
    return Rows(error=items["error"].string("'error'"), at=items["error"].at, given=True)


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


def _parse_input(spot: Spot, fixtures: Mapping[str, str]) -> tuple[Relation, Rows]:
    """Return an input of a macro's test: a table of no project, its columns declared here."""
    items = spot.check_keys(("input", "columns", "rows", "format", "fixture"), "an input")
    for key, hint in (("input", "\"input: ref('...')\""), ("columns", "'columns: {name: data_type}'")):
        if key not in items:
            raise PropertiesError(f"the entry has no '{key}'", at=spot.at, hint=f"add {hint}")
    text = items["input"].string("'input'")
    named = _REF.fullmatch(text)
    if not named:
        raise PropertiesError(f"'{text}' is no input of a macro's test", at=items["input"].at, hint="write ref('a_name')")
    types = {column: kind.string(f"'{column}'") for column, kind in items["columns"].items("'columns'").items()}
    return Relation(layer="given", name=named[2]), replace(parse_rows(spot, fixtures), types=types)


def _render_query(
    items: Mapping[str, Spot],
    given: Mapping[Relation, Rows],
    templates: Templates,
    queries: Queries,
    *,
    may_refuse: bool,
) -> tuple[str, str | None]:
    """Return the rendered query of a macro's test, and what the macro said if it refused."""
    at, path = items["sql"].at, items["sql"].at.path
    overrides = items["overrides"].check_keys(("vars", "env_vars"), "overrides") if "overrides" in items else {}
    plain = {key: spot.plain() or {} for key, spot in overrides.items()}
    names = Names(refs={relation.name: relation for relation in given}, sources={})
    reads = f"the test gives {', '.join(names.refs) or 'no input'}"
    try:
        with templates.overriding(plain.get("vars", {}), plain.get("env_vars", {})):
            text = templates.render(path, items["sql"].string("'sql'"), names)
        query = queries.parse(text.sql)
    except CompileError as error:
        if may_refuse and isinstance(error, TemplateError):
            return "", error.message
        error.at = at
        error.hint = reads if isinstance(error, UnknownNodeError) else error.hint or "expect it with 'expect: {error: ...}'"
        raise
    found = {table.relation for table in query.tables} if query.understood else set(text.references)
    for relation in sorted(found - set(given)):
        raise UnknownNodeError(f"unknown table '{relation}'", at=at, hint=reads)
    for relation in given:
        if relation not in found:
            raise PropertiesError(f"the query does not read '{relation.name}'", at=at, hint="read it, or give it no longer")
    return text.sql, None


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

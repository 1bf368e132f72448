"""Everything that tests: data tests of the YAML, singular tests, unit tests, made into nodes."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ids_build.compiler.data_tests import BUILT_IN, TestSpec, make_data_test, name_data_test
from ids_build.compiler.declarations import name_list
from ids_build.compiler.faults import Faults
from ids_build.compiler.files import ProjectFiles
from ids_build.compiler.increments import after_increment
from ids_build.compiler.lookahead import KIND, make_look_ahead_test
from ids_build.compiler.properties import Properties
from ids_build.compiler.query import Queries, Query
from ids_build.compiler.references import parse_reference
from ids_build.compiler.renderings import RenderedSql
from ids_build.compiler.template import Names, Templates
from ids_build.compiler.unit_tests import make_macro_test, parse_rows
from ids_build.compiler.yamls import Spot
from ids_build.config import nearest
from ids_build.errors import CompileError, Location, PropertiesError, UnknownNodeError
from ids_build.nodes import DataTest, Model, Rows, Seed, Source, UnitTest
from ids_build.relation import Relation

Tables = Mapping[Relation, Model | Seed | Source]


class Proofs:
    """Makes the tests of one project, once its tables are known."""

    def __init__(
        self, project: str, templates: Templates, names: Names, tables: Tables, queries: Queries, faults: Faults
    ) -> None:
        """Keep what tests refer to."""
        self._project = project
        self._templates = templates
        self._queries = queries
        self._names = names
        self._tables = tables
        self._faults = faults
        self.left_out: list[str] = []

    def data_tests(self, properties: Properties) -> Iterator[DataTest]:
        """Yield the data tests of all tables, those that a declared grain implies among them."""
        for table in self._tables.values():
            for spec in _specs(table, properties):
                if spec.config.get("enabled", True) is not False:
                    with self._faults.collect():
                        yield self._make_data_test(spec, table.relation)

    def singular_tests(self, files: ProjectFiles) -> Iterator[DataTest]:
        """Yield a data test for every query file under the test paths."""
        for path, text in files.tests.items():
            with self._faults.collect():
                yield self._make_singular_test(path, text)

    def unit_tests(self, properties: Properties, files: ProjectFiles) -> Iterator[UnitTest]:
        """Yield the unit tests of the YAML; two of one name for one model or macro are a fault."""
        seen: set[str] = set()
        for spot in properties.unit_tests:
            with self._faults.collect():
                macro = "macro" in spot.items("the unit test")
                test = (
                    make_macro_test(spot, self._project, self._templates, files.fixtures, self._queries)
                    if macro
                    else self._make_unit_test(spot, files.fixtures)
                )
                if test is None:
                    continue
                if test.unique_id in seen:
                    raise PropertiesError(
                        f"two unit tests of '{test.subject}' are named '{test.name}'", at=test.at, hint="rename one"
                    )
                seen.add(test.unique_id)
                yield test

    def _make_data_test(self, spec: TestSpec, table: Relation) -> DataTest:
        project = self._project
        if spec.kind == KIND:
            return make_look_ahead_test(spec, self._tables[table], project)
        if spec.kind in BUILT_IN:
            other = parse_reference(str(spec.arguments["to"]), self._names, spec.at) if "to" in spec.arguments else None
            return make_data_test(spec, table, other, project)
        where = spec.config.get("where")
        model = f"(select * from {table.sql} where {where}) as model" if where else table.sql
        arguments: dict[str, Any] = {"model": model, **spec.arguments}
        if spec.column:
            arguments["column_name"] = spec.column
        text = self._templates.render_generic_test(spec.kind, self._names, arguments, spec.at)
        references = tuple(dict.fromkeys((table, *text.references)))
        return name_data_test(spec, table, project, references=references, sql=text.sql)

    def _make_singular_test(self, path: str, text: str) -> DataTest:
        rendered = self._templates.render(path, text, self._names)
        query = parse_rendered(path, rendered, self._queries)
        references = tuple(table.relation for table in query.tables) if query.understood else rendered.references
        for relation in references:
            if relation not in self._tables:
                hint = nearest(str(relation), map(str, self._tables)) or "name it with ref() or source()"
                raise UnknownNodeError(f"unknown table '{relation}'", at=Location(path=path), hint=hint)
        spec = TestSpec(kind="singular", at=Location(path=path), name=PurePosixPath(path).stem, config=rendered.config)
        return name_data_test(spec, None, self._project, references=references, sql=rendered.sql)

    def _make_unit_test(self, spot: Spot, fixtures: Mapping[str, str]) -> UnitTest | None:
        items = spot.items("the unit test")
        after = "expect_after" in items
        _check_keys(items, spot, "expect_after" if after else "expect")
        name, model_name = items["name"].string("the name"), items["model"].string("the model")
        if model_name in self._names.disabled:
            return None
        found = self._tables.get(self._names.refs[model_name]) if model_name in self._names.refs else None
        if not isinstance(found, Model):
            hint = nearest(model_name, self._names.refs) or "check the name against 'ids ls'"
            raise UnknownNodeError(f"unknown model '{model_name}'", at=items["model"].at, hint=hint)
        try:
            sql, references = self._override(found, items)
        except UnknownNodeError as error:
            if "is disabled" not in error.message:
                raise
            self.left_out.append(f"{model_name}::{name}")
            return None
        expected = items["expect_after" if after else "expect"]
        expected.check_keys(("rows", "format", "fixture"), "expect")
        if after:
            sql = after_increment(found, sql, expected.at)
            references = tuple(dict.fromkeys((*references, found.relation)))
        config = items["config"].plain() if "config" in items else {}
        if (config or {}).get("enabled", True) is False:
            return None
        return UnitTest(
            unique_id=f"unit_test.{self._project}.{model_name}.{name}",
            name=name,
            model=found.relation,
            at=items["name"].at,
            sql=sql,
            references=references,
            given=self._parse_given(items, found, references, fixtures),
            expect=parse_rows(expected, fixtures),
            description=items["description"].string("the description") if "description" in items else "",
            tags=name_list((config or {}).get("tags")),
        )

    def _parse_given(
        self, items: Mapping[str, Spot], model: Model, references: tuple[Relation, ...], fixtures: Mapping[str, str]
    ) -> tuple[tuple[Relation, Rows], ...]:
        given: dict[Relation, Rows] = {}
        for element in items["given"].elements("'given'") if "given" in items else ():
            entry = element.check_keys(("input", "rows", "format", "fixture"), "an input")
            if "input" not in entry:
                raise PropertiesError("the entry has no 'input'", at=element.at, hint="add \"input: ref('...')\"")
            told = entry["input"].string("'input'")
            own = told.strip() == "this" and model.increment is not None
            relation = model.relation if own else parse_reference(told, self._names, entry["input"].at)
            if relation not in references and relation != model.relation:
                hint = nearest(str(relation), map(str, references)) or f"it reads {', '.join(map(str, references)) or 'nothing'}"
                raise PropertiesError(f"model '{model.name}' does not read '{relation}'", at=entry["input"].at, hint=hint)
            given[relation] = parse_rows(element, fixtures)
        return tuple(given.items())

    def _override(self, model: Model, items: Mapping[str, Spot]) -> tuple[str, tuple[Relation, ...]]:
        if "overrides" not in items:
            return model.sql, model.references
        overrides = items["overrides"].check_keys(("vars", "env_vars", "macros"), "overrides")
        plain = {key: spot.plain() or {} for key, spot in overrides.items()}
        known, incremental = ("is_incremental", f"{self._project}.is_incremental"), False
        for macro, value in plain.get("macros", {}).items():
            if macro not in known or not isinstance(value, bool) or (value and model.increment is None):
                hint = "only is_incremental: true or false, and true of an incremental model"
                raise PropertiesError(f"cannot override macro '{macro}'", at=overrides["macros"].at, hint=hint)
            incremental = value
        with self._templates.overriding(plain.get("vars", {}), plain.get("env_vars", {}), incremental=incremental):
            text = self._templates.render(model.path, model.raw_sql, self._names, this=model.relation, config=model.config)
        query = parse_rendered(model.path, text, self._queries)
        references = tuple(table.relation for table in query.tables) if query.understood else text.references
        return text.sql, references


def _check_keys(items: Mapping[str, Spot], spot: Spot, expect: str) -> None:
    """Raise PropertiesError when the unit test of a model lacks a key, or has one too many."""
    if "expect" in items and expect != "expect":
        raise PropertiesError("the test expects twice", at=items[expect].at, hint=f"keep expect or {expect}")
    for key in ("name", "model", expect):
        if key not in items:
            raise PropertiesError(f"the unit test has no '{key}'", at=spot.at, hint=f"add '{key}: ...'")
    if "sql" in items:
        raise PropertiesError("a model's test has no query of its own", at=items["sql"].at, hint="take 'sql' out")


def _specs(node: Model | Seed | Source, properties: Properties) -> tuple[TestSpec, ...]:
    if isinstance(node, Source):
        found = [table for group in properties.sources for table in group.tables if table.at == node.at]
        return found[0].tests if found else ()
    described = (properties.models if isinstance(node, Model) else properties.seeds).get(node.name)
    at = described.at if described else Location(path=node.path)
    specs = described.tests if described else ()
    told = {(spec.kind, spec.column) for spec in specs}
    if node.grain:
        specs += (TestSpec(kind="grain", at=at, arguments={"columns": node.grain}),)
        specs += tuple(
            TestSpec(kind="not_null", at=at, column=column) for column in node.grain if ("not_null", column) not in told
        )
    day = node.meta.get("as_of") if isinstance(node, Model) else None
    if day and KIND not in {spec.kind for spec in specs}:
        specs += (TestSpec(kind=KIND, at=node.places.get(("as_of", str(day)), at)),)
    return specs


def parse_rendered(path: str, text: RenderedSql, queries: Queries) -> Query:
    """Return what the rendered text reads; a QueryError names the file."""
    try:
        return queries.parse(text.sql)
    except CompileError as error:
        error.at = error.at or Location(path=path, line=1)
        raise

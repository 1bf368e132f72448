"""Nodes and graphs with sensible defaults; every part can be told otherwise."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ids_build.config import Config
from ids_build.errors import Location
from ids_build.graph import Graph
from ids_build.nodes import Column, DataTest, Model, Node, Rows, Seed, Source, UnitTest
from ids_build.relation import Relation

AT = Location(path="models/shop.yml", line=3, column=5)
PROJECT = "shop"


def as_relation(name: str) -> Relation:
    """Return ``layer.name`` as a relation; a bare name lies in `staging`."""
    layer, _, table = name.rpartition(".")
    return Relation(layer=layer or "staging", name=table)


def make_columns(types: Mapping[str, str | None] | Sequence[Column]) -> tuple[Column, ...]:
    """Return columns from a mapping of names to data types."""
    if isinstance(types, Mapping):
        return tuple(Column(name=name, data_type=kind, at=AT) for name, kind in types.items())
    return tuple(types)


def make_model(name: str = "staging.orders", reads: Sequence[str] = (), sql: str = "", **parts: Any) -> Model:
    """Return a model; without `sql` it selects everything from what it reads."""
    relation = as_relation(name)
    references = tuple(as_relation(other) for other in reads)
    query = sql or (" union all ".join(f"select * from {other.sql}" for other in references) or "select 1 as id")
    columns = make_columns(parts.pop("columns", {}))
    return Model(
        unique_id=f"model.{PROJECT}.{relation.name}",
        name=relation.name,
        relation=relation,
        path=parts.pop("path", f"models/{relation.layer}/{relation.name}.sql"),
        raw_sql=query,
        sql=query,
        spans=parts.pop("spans", ()),
        references=references,
        columns=columns,
        **parts,
    )


def make_source(name: str = "raw.orders", columns: Any = (), **parts: Any) -> Source:
    """Return a source; `columns` maps names to data types."""
    relation = as_relation(name)
    return Source(
        unique_id=f"source.{PROJECT}.{relation.layer}.{relation.name}",
        name=relation.name,
        relation=relation,
        at=parts.pop("at", AT),
        location=parts.pop("location", "raw/*.parquet"),
        columns=make_columns(columns),
        **parts,
    )


def make_seed(name: str = "seeds.colours", text: str = "code,word\n1,red\n", columns: Any = (), **parts: Any) -> Seed:
    """Return a seed whose file holds `text`."""
    relation = as_relation(name)
    return Seed(
        unique_id=f"seed.{PROJECT}.{relation.name}",
        name=relation.name,
        relation=relation,
        path=f"seeds/{relation.name}.csv",
        text=text,
        columns=make_columns(columns),
        **parts,
    )


def make_data_test(table: str | None = "staging.orders", reads: Sequence[str] = (), **parts: Any) -> DataTest:
    """Return a data test of `table` that also reads `reads`."""
    kind = parts.pop("kind", "not_null" if table else "singular")
    owner = as_relation(table) if table else None
    name = parts.pop("name", f"{kind}_{owner.name if owner else 'alone'}")
    others = tuple(as_relation(other) for other in reads)
    asked = {"predicate": "id is null"} if "sql" not in parts and table else {}
    return DataTest(
        unique_id=f"test.{PROJECT}.{name}",
        name=name,
        kind=kind,
        at=parts.pop("at", AT),
        table=owner,
        references=(owner, *others) if owner else others,
        **{**asked, **parts},
    )


def rows(columns: Sequence[str], *values: Sequence[str | None]) -> Rows:
    """Return fixture rows as a YAML file would give them."""
    return Rows(columns=tuple(columns), values=tuple(map(tuple, values)), at=AT, given=True)


def make_unit_test(model: Model, given: Mapping[str, Rows] | None = None, expect: Rows | None = None, **parts: Any) -> UnitTest:
    """Return a unit test of `model`."""
    name = parts.pop("name", "works")
    return UnitTest(
        unique_id=f"unit_test.{PROJECT}.{model.name}.{name}",
        name=name,
        model=model.relation,
        at=AT,
        sql=parts.pop("sql", model.sql),
        references=parts.pop("references", model.references),
        given=tuple((as_relation(table), found) for table, found in (given or {}).items()),
        expect=expect or Rows(at=AT, given=True),
        **parts,
    )


def make_macro_test(macro: str, name: str = "works", **parts: Any) -> UnitTest:
    """Return a unit test of a macro, whose query reads nothing."""
    return UnitTest(
        unique_id=f"unit_test.{PROJECT}.{macro}.{name}",
        name=name,
        model=None,
        macro=macro,
        at=AT,
        sql=parts.pop("sql", "select 1 as x"),
        references=(),
        given=(),
        expect=parts.pop("expect", rows(["x"], ["1"])),
        **parts,
    )


def make_graph(*nodes: Node, rights: Mapping[str, tuple[str, ...]] | None = None) -> Graph:
    """Return the graph of these nodes, tied by what they read."""
    tables = {node.relation: node.unique_id for node in nodes if isinstance(node, Model | Seed | Source)}
    parents: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        tested = (node.model,) if isinstance(node, UnitTest) and node.model else ()
        read = node.references if isinstance(node, Model | DataTest) else tested
        parents[node.unique_id] = tuple(tables[relation] for relation in read)
    return Graph(
        project=PROJECT, nodes={node.unique_id: node for node in nodes}, parents=parents, tables=tables, rights=rights or {}
    )


def edges(**reads: Sequence[str]) -> Graph:
    """Return a graph of models in `staging`: ``edges(a=[], b=["a"])``."""
    return make_graph(*(make_model(name, parents) for name, parents in reads.items()))


def make_settings(folder: Path, **parts: Any) -> Config:
    """Return settings of a project in `folder`, output in ``folder/target``."""
    told: dict[str, Any] = {
        "project_dir": folder,
        "name": PROJECT,
        "model_paths": ("models",),
        "seed_paths": ("seeds",),
        "test_paths": ("tests",),
        "macro_paths": ("macros",),
        "clean_targets": ("target",),
        "vars": {},
        "models": {},
        "seeds": {},
        "target_path": folder / "target",
        "target": "default",
        "profile": "default",
        "threads": 1,
        "memory_limit": 256 * 1024**2,
    }
    return Config(**{**told, **parts})

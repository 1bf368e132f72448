"""The columns of queries: planned on empty tables, or known from an earlier run over the same columns; and as text."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from ids_build.nodes import Model
from ids_build.relation import Relation
from ids_build.runner.complaints import PlanError
from ids_build.runner.engine import Engine

_WORD = re.compile(r"\w+")


class Columns:
    """Finds the columns of models in graph order. A query that was planned before over inputs of the same columns is not
    planned again, and a table is laid ready only for a query that is.
    """

    def __init__(self, engine: Engine, known: Mapping[str, str]) -> None:
        """`known` is what an earlier run found."""
        self._engine = engine
        self._known = known
        self._texts: dict[Relation, str] = {}
        self._named: dict[str, list[Relation]] = {}
        self._waiting: dict[Relation, pa.Schema] = {}
        self.found: dict[str, str] = {}
        self.schemas: dict[Relation, pa.Schema] = {}

    def add(self, relation: Relation, schema: pa.Schema) -> None:
        """Tell the columns of a table."""
        self.schemas[relation] = self._waiting[relation] = schema
        self._texts[relation] = describe_schema(schema)
        self._named.setdefault(relation.name.lower(), []).append(relation)

    def find(self, model: Model) -> pa.Schema:
        """Return the columns of a model's query; PlanError when it cannot be planned."""
        reads = sorted({*model.references, *self._mentioned(model.sql)})
        key = _digest([model.sql, *(text for relation in reads for text in (str(relation), self._texts[relation]))])
        known = self._known.get(key)
        schema = parse_schema(known) if known is not None else None
        if schema is None:
            self._lay(reads)
            try:
                schema = self._engine.schema(model.sql)
            except PlanError:
                # The text may read what nobody saw in it, and the complaint names tables that are near.
                self._lay(self._waiting)
                return self._engine.schema(model.sql)
        self.found[key] = known if known is not None else describe_schema(schema)
        return schema

    def _mentioned(self, sql: str) -> Iterator[Relation]:
        """Yield the tables whose name stands in a text in any form, whether the parser saw them or not."""
        words = set(_WORD.findall(sql.lower()))
        for word in words & self._named.keys():
            yield from (relation for relation in self._named[word] if relation.layer.lower() in words)

    def _lay(self, relations: Iterable[Relation]) -> None:
        for relation in [relation for relation in relations if relation in self._waiting]:
            self._engine.add_empty(relation, self._waiting.pop(relation))


def describe_schema(schema: pa.Schema) -> str:
    """Return columns as a text: Arrow's own form, in letters."""
    return base64.b64encode(schema.serialize().to_pybytes()).decode("ascii")


def parse_schema(text: str) -> pa.Schema | None:
    """Return the columns that a text tells; None for a text that tells none."""
    try:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text, validate=True)))
    except (ValueError, OSError, pa.ArrowException):
        return None


def _digest(parts: Iterable[str]) -> str:
    found = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(data) + data)
    return found.hexdigest()[:40]

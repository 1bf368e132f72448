"""The columns of queries: planned on empty tables, or known from an earlier run over the same columns; and as text."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from ids_build.nodes import Model
from ids_build.relation import Relation
from ids_build.runner.complaints import PlanError
from ids_build.runner.engine import Engine

_MOST_THREADS = 4
_WORD = re.compile(r"\w+")


class Columns:
    """Finds the columns of models in graph order. A query that was planned before over inputs of the same columns is not
    planned again, and a table is laid ready only for a query that is.
    """

    def __init__(self, engine: Engine, known: Mapping[str, str], threads: int = 1) -> None:
        """`known` is what an earlier run found; `threads` is how many queries are planned side by side."""
        self._engine = engine
        self._known = known
        self._threads = min(threads, _MOST_THREADS)
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

    def know(self, parts: Sequence[str], find: Callable[[], pa.Schema]) -> pa.Schema:
        """Return columns that depend on these texts alone, found when no earlier run did."""
        key = _digest(parts)
        schema = parse_schema(self._known[key]) if key in self._known else None
        schema = find() if schema is None else schema
        self.found[key] = describe_schema(schema)
        return schema

    def find(self, models: Sequence[Model]) -> list[pa.Schema | PlanError]:
        """Return the columns of the queries of models that do not read each other, or why one cannot be planned."""
        reads = [sorted({*model.references, *self._mentioned(model.sql)}, key=str) for model in models]
        keys = [self._key(model, read) for model, read in zip(models, reads, strict=True)]
        found: dict[int, pa.Schema | PlanError] = {}
        for place, key in enumerate(keys):
            known = parse_schema(self._known[key]) if key in self._known else None
            if known is not None:
                found[place], self.found[key] = known, self._known[key]
        missing = [place for place in range(len(models)) if place not in found]
        self._lay([relation for place in missing for relation in reads[place]])
        for place, schema in zip(missing, self._plan([models[place].sql for place in missing]), strict=True):
            found[place] = schema
            if not isinstance(schema, PlanError):
                self.found[keys[place]] = describe_schema(schema)
        # A text may read what nobody saw in it, and a complaint names tables that are near.
        for place in [place for place in missing if isinstance(found[place], PlanError)]:
            self._lay([*self._waiting])
            found[place] = self._plan_one(models[place].sql)
        return [found[place] for place in range(len(models))]

    def _key(self, model: Model, reads: Iterable[Relation]) -> str:
        return _digest([model.sql, *(text for relation in reads for text in (str(relation), self._texts[relation]))])

    def _plan(self, queries: Sequence[str]) -> list[pa.Schema | PlanError]:
        """Plan side by side: the engine works outside Python's lock."""
        if self._threads < 2 or len(queries) < 2:
            return [self._plan_one(query) for query in queries]
        planned: list[pa.Schema | PlanError] = list(queries)
        shares = [slice(start, None, self._threads) for start in range(self._threads)]
        with ThreadPoolExecutor(max_workers=self._threads) as several:
            done = several.map(lambda share: [self._plan_one(query) for query in queries[share]], shares)
            for share, schemas in zip(shares, done, strict=True):
                planned[share] = schemas
        return planned

    def _plan_one(self, query: str) -> pa.Schema | PlanError:
        try:
            return self._engine.schema(query)
        except PlanError as error:
            return error

    def _mentioned(self, sql: str) -> Iterator[Relation]:
        """Yield the tables whose name stands in a text in any form, whether the parser saw them or not."""
        words = set(_WORD.findall(sql.lower()))
        for word in words & self._named.keys():
            yield from (relation for relation in self._named[word] if relation.layer.lower() in words)

    def _lay(self, relations: Iterable[Relation]) -> None:
        for relation in dict.fromkeys([relation for relation in relations if relation in self._waiting]):
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

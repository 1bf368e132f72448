"""What need not be made again: completes keys as inputs become known, and compares them with what earlier runs left."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ids_build.errors import NotBuiltError
from ids_build.nodes import DataTest, Model, Seed, Source, UnitTest
from ids_build.plan import Facts, Fingerprint, make_key
from ids_build.relation import Relation
from ids_build.runner.engine import VERSION
from ids_build.runner.footers import digest_content, digest_parts, find_parts
from ids_build.runner.generations import Generation
from ids_build.runner.materializations import Draft, Workshop, look_at
from ids_build.runner.raw_files import RawFile
from ids_build.runner.state import Entry, Part, Passed, describe_entries, describe_state, parse_entries, parse_state

_MEMORY, _FILES = "state", "files"
_SHARE = 20  # while a run goes on, a twentieth of its time at most goes into writing what it remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The complete key of a table, the facts it is made of, and why the table must be made; no reason: it is reused.

    `found` is the generation that holds such a table, where it is not the published one.
    """

    key: str
    facts: Facts
    entry: Entry | None
    reasons: tuple[str, ...] = ()
    found: int | None = None


class Reuse:
    """Judges the nodes of one run, and remembers what the run makes for the next one."""

    def __init__(self, fingerprints: Mapping[str, Fingerprint], shop: Workshop, *, verify: bool = False) -> None:
        """Start from what earlier runs left in the target. With `verify` the bytes of tables are read, too."""
        self._fingerprints = fingerprints
        self._shop = shop
        self._verify = verify
        self._state = parse_state(shop.storage.read_memory(_MEMORY))
        self._published = shop.storage.generations.published()
        self._tables = self._read_entries(self._published) if self._published is not None else {}
        self._made: dict[str, Entry] = {}
        self._began = datetime.now().astimezone().isoformat(timespec="seconds")
        self._digests: dict[Relation, str] = {}
        self._sources: dict[Relation, Facts] = {}
        self._assumed: set[Relation] = set()
        self._others: dict[int, dict[str, Entry]] = {}
        self._next = 0.0

    # -- judging ----------------------------------------------------------------------------------

    def judge(self, node: Model | Seed) -> Verdict:
        """Return whether a table must be made, and why. Nothing of it and of its inputs is read but what footers say.

        Raises what looking for the files of a source raises, and NotBuiltError when an input was never built.
        """
        facts = self._facts(node)
        key, entry = make_key(facts), self._find_entry(node)
        reasons = [f"function '{name}'" for name in self._fingerprints[node.unique_id].volatile]
        if self._shop.full_refresh:
            reasons.append("--full-refresh")
        found = None
        if not reasons and (reasons := self.compare(node, facts, entry)):
            found, other = self._find_elsewhere(node, key)
            entry, reasons = (other, []) if other else (entry, reasons)
        if not reasons and entry:
            self._digests[node.relation] = self._own_digest(node, entry.content, key)
        return Verdict(key=key, facts=facts, entry=entry, reasons=tuple(reasons), found=found)

    def compare(self, node: Model | Seed, facts: Facts, entry: Entry | None) -> list[str]:
        """Return why what an earlier run left is not what these facts make."""
        if entry is None:
            return ["never built"]
        changed = list(_differing(entry.facts, facts))
        if changed or entry.key != make_key(facts):
            return changed or ["its key"]
        return [] if _is_view(node) else self._check_file(self._shop.storage.table_path(node.relation), entry)

    def judge_test(self, test: DataTest | UnitTest) -> tuple[str, Passed | None]:
        """Return the key of a test, and how it passed before with the same key, None when it must run."""
        fingerprint = self._fingerprints[test.unique_id]
        key, passed = make_key(self._facts(test)), self._state.tests.get(test.unique_id)
        same = passed is not None and passed.key == key and not fingerprint.volatile and not self._shop.full_refresh
        return key, passed if same else None

    def digest(self, relation: Relation) -> str:
        """Return the digest of what a table holds: of a view and a seed what decides it, of a source its files.

        Raises NotBuiltError when the table was never built.
        """
        if relation not in self._digests:
            node = self._shop.graph.table(relation)
            if isinstance(node, Model) and not _is_view(node):
                self._digests[relation] = self._find_content(node)
            else:
                facts = self.find_source(relation) if isinstance(node, Source) else self._facts(node)
                self._digests[relation] = make_key(facts)
        return self._digests[relation]

    def assume(self, relation: Relation) -> None:
        """Take a table, whose content is not known yet, for what it was when those that read it were made."""
        self._assumed.add(relation)

    def find_source(self, relation: Relation) -> Facts:
        """Return the facts of a source, its files among them."""
        if relation not in self._sources:
            node = self._shop.graph.table(relation)
            assert isinstance(node, Source)
            self._sources[relation] = self._source_facts(node)
        return self._sources[relation]

    # -- remembering ------------------------------------------------------------------------------

    def draft(self, node: Model | Seed, verdict: Verdict, draft: Draft) -> Entry:
        """Take what a draft holds for the content of its table from now on, and return the entry to be kept for it."""
        entry = Entry(key=verdict.key, facts=verdict.facts, rows=draft.rows, size=draft.size)
        if draft.parts:
            entry = replace(entry, parts=draft.parts, content=_content_of(draft.parts))
        elif draft.size is not None:
            entry = replace(entry, content=digest_content(self._shop.storage.existing_draft(node.relation)))
        self._digests[node.relation] = self._own_digest(node, entry.content, verdict.key)
        return entry

    def keep(self, node: Model | Seed, entry: Entry, path: Path | None, notes: tuple[str, ...]) -> None:
        """Remember a table that was put in place."""
        kept = self._made if path else self._state.tables
        kept[str(node.relation)] = replace(
            entry, mtime=path.stat().st_mtime_ns if path and not entry.parts else None, notes=notes
        )
        if time.monotonic() > self._next:
            self.save()

    def find_parts(self, relation: Relation) -> Mapping[str, Part]:
        """Return the parts that a table has now; none for a table of one file."""
        node = self._shop.graph.table(relation)
        entry = self._find_entry(node) if isinstance(node, Model) else None
        return entry.parts if entry else {}

    def find_former(self, model: Model) -> Iterator[tuple[Path, Mapping[str, Part]]]:
        """Yield where tables of the model lie, and their parts, the published one first. A part that is not as a run left it
        bears no key.
        """
        name = str(model.relation)
        found = [(self._shop.storage.table_path(model.relation), self._tables.get(name))]
        found += [(self._path_in(n, model.relation), self._others[n].get(name)) for n in self._other_generations()]
        for path, entry in found:
            if entry and entry.parts:
                same = {label: self._is_part(part_path(path, label), part) for label, part in entry.parts.items()}
                yield path, {label: part if same[label] else replace(part, key="") for label, part in entry.parts.items()}

    def forget(self, node: Model | Seed) -> None:
        """Take back what a draft, or a table of another generation, was taken for."""
        self._digests.pop(node.relation, None)
        self._made.pop(str(node.relation), None)

    def keep_test(self, test: DataTest | UnitTest, passed: Passed) -> None:
        """Remember a test that passed or warned."""
        self._state.tests[test.unique_id] = passed

    def save(self) -> None:
        """Write what is remembered to the target, and to the generation that the run makes."""
        began = time.monotonic()
        if self._shop.storage.new is not None:
            self._shop.storage.generations.note(self.describe(complete=False))
        self._shop.storage.write_memory(_MEMORY, describe_state(self._state))
        self._shop.storage.write_memory(_FILES, self._shop.footers.known)
        self._next = time.monotonic() + _SHARE * (time.monotonic() - began)

    def publish(self, keep: int) -> tuple[int, int]:
        """Publish what the run made and the tables that did not change; return the generation and its number of tables.

        A table that an earlier run made and no model makes any more is left out.
        """
        known = {str(relation): relation for relation in self._shop.graph.tables}
        gone = [name for name in self._tables if name not in known]
        for name in gone:
            del self._tables[name]
        dropped = [Relation(layer=layer, name=table) for layer, _, table in (name.partition(".") for name in gone)]
        about = self.describe(complete=True)
        return self._shop.storage.publish(about, dropped, keep), len(about.tables)

    def describe(self, *, complete: bool) -> Generation:
        """Return what is to be noted of the generation that the run makes."""
        entries = {**self._tables, **self._made} if complete else self._made
        return Generation(
            number=self._shop.storage.new or 0,
            made=self._began,
            cohort=self._shop.cohort.digest if self._shop.cohort else None,
            complete=complete,
            tables=describe_entries(entries),
        )

    # -- inside -----------------------------------------------------------------------------------

    def _find_entry(self, node: Model | Seed) -> Entry | None:
        name = str(node.relation)
        return self._state.tables.get(name) if _is_view(node) else self._made.get(name) or self._tables.get(name)

    def _find_elsewhere(self, node: Model | Seed, key: str) -> tuple[int | None, Entry | None]:
        """Return the newest generation beside the published one that holds a table of this key, and its entry."""
        for number in () if _is_view(node) else self._other_generations():
            entry = self._others[number].get(str(node.relation))
            if entry and entry.key == key and not self._check_file(self._path_in(number, node.relation), entry):
                return number, entry
        return None, None

    def _other_generations(self) -> Iterator[int]:
        """Yield the generations beside the published one, the newest first, their entries read."""
        for number in self._shop.storage.generations.numbers():
            if number in (self._published, self._shop.storage.new):
                continue
            if number not in self._others:
                self._others[number] = self._read_entries(number)
            yield number

    def _path_in(self, number: int, relation: Relation) -> Path:
        return self._shop.storage.generations.folder(number) / relation.layer / f"{relation.name}.parquet"

    def _read_entries(self, number: int) -> dict[str, Entry]:
        return parse_entries(self._shop.storage.generations.read(number).tables)

    def _facts(self, node: Model | Seed | DataTest | UnitTest) -> Facts:
        fingerprint = self._fingerprints[node.unique_id]
        found: dict[str, Any] = {"version": VERSION}
        if self._shop.cohort and isinstance(node, Model | DataTest):
            found["cohort"] = self._shop.cohort.digest
        if isinstance(node, Model):
            found["names and types of columns"] = self._columns(node.relation)
        if isinstance(node, UnitTest):
            found.update({f"columns of '{name}'": self._columns(name) for name in node.references})
        for relation in fingerprint.inputs:
            if relation in self._assumed and isinstance(node, Model):
                before = self._find_entry(node)
                found[f"input '{relation}'"] = before.facts.get(f"input '{relation}'") if before else ""
            elif isinstance(self._shop.graph.table(relation), Source):
                found[f"source '{relation}'"] = self.find_source(relation)
            else:
                found[f"input '{relation}'"] = self.digest(relation)
        return fingerprint.complete(found)

    def _source_facts(self, source: Source) -> Facts:
        fingerprint = self._fingerprints[source.unique_id]
        found: dict[str, Any] = {"files": name_files(source, look_at(source, self._shop).files, self._shop.project_dir)}
        for relation in fingerprint.inputs if self._shop.cohort else ():
            found[f"source '{relation}'"] = self.find_source(relation)
        return fingerprint.complete(found)

    def _columns(self, relation: Relation) -> str:
        schema = self._shop.schemas.get(relation)
        return hashlib.sha256(str(schema).encode()).hexdigest() if schema is not None else ""

    def _own_digest(self, node: Model | Seed, content: str, key: str) -> str:
        return key if isinstance(node, Seed) or _is_view(node) else content

    def _find_content(self, model: Model) -> str:
        """Return the content of a table that an earlier run built."""
        path, entry = self._shop.storage.table_path(model.relation), self._find_entry(model)
        if not path.exists():
            raise NotBuiltError(f"'{model.relation}' has not been built", hint=f"run 'ids build --select {model.name}' first")
        known = entry is not None and not self._check_file(path, entry)
        return entry.content if known and entry else digest_content(path)

    def _check_file(self, path: Path, entry: Entry) -> list[str]:
        """Return what is wrong with the file in a table's place: it must be the very one that the run of the entry put there."""
        if not path.exists():
            return ["its table is gone"]
        if entry.parts:
            files = {part_path(path, label): entry.parts[label] for label in sorted(entry.parts)}
            same = find_parts(path) == [*files] and all(map(self._is_part, files, files.values()))
            return [] if same else ["a part of its table was replaced by another file"]
        return [] if path.is_file() and self._is_part(path, entry) else ["its table was replaced by another file"]

    def _is_part(self, path: Path, entry: Entry | Part) -> bool:
        """Say whether a file is the very one that a run put in its place."""
        try:
            stat = path.stat()
            same = stat.st_size == entry.size and self._shop.engine.read_note(path).get("key") == entry.key
            if same and (self._verify or stat.st_mtime_ns != entry.mtime):
                same = digest_content(path) == entry.content
        except (OSError, ValueError, pa.ArrowException):
            same = False
        return same


def part_path(path: Path, label: str) -> Path:
    """Return the file of a part in the folder of its table."""
    return path / f"{label}.parquet"


def _content_of(parts: Mapping[str, Part]) -> str:
    return digest_parts([parts[label].content for label in sorted(parts)])


def _is_view(node: Model | Seed) -> bool:
    return isinstance(node, Model) and node.materialized != "table"


def name_files(source: Source, files: Iterable[RawFile], project_dir: Path) -> dict[str, str]:
    """Return the tokens of a source's files by their names below its folder; where that folder lies does not matter."""
    root = (project_dir / (source.location or "")).parent
    while any(letter in str(root) for letter in "*?[") and root != root.parent and not root.is_dir():
        root = root.parent
    root = root.resolve()
    found: dict[str, str] = {}
    for file in files:
        name = file.path.relative_to(root).as_posix() if file.path.is_relative_to(root) else file.path.name
        found[name] = found.get(name, "") + file.token
    return found


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between the facts of two runs, in words."""
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if name == "files" and isinstance(old, dict) and isinstance(new, dict):
            yield from (f"raw file '{file}' is gone" for file in old if file not in new)
            yield from (f"raw file '{file}' is new" for file in new if file not in old)
            yield from (f"raw file '{file}' changed" for file in new if file in old and old[file] != new[file])
        elif name.startswith("source ") and isinstance(old, dict) and isinstance(new, dict):
            short = name.removeprefix("source ").strip("'").partition(".")[2]
            for told in _differing(old, new):
                yield told.replace("raw file '", f"raw file '{short}/", 1) if told.startswith("raw file") else f"{name}: {told}"
        elif old is None and name.startswith(("source ", "input ")):
            yield f"{name} is read now"
        elif new is None and name.startswith(("source ", "input ")):
            yield f"{name} is read no more"
        else:
            yield name

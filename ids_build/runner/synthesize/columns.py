"""Filling columns: each kind of `simulate`, and the plausible default where nothing is said."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ids_build.errors import Location, PropertiesError
from ids_build.nodes import Column
from ids_build.runner.synthesize.attributes import NAMES, describe_person
from ids_build.runner.synthesize.cells import (
    Cells,
    make_words,
    prefix_words,
    rename_words,
    spell_out,
    spoil_words,
)
from ids_build.runner.synthesize.chance import Array, add_up, fixed, make_stream, pick, scramble
from ids_build.runner.synthesize.choices import choose_words, is_when, lead_words, take_chance
from ids_build.runner.synthesize.people import NEVER
from ids_build.runner.synthesize.periods import matches, parse_day
from ids_build.runner.synthesize.rows import Rows
from ids_build.runner.synthesize.vocabulary import check_words, listed

Settings = Mapping[str, Any]
STEM = 3
"""Letters of a code before its dot."""

DEFAULTS: Mapping[str, Settings] = {
    "string": {"kind": "choice", "values": ["alpha", "beta", "gamma", "delta", "epsilon"]},
    "boolean": {"kind": "boolean", "share": 0.5},
    "date": {"kind": "date"},
    "timestamp": {"kind": "date"},
    "time": {"kind": "time", "from": 0, "to": 23},
    "float32": {"kind": "number", "from": 0, "to": 1000},
    "float64": {"kind": "number", "from": 0, "to": 1000},
    "int8": {"kind": "integer", "from": 0, "to": 100},
    "int16": {"kind": "integer", "from": 0, "to": 100},
    "int32": {"kind": "integer", "from": 0, "to": 100},
    "int64": {"kind": "integer", "from": 0, "to": 100},
}


class Desk:
    """Fills the columns of one file's rows, each once, whichever is asked for first."""

    def __init__(self, rows: Rows, columns: Mapping[str, Column]) -> None:
        """Take the rows and the columns that may be asked for."""
        self.rows = rows
        self.columns = columns
        self.made: dict[str, Cells] = {}
        self.open: list[str] = []

    def find(self, name: str) -> Cells:
        """Return the cells of a column."""
        if name in self.made:
            return self.made[name]
        check_words([name], self.columns, "column", self.rows.source.at)
        column = self.columns[name]
        at = column.at or self.rows.source.at
        if name in self.open:
            raise PropertiesError(f"column '{name}' waits for itself in simulate", at=at, hint="break the circle")
        self.open.append(name)
        self.made[name] = self.fill(name, self.find_settings(column), at)
        self.open.remove(name)
        return self.made[name]

    def find_settings(self, column: Column) -> Settings:
        """Return what is said about the column, or the default of its data type; a key names an entity."""
        said: Settings | None = column.meta.get("simulate")
        if said is not None:
            return said
        if column.name in self.rows.world.entities:
            return {"kind": "entity", "name": column.name, "unique": column.name in self.rows.source.key}
        return DEFAULTS[column.data_type or "string"]

    def fill(self, name: str, settings: Settings, at: Location | None) -> Cells:
        """Return the cells of a column or a draw, finished."""
        if settings["kind"] == "attribute":
            check_words([settings.get("name")], NAMES, "attribute", at)
        try:
            return self.finish(name, settings, KINDS[settings["kind"]](self, name, settings))
        except (KeyError, TypeError, ValueError, IndexError, pa.ArrowInvalid) as error:
            hint = f"read the words of kind '{settings['kind']}' in docs/simulate.md"
            raise PropertiesError(f"'{name}' cannot be simulated as written", at=at, hint=hint) from error

    def finish(self, name: str, settings: Settings, cells: Cells) -> Cells:
        """Return the cells renamed, prefixed, spoilt and partly missing, as told; leaders stay whole."""
        names = settings.get("map")
        for entry in listed(settings.get("recode", [])):
            names = entry["map"] if matches(entry["periods"], self.rows.period.label) else names
        cells = rename_words(cells, names) if names is not None else cells
        prefix = str(settings.get("prefix", ""))
        cells = prefix_words(cells, prefix) if prefix else cells
        if "variants" in settings:
            cells = spoil_words(cells, settings["variants"], STEM + len(prefix), self.chance(name, "variants"))
        cells = self.swap(name, cells, float(settings.get("swapped", 0)))
        if "when" in settings:
            cells = cells.lose(~is_when(self.rows, settings["when"], self.find))
        if "with" in settings:
            cells = cells.lose(self.find(settings["with"]).gone)
        if settings.get("missing"):
            cells = cells.lose(self.chance(name, "missing") < float(settings["missing"]))
        cells = self.empty(name, cells, float(settings.get("empty", 0)))
        if settings.get("lead") is not None and self.rows.position is not None:
            cells = lead_words(cells, self.rows.draws[settings["lead"]], self.rows.position == 0)
        return cells

    def swap(self, name: str, cells: Cells, share: float) -> Cells:
        """Return the cells with a share of the rows holding each the value of another."""
        if not share:
            return cells
        hit = np.flatnonzero(self.chance(name, "swapped") < share)
        order = np.arange(self.rows.count)
        order[hit] = np.roll(hit, 1)
        return cells.take(order)

    def empty(self, name: str, cells: Cells, share: float) -> Cells:
        """Return the cells with a share of the missing ones delivered as empty text."""
        gone = cells.gone
        if not share or not gone.any():
            return cells
        hit = gone & (self.chance(name, "empty") < share)
        cells = spell_out(cells)
        words = pa.concat_arrays([cells.words, pa.array([""])])
        return replace(cells, values=np.where(hit, len(words) - 1, cells.values), words=words, missing=gone & ~hit)

    def chance(self, name: str, purpose: str) -> Array:
        """Return a chance per row; in a snapshot the same for a person in every file."""
        if self.rows.moment is not None:
            return fixed(self.rows.world.seed, f"{self.rows.name} {name} {purpose}", *self.rows.who)
        return self.stream(name, purpose).random(self.rows.count)

    def stream(self, name: str, purpose: str = "") -> np.random.Generator:
        """Return the generator of one column of one file."""
        return make_stream(self.rows.world.seed, self.rows.name, self.rows.period.label, name, purpose)


def _attribute(desk: Desk, _: str, settings: Settings) -> Cells:
    return describe_person(desk.rows, settings["name"])


def _choice(desk: Desk, name: str, settings: Settings) -> Cells:
    return choose_words(desk.rows, name, settings, desk.find)


def _joined(desk: Desk, _: str, settings: Settings) -> Cells:
    parts = [spell_out(desk.find(column)) for column in settings["columns"]]
    index, words, gone = parts[0].values.astype(np.int64), parts[0].words.to_pylist(), parts[0].gone
    for part in parts[1:]:
        more = part.words.to_pylist()
        index, gone = index * len(more) + part.values, gone | part.gone
        words = [left + right for left in words for right in more]
    return make_words(index.astype(np.int32), words).lose(gone)


def _integer(desk: Desk, name: str, settings: Settings) -> Cells:
    low, high = int(settings.get("from", 0)), int(settings.get("to", 100))
    if "mean" in settings:
        return Cells(values=np.rint(_draw_normal(desk, name, settings, (low, high))).astype(np.int64))
    return Cells(values=desk.stream(name).integers(low, high + 1, desk.rows.count))


def _number(desk: Desk, name: str, settings: Settings) -> Cells:
    low, high = float(settings.get("from", 0)), float(settings.get("to", 1000))
    if "mean" in settings:
        return Cells(values=np.round(_draw_normal(desk, name, settings, (low, high)), 2))
    return Cells(values=np.round(low + (high - low) * desk.stream(name).random(desk.rows.count), 2))


def _draw_normal(desk: Desk, name: str, settings: Settings, bounds: tuple[float, float]) -> Array:
    drawn = desk.stream(name).normal(float(settings["mean"]), float(settings["deviation"]), desk.rows.count)
    return np.asarray(np.clip(drawn, *bounds))


def _boolean(desk: Desk, name: str, settings: Settings) -> Cells:
    return Cells(values=desk.stream(name).random(desk.rows.count) < float(settings.get("share", 0.5)))


def _date(desk: Desk, name: str, settings: Settings) -> Cells:
    rows, stream = desk.rows, desk.stream(name)
    of = settings.get("of")
    if of is None:
        low = parse_day(settings["from"]) if "from" in settings else rows.period.first
        high = parse_day(settings["to"]) if "to" in settings else rows.period.last
        return Cells(values=stream.integers(low, max(high, low) + 1, rows.count, dtype=np.int32))
    if of == "within":
        return Cells(values=rows.start + (stream.random(rows.count) * (rows.end - rows.start + 1)).astype(np.int32))
    days = settings.get("days", [0, 0])
    shift = stream.integers(int(days[0]), int(days[1]) + 1, rows.count, dtype=np.int32)
    if of == "period":
        return Cells(values=np.full(rows.count, rows.period.last + int(days[0]), dtype=np.int32))
    if of == "end" and (rows.end >= NEVER).any():
        return _end(rows, shift, settings.get("open"))
    return Cells(values={"start": rows.start, "end": rows.end}[of] + shift)


def _end(rows: Rows, shift: Array, written: Any) -> Cells:
    """Return the last days; a stretch without an end has the date that is written for it, or none."""
    going = rows.end >= NEVER
    days = np.where(going, 0 if written is None else parse_day(written), rows.end + shift)
    return Cells(values=days.astype(np.int32), missing=going if written is None else None)


def _time(desk: Desk, name: str, settings: Settings) -> Cells:
    low, high = int(settings.get("from", 0)) * 3600, (int(settings.get("to", 23)) + 1) * 3600
    chance = desk.stream(name).random(desk.rows.count)
    least = np.full(desk.rows.count, low)
    if "after" in settings:
        least = np.where(desk.rows.start == desk.rows.end, desk.find(settings["after"]).values, least)
    return Cells(values=(least + (np.maximum(high, least + 1) - least) * chance).astype(np.int32) % 86400)


def _pool(desk: Desk, name: str, settings: Settings) -> Cells:
    count, digits = int(settings["count"]), int(settings["digits"])
    numbers = scramble(np.arange(1, count + 1), 10**digits)
    first = str(settings.get("first", ""))
    words = [first + str(number).zfill(digits) for number in numbers]
    weights = 1.0 / np.arange(1, count + 1) ** float(settings.get("skew", 0.7))
    return make_words(pick(add_up(weights), take_chance(desk.rows, name, settings)), words)


def _key(desk: Desk, _: str, settings: Settings) -> Cells:
    room = int(settings.get("room", 10**8))
    number = scramble(np.arange(desk.rows.count), room) + int(settings.get("from", 0))
    if settings.get("by_period"):
        number = number + int(desk.rows.period.label) * room
    return Cells(values=number)


def _group(desk: Desk, _: str, settings: Settings) -> Cells:
    days, rows = int(settings["days"]), desk.rows
    room = int(settings.get("room", 10**10))
    number = rows.entity.astype(np.int64) * 1000 + (rows.start // days) % 1000
    return Cells(values=scramble(number, room) + int(settings.get("from", 0)))


def _entity(desk: Desk, name: str, settings: Settings) -> Cells:
    size, count = desk.rows.world.size, desk.rows.count
    stream = desk.stream(name)
    if settings.get("unique") and count <= size:
        return Cells(values=stream.permutation(size)[:count] + 1)
    return Cells(values=stream.integers(1, size + 1, count))


def _text(desk: Desk, _: str, settings: Settings) -> Cells:
    period = desk.rows.period
    text = str(settings["value"]).format(year=period.year, period=period.label)
    return make_words(np.zeros(desk.rows.count, dtype=np.int32), [text])


KINDS: Mapping[str, Callable[[Desk, str, Settings], Cells]] = {
    "attribute": _attribute,
    "choice": _choice,
    "draw": lambda desk, _, settings: desk.rows.draws[settings["name"]],
    "parent": lambda desk, _, settings: desk.rows.parent[settings["column"]],
    "copy": lambda desk, _, settings: desk.find(settings["column"]),
    "joined": _joined,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "duration": lambda desk, _, settings: Cells(values=desk.rows.end - desk.rows.start),
    "pool": _pool,
    "key": _key,
    "group": _group,
    "entity": _entity,
    "text": _text,
}


def fill_draws(rows: Rows, draws: Mapping[str, Settings]) -> Rows:
    """Return the rows with the table's own draws, in the order written."""
    for name, settings in draws.items():
        cells = Desk(rows, {}).fill(name, settings, rows.source.at)
        rows = replace(rows, draws={**rows.draws, name: spell_out(cells)})
    return rows


def count_children(parent: Rows, settings: Settings | None) -> Array:
    """Return for each row of the parent how many rows the other table has for it."""
    if settings is None:
        return np.ones(parent.count, dtype=np.int64)
    cells = Desk(parent, {}).fill("count", settings, parent.source.at)
    numbers = pc.cast(cells.words, pa.int64()).to_numpy(zero_copy_only=False)
    return np.where(cells.gone, 0, numbers[cells.values])

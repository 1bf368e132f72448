"""Chance that repeats itself: seeded streams, values fixed by their inputs, and weighted choice."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

YEAR = 365.25
"""Days in a mean year."""


def make_stream(seed: int, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and the names only."""
    words = [seed, *(zlib.crc32(name.encode()) for name in names)]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))


def fixed(seed: int, name: str, *numbers: Array) -> Array:
    """Return for each row a number in [0, 1) that is a function of seed, name and numbers (splitmix64)."""
    start = (zlib.crc32(name.encode()) * 0x9E3779B1 + seed * 0x85EBCA77) % 2**64
    state = np.full(len(numbers[0]), start, dtype=np.uint64)
    for column in numbers:
        state = (state ^ column.astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def add_up(weights: Array) -> Array:
    """Return the running share of the weights, for `pick`."""
    running = np.cumsum(weights, dtype=np.float64)
    return np.asarray(running / running[-1])


def pick(running: Array, chance: Array) -> Array:
    """Return for each chance in [0, 1) the index of the share it falls into."""
    found = np.searchsorted(running, chance, side="right")
    return np.asarray(np.minimum(found, len(running) - 1).astype(np.int32))


def pick_ages(bands: Mapping[str, float], stream: np.random.Generator, rows: int) -> Array:
    """Return ages in days drawn from bands of whole years such as ``"0-4": 6.2``."""
    edges = np.array([parse_band(str(band)) for band in bands], dtype=np.float64)
    band = pick(add_up(np.array(list(bands.values()), dtype=np.float64)), stream.random(rows))
    low, high = edges[band, 0], edges[band, 1] + 1
    return np.asarray(((low + (high - low) * stream.random(rows)) * YEAR).astype(np.int32))


def parse_band(text: str) -> tuple[float, float]:
    """Return the two whole numbers of ``"0-4"`` or ``"7"``."""
    low, _, high = text.partition("-")
    return float(low), float(high or low)


def spread_band(bands: Mapping[str, float], size: int) -> Array:
    """Return a table by whole number, 0 to size - 1, of the bands' values; 0 where no band is."""
    table = np.zeros(size)
    for band, value in bands.items():
        low, high = parse_band(str(band))
        table[int(low) : int(high) + 1] = value
    return table


def scramble(numbers: Array, room: int) -> Array:
    """Return other numbers below `room`, one for one: neighbours are not recognised."""
    factor = 0x2545F491 | 1
    while np.gcd(factor, room) != 1:
        factor += 2
    return ((numbers.astype(np.int64) % room) * factor + room // 3) % room

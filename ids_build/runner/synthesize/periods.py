"""The files of a table as its simulate lists them: names, first and last day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ids_build.errors import PropertiesError
from ids_build.nodes import Source
from ids_build.runner.synthesize.vocabulary import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A file's period: label, and first and last day counted from the epoch."""

    label: str
    file: str
    first: int
    last: int

    @property
    def year(self) -> int:
        """Return the calendar year of the last day."""
        return int(np.datetime64(self.last, "D").astype("datetime64[Y]").astype(int)) + EPOCH_YEAR


EPOCH_YEAR = int(str(np.datetime64(0, "Y")))


def parse_day(value: Any) -> int:
    """Return the day of an ISO date, written as text or as a YAML date."""
    return int(np.datetime64(str(value), "D").astype(int))


def find_periods(source: Source, span: tuple[int, int]) -> tuple[Period, ...]:
    """Return the files of a table; without `files` there is one over the whole span."""
    settings = source.meta.get("simulate", {})
    window = tuple(parse_day(day) for day in settings["window"]) if "window" in settings else span
    if "files" not in settings:
        label = str(EPOCH_YEAR) if source.period else source.relation.name
        file = (source.location or "*").rpartition("/")[2]
        file = f"{label}.parquet" if "*" in file or "?" in file else file
        return (Period(label=label, file=file, first=window[0], last=window[1]),)
    try:
        history = bool(settings.get("history"))
        return tuple(period for item in listed(settings["files"]) for period in _expand(item, window, history))
    except (TypeError, ValueError, KeyError) as error:
        hint = "write a file name, or {from: YYYY, to: YYYY} or {from: YYYYMM, to: YYYYMM, step: months}"
        raise PropertiesError("'files' of simulate cannot be read", at=source.at, hint=hint) from error


def _expand(item: Any, window: tuple[int, ...], history: bool) -> list[Period]:
    if not isinstance(item, Mapping):
        stem = str(item).removesuffix(".parquet")
        return [Period(label=stem, file=f"{stem}.parquet", first=window[0], last=window[1])]
    text = str(item["from"])
    unit = "datetime64[Y]" if len(text) == len("YYYY") else "datetime64[M]"
    first, last = (np.datetime64(_dashed(str(item[key]))).astype(unit) for key in ("from", "to"))
    name, periods = str(item.get("name", "{period}.parquet")), []
    for start in np.arange(first, last + 1, int(item.get("step", 1))):
        label = str(start).replace("-", "")[: len(text)]
        end = (start + 1).astype("datetime64[D]") - 1
        begin = int(start.astype("datetime64[D]").astype(int))
        low, high = window[0] if history else max(begin, window[0]), min(int(end.astype(int)), window[1])
        if low <= high:
            periods.append(Period(label=label, file=name.format(period=label), first=low, last=high))
    return periods


def _dashed(text: str) -> str:
    return text if len(text) <= len("YYYY") else f"{text[:4]}-{text[4:6]}"


def matches(pattern: Any, label: str) -> bool:
    """Tell whether a label is in ``all``, ``a``, ``a..b``, ``..b``, ``a..`` or a list of these."""
    for part in listed(pattern):
        low, dots, high = str(part).partition("..")
        high = high if dots else low
        if str(part) == "all" or (label[: len(low)] >= low and (not high or label[: len(high)] <= high)):
            return True
    return False

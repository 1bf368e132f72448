"""Raw files: finds those of a source, reads what each says of itself, and chooses which are read."""

import csv
import fnmatch
import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from ids_build.errors import ConfigError, ExecutionError, Location
from ids_build.nodes import Source
from ids_build.runner.footers import Footers, Header
from ids_build.runner.periods import Period, find_period, whole_stem

_FORMS = (".parquet", ".csv")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One delivered file: where it lies, what it covers, its rows, and the names and types that it gives.

    `delimiter` stands between the columns of a text file, None for parquet. `token` stays the same as long as the file
    counts as unchanged. `name` is what its rows call it: parts of
    one file bear the name of the whole.
    """

    path: Path
    shown: str
    period: Period | None
    rows: int
    schema: pa.Schema
    delimiter: str | None = None
    token: str = ""

    @property
    def name(self) -> str:
        """Return the file's name, without the mark of a part."""
        return whole_stem(self.path.stem) + self.path.suffix if self.period else self.path.name

    def is_part_with(self, other: "RawFile") -> bool:
        """Say whether the two are parts of one file."""
        marked = self.name not in (self.path.name, other.path.name)
        return marked and self.period == other.period and self.name == other.name and self.path != other.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The files of a source that are read, those that are left out, and what should be said of that."""

    source: Source
    files: tuple[RawFile, ...]
    left_out: tuple[RawFile, ...] = ()
    notes: tuple[str, ...] = ()


def find_files(source: Source, project_dir: Path) -> list[Path]:
    """Return the files of a source in the order of their names; ConfigError when there is none."""
    if source.location is None:
        raise ConfigError(
            f"source '{source.relation}' has no location", at=source.at, hint="add 'meta: {external_location: path/*.parquet}'"
        )
    pattern = Path(source.location)
    folder = project_dir / pattern.parent
    # The deepest folder that exists is taken as written: its name may hold brackets.
    root = next(path for path in (project_dir / pattern).parents if path.is_dir())
    matched = glob.glob(str((project_dir / pattern).relative_to(root)), root_dir=root, recursive=True)
    files = sorted(path for path in (root / name for name in matched) if path.is_file())
    if pattern.suffix == ".*":
        files = [path for path in files if path.suffix.lower() in _FORMS]
    if not files and not glob.has_magic(str(pattern.parent)) and not folder.is_dir():
        raise ConfigError(
            f"source '{source.relation}': there is no folder '{pattern.parent.as_posix()}'",
            at=source.at,
            hint="correct the location (a variable can be set with --vars), or make raw files with 'ids simulate'",
        )
    if not files:
        raise ConfigError(
            f"source '{source.relation}': no file matches '{pattern.as_posix()}'", at=source.at, hint="put the delivery there"
        )
    return files


def choose_files(source: Source, project_dir: Path, footers: Footers | None = None) -> Chosen:
    """Return the files of a source to read: each once, and where several cover one day the one that the source prefers.

    Raises ConfigError when a file's name holds no period or two cover the same one, ExecutionError for a file that
    cannot be read.
    """
    remembered = footers or Footers()
    found = [_read_file(path, source, project_dir, remembered) for path in find_files(source, project_dir)]
    kept, copies, notes = _leave_copies_out(source, found, remembered)
    for file in kept if source.period == "file_name" else ():
        if file.period is None:
            raise ConfigError(
                f"source '{source.relation}': the file name holds no period",
                at=Location(path=file.shown),
                hint="name it like 2005.parquet or 200512.parquet",
            )
    files = _prefer(source, kept)
    _check_forms(source, files)
    left_out = (*copies, *(file for file in kept if file not in files))
    return Chosen(source=source, files=tuple(files), left_out=left_out, notes=tuple(notes))


def alike(files: Sequence[RawFile]) -> list[tuple[RawFile, ...]]:
    """Return the files in groups that can be read as one table; a text file is a group of its own."""
    groups: dict[tuple[object, ...], list[RawFile]] = {}
    for file in files:
        form = tuple((field.name, str(field.type)) for field in file.schema)
        groups.setdefault((form, file.path if file.delimiter else None), []).append(file)
    return [tuple(group) for group in groups.values()]


def _read_file(path: Path, source: Source, project_dir: Path, footers: Footers) -> RawFile:
    shown = path.relative_to(project_dir).as_posix() if path.is_relative_to(project_dir) else path.as_posix()
    text, whole = path.suffix.lower() == ".csv", path.resolve()
    try:
        facts = footers.read(whole, lambda place: _read_header(place, shown) if text else _read_footer(place))
    except (pa.ArrowInvalid, pa.ArrowException, OSError, csv.Error, UnicodeDecodeError) as error:
        denied = isinstance(error, PermissionError)
        form = "text in UTF-8" if text else "whole parquet file"
        raise ExecutionError(
            f"source '{source.relation}': " + ("the file may not be read" if denied else f"this is no {form}"),
            at=Location(path=shown),
            hint="ask for the right to read it" if denied else "copy the delivery again, or take the file out of the folder",
        ) from None
    period = find_period(path.stem) if source.period == "file_name" else None
    head = facts.header
    return RawFile(
        path=whole,
        shown=shown,
        period=period,
        rows=head.rows,
        schema=head.schema,
        delimiter=head.delimiter,
        token=facts.token,
    )


def _read_footer(path: Path) -> Header:
    footer = pyarrow.parquet.read_metadata(path)
    return Header(rows=footer.num_rows, schema=footer.schema.to_arrow_schema())


def _read_header(path: Path, shown: str) -> Header:
    """Return the number of rows of a text file, its columns (all of them text), and what stands between them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        lines = csv.reader(file, delimiter=delimiter)
        header = [name.strip() for name in next(lines, [])]
        if not any(header):
            raise ExecutionError("the file is empty", at=Location(path=shown), hint="give it a header line")
        rows = 0
        for row in lines:
            if row and len(row) != len(header):
                raise ExecutionError(
                    f"the row has {len(row)} cells where the header has {len(header)}",
                    at=Location(path=shown, line=lines.line_num),
                    hint="quote cells that hold a delimiter",
                )
            rows += bool(row)
    return Header(rows=rows, schema=pa.schema([pa.field(name, pa.string()) for name in header]), delimiter=delimiter)


def _leave_copies_out(source: Source, found: list[RawFile], footers: Footers) -> tuple[list[RawFile], list[RawFile], list[str]]:
    """Return the files without those that hold the same bytes as another and tell no period of their own."""
    sizes: dict[int, list[RawFile]] = {}
    for file in found:
        sizes.setdefault(file.path.stat().st_size, []).append(file)
    originals: dict[tuple[str, Period | None], RawFile] = {}
    copies, notes = [], []
    for same_size in sizes.values():
        ranked = sorted(same_size, key=lambda file: _rank(source, file))
        for file in ranked if len(ranked) > 1 else ():
            digest = footers.bytes_of(file.path)
            same = {period: one.path.name for (known, period), one in originals.items() if known == digest}
            twin = next((name for period, name in same.items() if file.period in (None, period)), None)
            told = f"'{source.relation}': '{file.path.name}' holds the same bytes as"
            if twin is not None:
                copies.append(file)
                notes.append(f"{told} '{twin}' and is not read")
            elif same and file.rows:
                notes.append(f"{told} '{next(iter(same.values()))}' of another period")
            originals.setdefault((digest, file.period), file)
    return [file for file in found if file not in copies], copies, notes


def _rank(source: Source, file: RawFile) -> tuple[bool, bool, int, str]:
    """Order copies: the preferred name first, then one with a period, then the shortest: a copy's name has more in it."""
    return not _is_preferred(source, file), file.period is None, len(file.path.name), file.shown


def _is_preferred(source: Source, file: RawFile) -> bool:
    return bool(source.prefer and fnmatch.fnmatch(file.path.name.lower(), source.prefer.lower()))


def _prefer(source: Source, found: list[RawFile]) -> list[RawFile]:
    """Return the files to read: where several cover one day, the one that the source prefers."""
    chosen: list[RawFile] = []
    for file in sorted(found, key=lambda file: (file.period is None, file.period, file.shown)):
        rivals = [other for other in chosen if _cover_one_day(file, other)]
        wins = _is_preferred(source, file)
        others = {_is_preferred(source, other) for other in rivals}
        if wins in others:
            raise ConfigError(
                f"source '{source.relation}': '{rivals[0].path.name}' and '{file.path.name}' cover the same period",
                at=Location(path=file.shown),
                hint="take one away, or say which wins with 'meta: {prefer: \"pattern*.parquet\"}'",
            )
        if wins or not rivals:
            chosen = [other for other in chosen if other not in rivals] + [file]
    return chosen


def _cover_one_day(one: RawFile, other: RawFile) -> bool:
    if one.period is None or other.period is None or not one.period.overlaps(other.period):
        return False
    return not one.is_part_with(other)


def _check_forms(source: Source, files: list[RawFile]) -> None:
    """Raise ConfigError when a table without periods lies there both as text and as parquet: one of them is stale."""
    first: dict[Path, RawFile] = {}
    for one in sorted(files, key=lambda file: file.path.suffix):
        other = first.setdefault(one.path.with_suffix(""), one)
        if other.path.suffix < one.path.suffix:
            raise ConfigError(
                f"source '{source.relation}': '{other.path.name}' and '{one.path.name}' are both there",
                at=Location(path=one.shown),
                hint="take one of them away",
            )

"""The old loaders' calling convention: an eager loader, and adapters that carry callers over in both directions."""

import asyncio
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from ids_build.errors import ConfigError, ExecutionError, Location
from ids_build.registers.filters import PnrFilter
from ids_build.registers.register import Register, open_settings
from ids_build.tasks import registers as tasks


class OldLoader(Protocol):
    """What old code calls: the register's name, and its rows for a set of persons, None = all rows."""

    def get_register_name(self) -> str:
        """Return the name of the register."""
        ...

    def load(self, base_path: str | Path, pnrs: Set[str] | None = None) -> pa.Table:
        """Return the rows under a folder."""
        ...


class EagerLoader:
    """Reads every file whole with pyarrow and filters afterwards, as the old loaders did; columns as delivered, upper case."""

    def __init__(self, name: str, person: str | None = "pnr") -> None:
        """Keep the register's name and its person column; None = it has none, and the persons are not looked at."""
        self._name, self._person = name, person.upper() if person else None

    def get_register_name(self) -> str:
        """Return the name of the register."""
        return self._name

    def load(self, base_path: str | Path, pnrs: Set[str] | None = None) -> pa.Table:
        """Return the rows of all parquet files under a folder, those of the persons where some are given.

        Raises ConfigError when it is no folder, ExecutionError for a file that is not whole, for files whose columns do not
        fit together, and for a person column that is absent or no text.
        """
        folder = Path(base_path)
        if not folder.is_dir():
            raise ConfigError("there is no such folder", at=Location(path=str(folder)), hint="correct the path of the register")
        tables = []
        for path in sorted(folder.rglob("*.parquet")):
            try:
                table = pyarrow.parquet.read_table(path)
            except (pa.ArrowException, OSError):
                raise ExecutionError(
                    "this is no whole parquet file", at=Location(path=str(path)), hint="copy the delivery again"
                ) from None
            tables.append(table.rename_columns([column.upper() for column in table.column_names]))
        if not tables:
            return pa.table({})
        try:
            whole = pa.concat_tables(tables, promote_options="permissive")
            if pnrs is None or self._person is None:
                return whole
            return whole.filter(pc.is_in(whole.column(self._person), pa.array(sorted(pnrs), pa.string())))
        except (pa.ArrowException, KeyError):
            raise ExecutionError(
                f"the files of '{self._name}' differ in their columns, or have no '{self._person}' of texts",
                at=Location(path=str(folder)),
                hint="use Register.from_name, which brings the files to one contract",
            ) from None


class RegisterLoaderAdapter:
    """A register behind the old calling convention."""

    def __init__(self, register: Register) -> None:
        """Keep the register."""
        self._register = register

    def get_register_name(self) -> str:
        """Return the name of the register."""
        return self._register.name

    def load(self, base_path: str | Path, pnrs: Set[str] | None = None) -> pa.Table:
        """Return the register's rows for a set of persons, None = all rows, an empty set = no rows."""
        return self._register.load(base_path, None if pnrs is None else PnrFilter.direct(pnrs))


class OldRegisterLoaderAdapter:
    """An old loader, or a function ``(path, set or None) -> table``, behind the calling convention of Register."""

    def __init__(
        self,
        name: str,
        loader: OldLoader | Callable[[Path, Set[str] | None], pa.Table],
        *,
        project_dir: str | Path = ".",
    ) -> None:
        """Keep the loader and the name of its register; contexts are opened with the project's settings."""
        self._config = open_settings(project_dir)
        self.name = name.upper()
        self.table_name = name.lower()
        self._load = loader if callable(loader) else loader.load

    def load(self, path: str | Path, pnr_filter: PnrFilter | None = None) -> pa.Table:
        """Return what the old loader gives; ConfigError for a relation filter, which old loaders do not know."""
        if pnr_filter and pnr_filter.column:
            raise ConfigError(
                f"the old loader of '{self.name}' knows no relation filter",
                hint="use PnrFilter.direct, or Register.from_name",
            )
        return self._load(Path(path), None if pnr_filter is None else pnr_filter.pnrs)

    async def load_async(self, path: str | Path, pnr_filter: PnrFilter | None = None) -> pa.Table:
        """Return what `load` returns, without holding up the event loop."""
        return await asyncio.to_thread(self.load, path, pnr_filter)

    def stream(self, path: str | Path, pnr_filter: PnrFilter | None = None) -> pa.RecordBatchReader:
        """Return the same rows batch by batch; the old loader has them all in memory first."""
        return self.load(path, pnr_filter).to_reader()

    def create_context(self, path: str | Path, pnr_filter: PnrFilter | None = None) -> Any:
        """Return a datafusion SessionContext with the old loader's rows as a table, and ``filtered_<name>`` beside it."""
        tables = {self.table_name: self.load(path)}
        if pnr_filter:
            tables[f"filtered_{self.table_name}"] = self.load(path, pnr_filter)
        return tasks.open_tables(tables, self._config)


def registry_from_name(name: str, *, project_dir: str | Path = ".") -> OldLoader:
    """Return the loader of a register by the old call; the rows come from the project's contract."""
    return RegisterLoaderAdapter(Register.from_name(name, project_dir=project_dir))

"""A register by itself: its contract, and its files under any folder, loaded, streamed or opened for SQL."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ids_build.config import Config
from ids_build.errors import ConfigError, Location
from ids_build.nodes import Source
from ids_build.registers.filters import PnrFilter
from ids_build.tasks import registers as tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A source of a project. Its columns bear the names and types of the contract, however the files spell them.

    Errors are those of the tree in ``ids_build.errors``: ConfigError for a name, path or filter that cannot be meant,
    ExecutionError for files that cannot be read, StorageError where the disk refuses.
    """

    source: Source
    config: Config

    @classmethod
    def from_name(cls, name: str, *, project_dir: str | Path = ".", variables: Mapping[str, Any] | None = None) -> "Register":
        """Return the register of that name, in any case; ConfigError when the project declares none."""
        config = open_settings(project_dir, variables)
        return cls(source=tasks.find_by_name(name, tasks.list_registers(config)), config=config)

    @classmethod
    def from_path(
        cls, path: str | Path, *, project_dir: str | Path = ".", variables: Mapping[str, Any] | None = None
    ) -> "Register":
        """Return the register that a folder or file belongs to by its last part; ConfigError when none or several fit."""
        config = open_settings(project_dir, variables)
        return cls(source=tasks.find_by_path(Path(path), tasks.list_registers(config)), config=config)

    @classmethod
    def all(cls, *, project_dir: str | Path = ".", variables: Mapping[str, Any] | None = None) -> dict[str, "Register"]:
        """Return every register of the project by its upper-case name."""
        config = open_settings(project_dir, variables)
        return {source.name.upper(): cls(source=source, config=config) for source in tasks.list_registers(config)}

    @property
    def name(self) -> str:
        """Return the register's name in upper case."""
        return self.source.name.upper()

    @property
    def table_name(self) -> str:
        """Return the name of its table in a context: the register's name in lower case."""
        return self.source.name.lower()

    def schema(self, *, periods: bool = False) -> pa.Schema:
        """Return names and types of the columns that `load` gives; no column is promised to be without NULL."""
        return tasks.schema_of(self.source, periods=periods)

    def schema_with_metadata(self) -> pa.Schema:
        """Return the schema with ``description``, ``primary_key`` (columns with commas) and ``version`` as metadata."""
        return tasks.schema_of(self.source, metadata=tasks.describe(self.source, self.config.version))

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.schema().names)

    def load(self, path: str | Path, pnr_filter: PnrFilter | None = None, *, periods: bool = False) -> pa.Table:
        """Return the rows of all parquet files under a folder.

        `periods` adds period_start, period_end and source_file, which stand in the files' names only.
        """
        return self.stream(path, pnr_filter, periods=periods).read_all()

    async def load_async(self, path: str | Path, pnr_filter: PnrFilter | None = None, *, periods: bool = False) -> pa.Table:
        """Return what `load` returns, without holding up the event loop."""
        return await asyncio.to_thread(self.load, path, pnr_filter, periods=periods)

    def stream(self, path: str | Path, pnr_filter: PnrFilter | None = None, *, periods: bool = False) -> pa.RecordBatchReader:
        """Return the same rows batch by batch; memory stays under the profile's limit, whatever the size of the files."""
        opened = tasks.open_register(self.source, Path(path), self._kept(Path(path), pnr_filter), self.config)
        table = f"filtered_{self.table_name}" if pnr_filter else self.table_name
        return tasks.stream_table(opened, table, self.schema(periods=periods))

    def create_context(self, path: str | Path, pnr_filter: PnrFilter | None = None) -> Any:
        """Return a datafusion SessionContext with the table under its lower-case name.

        With a filter the kept rows are the view ``filtered_<name>``; the table itself stays whole.
        """
        return tasks.open_register(self.source, Path(path), self._kept(Path(path), pnr_filter), self.config).engine.context

    def _kept(self, path: Path, pnr_filter: PnrFilter | None) -> tasks.Kept | None:
        if pnr_filter is None:
            return None
        cohort = tasks.make_cohort(pnr_filter.pnrs)
        person = self.source.rules.person
        if pnr_filter.column is None and person and not person.via:
            return tasks.Kept(cohort=cohort)
        parent = tasks.find_parent(self.source, tasks.list_registers(self.config))
        named = pnr_filter.column or (person.column if person else "")
        column, _ = (_find_column(source, named) for source in (self.source, parent))
        folder = pnr_filter.via or path.parent / Path(parent.location or parent.name).parent.name
        if not folder.is_dir():
            raise ConfigError(
                f"'{self.source.name}' knows its persons through '{parent.name}', and there is no such folder",
                at=Location(path=str(folder)),
                hint="use PnrFilter.relation(pnrs, column, via=folder)",
            )
        return tasks.Kept(cohort=cohort, column=column, parent=parent, parent_folder=folder)


def _find_column(source: Source, named: str) -> str:
    for column in source.columns:
        if column.name.lower() == named.lower():
            return column.name
    raise ConfigError(f"register '{source.name}' has no column '{named}'", at=source.at, hint="correct the relation")


def open_settings(project_dir: str | Path, variables: Mapping[str, Any] | None = None) -> Config:
    """Return the settings of the project in a folder; ConfigError when there is none."""
    return tasks.open_project(Path(project_dir), variables, dict(os.environ), os.cpu_count() or 1)

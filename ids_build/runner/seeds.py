"""Seeds: CSV texts of the project, typed as declared or as written."""

import csv
import io

import pyarrow as pa

from ids_build.config import nearest
from ids_build.errors import Location, PropertiesError
from ids_build.nodes import Seed
from ids_build.runner.datatypes import WORDS, arrow_type
from ids_build.runner.rows import infer_type, make_table


def read_seed(seed: Seed) -> pa.Table:
    """Return the rows of a seed. A blank cell is NULL. A column without declared type gets the narrowest that loses nothing.

    Raises PropertiesError for a column that stands twice, a ragged row, an unknown type or a cell that does not fit it.
    """
    at = Location(path=seed.path)
    reader = csv.reader(io.StringIO(seed.text))
    rows = [(reader.line_num, row) for row in reader if row]
    if not rows:
        raise PropertiesError("the seed is empty", at=at, hint="give it a header line")
    header = [name.strip() for name in rows[0][1]]
    for name in header:
        if header.count(name) > 1:
            raise PropertiesError(
                f"column '{name}' stands twice", at=Location(path=seed.path, line=rows[0][0]), hint="rename one of the two"
            )
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise PropertiesError(
                f"the row has {len(row)} cells where the header has {len(header)}",
                at=Location(path=seed.path, line=number),
                hint="quote cells that hold a comma",
            )
    values = [[cell if cell != "" else None for cell in row] for _, row in rows[1:]]
    return make_table(header, values, _schema(seed, header, values), at)


def seed_schema(seed: Seed) -> pa.Schema:
    """Return the columns of a seed and their types."""
    return read_seed(seed).schema


def _schema(seed: Seed, header: list[str], values: list[list[str | None]]) -> pa.Schema:
    declared = {column.name: column for column in seed.columns}
    for name, column in declared.items():
        if name not in header:
            hint = nearest(name, header) or f"its columns are {', '.join(header)}"
            raise PropertiesError(
                f"seed '{seed.name}' has no column '{name}'", at=column.at or Location(path=seed.path), hint=hint
            )
    fields: list[pa.Field] = []
    for index, name in enumerate(header):
        word = declared[name].data_type if name in declared else None
        kind = arrow_type(word) if word else infer_type([row[index] for row in values])
        if kind is None:
            raise PropertiesError(
                f"unknown data_type '{word}' of column '{name}'",
                at=declared[name].at,
                hint=nearest(str(word), WORDS) or "write string",
            )
        fields.append(pa.field(name, kind))
    return pa.schema(fields)

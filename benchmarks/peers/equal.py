"""Compares two folders of tables without showing a row: `python equal.py OURS THEIRS [layer.name ...]`, in DuckDB's environment.

Prints JSON: for each table `equal`, or rows of both and the columns that differ. Rows are compared as bags, each as a digest
of its values; fractions are compared to nine significant digits, because sums in another order round otherwise.
"""

import json
import sys
from pathlib import Path

import duckdb


def digests(table: str, columns: list[tuple[str, str]]) -> str:
    """Return the query of the number of rows, the digest of whole rows, and a digest of each column."""
    told = [_rounded(name, kind) for name, kind in columns]
    single = ", ".join(f"sum(hash({text})::hugeint)" for text in told)
    return f"select count(*), sum(hash({', '.join(told)})::hugeint), {single} from read_parquet('{table}')"


def _rounded(name: str, kind: str) -> str:
    """Return a column as it is compared; a time of day as seconds, which is how DuckDB reads Arrow's whole seconds."""
    if kind in ("DOUBLE", "FLOAT"):
        return f"printf('%.9g', \"{name}\")"
    return f'cast(epoch("{name}") as integer)' if kind == "TIME" else f'"{name}"'


def compare(ours: Path, theirs: Path) -> str:
    """Return `equal`, or what differs: counts of rows and names of columns, never a value."""
    if not theirs.exists():
        return "not made"
    described = [duckdb.sql(f"describe select * from read_parquet('{path}')").fetchall() for path in (ours, theirs)]
    columns = [[(row[0], row[1]) for row in found] for found in described]
    plain = [sorted((name, "INTEGER" if kind == "TIME" else kind) for name, kind in found) for found in columns]
    if plain[0] != plain[1]:
        different = sorted(set(plain[0]) ^ set(plain[1]))
        return f"columns differ: {', '.join(f'{name} {kind}' for name, kind in different)}"
    kinds = dict(columns[1])
    wanted = [columns[0], [(name, kinds[name]) for name, _ in columns[0]]]
    paths = zip((ours, theirs), wanted, strict=True)
    mine, other = (duckdb.sql(digests(str(path), told)).fetchall()[0] for path, told in paths)
    if mine == other:
        return "equal"
    names = [name for (name, _), one, two in zip(columns[0], mine[2:], other[2:], strict=True) if one != two]
    return f"{mine[0]} rows, {other[0]} rows; differ in: {', '.join(names) or 'which values stand together'}"


def main(ours: Path, theirs: Path, chosen: list[str]) -> None:
    """Compare the chosen tables, or all of ours."""
    tables = chosen or sorted(f"{path.parent.name}.{path.stem}" for path in ours.glob("*/*.parquet"))
    paths = {table: Path(*table.split(".")).with_suffix(".parquet") for table in tables}
    print(json.dumps({table: compare(ours / path, theirs / path) for table, path in paths.items()}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])

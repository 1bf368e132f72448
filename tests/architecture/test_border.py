import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.architecture.tree import MODELS, PACKAGE, PROJECT_FOLDERS, modules, parse, shown, words

# Folders and stems under models/ that are words of everyday English, and what the engine means by them.
ENGLISH = {
    "persons": "how many people a simulation writes: the option --persons",
    "births": "a grain of simulated tables",
    "deaths": "a grain of simulated tables",
    "migrations": "a grain of simulated tables",
    "families": "how simulated people live together",
    "children": "nodes that read a node; and in a simulated family",
    "parents": "nodes that a node reads; folders above a file; and in a simulated family",
    "cohort": "the persons that a run is restricted to: the option --cohort",
}
WET = {"api.py", "cli", "pytest_plugin.py", "registers"}


@cache
def _stems() -> set[str]:
    found = {part for path in MODELS.rglob("*") for part in (path.stem if path.is_file() else path.name,)}
    return {word for word in found if not word.startswith("_")}


@cache
def _source_columns() -> set[str]:
    found: set[str] = set()
    for path in MODELS.rglob("_sources.yml"):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                found |= {column["name"].lower() for column in table.get("columns", ())}
    return found


# Column names of the sources that are words of English or of SQL as well.
PLAIN = {
    "version": "of the package and of the project file",
    "abc": "the standard library's abstract classes",
    "unit": "tests, and sizes",
    "value": "of a column, a setting, a key",
    "operator": "of a plan",
    "still": "as yet",
    "pnr": "what the Python face calls a person: PnrFilter",
}


def test_there_is_something_to_keep_apart() -> None:
    assert {"bef", "registry", "staging"} <= _stems()
    assert {"pnr", "foed_dag"} <= _source_columns()


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_the_engine_names_no_folder_or_model_of_the_registers(path: Path) -> None:
    assert sorted(words(path.read_text(encoding="utf-8")) & (_stems() - ENGLISH.keys())) == []


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_the_engine_names_no_column_of_the_registers(path: Path) -> None:
    assert sorted(words(path.read_text(encoding="utf-8")) & (_source_columns() - PLAIN.keys())) == []


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_the_engine_is_written_in_ascii_but_for_units(path: Path) -> None:
    assert sorted(set(re.findall(r"[^\x00-\x7fµ]", path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("word", sorted({**ENGLISH, **PLAIN}))
def test_every_listed_exception_is_needed(word: str) -> None:
    assert word in _stems() | _source_columns()
    assert any(word in words(path.read_text(encoding="utf-8")) for path in modules())


PROJECT_FILES = sorted(
    path for folder in PROJECT_FOLDERS for path in folder.rglob("*") if path.suffix in (".sql", ".yml", ".csv", ".md")
)
# Where raw files lie and what they are called is said in _sources.yml and nowhere else.
SAYS_WHERE = re.compile(r"external_location|prefer|files:|\.parquet|one Parquet file per", re.IGNORECASE)


@pytest.mark.parametrize("path", PROJECT_FILES, ids=shown)
def test_the_registers_name_no_engine_and_no_language(path: Path) -> None:
    assert (
        sorted(words(path.read_text(encoding="utf-8")) & {"datafusion", "arrow", "python", "pyarrow", "ids_build", "duckdb"})
        == []
    )


@pytest.mark.parametrize("path", PROJECT_FILES, ids=shown)
def test_the_registers_name_no_path_and_no_file_format(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.name == "_sources.yml":
        lines = [line for line in lines if not SAYS_WHERE.search(line)]
    named = re.compile(
        r"\bparquet\b|\bsas7bdat\b|\bcsv\b|\.parquet|[A-Za-z]:\\|(?<![\w.])/(?:home|data|mnt|srv|tmp)\b", re.IGNORECASE
    )
    assert [f"{shown(path)}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if named.search(line)] == []


OUTSIDE = [path for path in modules() if path.relative_to(PACKAGE).parts[0] not in WET]


@pytest.mark.parametrize("path", OUTSIDE, ids=shown)
def test_no_room_below_the_roof_reads_the_environment(path: Path) -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for node in ast.walk(parse(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))
    ]
    assert found == []


SPEAKING = [path for path in OUTSIDE if shown(path) != "ids_build/report/terminal.py"]


@pytest.mark.parametrize("path", SPEAKING, ids=shown)
def test_no_room_below_the_roof_speaks(path: Path) -> None:
    found = [
        f"{shown(path)}:{getattr(node, 'lineno', 0)}"
        for node in ast.walk(parse(path))
        if (isinstance(node, ast.Name) and node.id in ("print", "breakpoint", "input"))
        or (isinstance(node, ast.Import) and any(alias.name.split(".")[0] in ("logging", "warnings") for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("logging", "warnings"))
        or (isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr", "stdin"))
    ]
    assert found == []

"""Single registers in Python over the simulated raw files: names, paths, schemas, filters, memory."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ids_build.errors import ConfigError
from ids_build.registers import EagerLoader, PnrFilter, Register
from ids_build.tasks.registers import find_by_name, find_by_path, open_register

from .toy import PEAK, REPOSITORY, on_linux, run_script


@pytest.fixture(scope="module")
def known() -> dict[str, Register]:
    return Register.all(project_dir=REPOSITORY)


def _folder(register: Register, root: Path) -> Path:
    """Return the folder of a register's files under a root: the last folder of its location."""
    return root / Path(str(register.source.location)).parent.name


def _person(register: Register) -> str | None:
    person = register.source.rules.person
    return person.column if person and not person.via else None


def test_every_register_says_whose_its_rows_are(known: dict[str, Register]) -> None:
    assert len(known) > 20
    assert [name for name, register in known.items() if register.source.rules.person is None] == []


def test_every_register_is_found_by_its_names_in_any_case(known: dict[str, Register]) -> None:
    shared = {"dodsaarsag", "lpr3_procedurer"}
    sources = [register.source for register in known.values()]
    for name, register in known.items():
        aliases = [alias for alias in register.source.meta.get("aliases", ()) if alias not in shared]
        for word in (name, name.lower(), name.title(), *aliases, *(alias.upper() for alias in aliases)):
            assert find_by_name(word, sources).name.upper() == name


# Both vocabularies of the old designs: registers, and components of the patient register.
OLD_NAMES = {
    "akm": "AKM", "bef": "BEF", "dod": "DOD", "idan": "IDAN", "ind": "IND", "mfr": "MFR", "uddf": "UDDF", "vnds": "VNDS",
    "lpr2": "LPR_ADM", "lpr_adm": "LPR_ADM", "lpr_diag": "LPR_DIAG", "lpr_bes": "LPR_BES",
    "lpr3": "KONTAKTER", "lpr3_kontakter": "KONTAKTER", "lpr3_diagnoser": "DIAGNOSER",
}  # fmt: skip


@pytest.mark.parametrize(("old", "name"), OLD_NAMES.items())
def test_the_names_of_the_old_designs_are_known(old: str, name: str) -> None:
    assert Register.from_name(old.upper(), project_dir=REPOSITORY).name == name


def test_a_name_that_two_registers_share_is_told_and_not_guessed() -> None:
    with pytest.raises(ConfigError, match="'dodsaarsag' may be 'dodsaars' or 'dodsaasg'"):
        Register.from_name("dodsaarsag", project_dir=REPOSITORY)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/data/bef/akm", "AKM"),
        ("/data/bef/akm/2005.parquet", "AKM"),
        ("D:\\registre\\lpr_adm\\lpr_adm2005.parquet", "LPR_ADM"),
        ("/data/lpr_diag/2005.parquet", "LPR_DIAG"),
        ("/data/kontakter/kontakter.parquet", "KONTAKTER"),
        ("/data/dodsaasg/2019.parquet", "DODSAASG"),
        ("/data/lab_dm_forsker", "LAB_DM_FORSKER"),
    ],
)
def test_paths_of_real_layouts_are_recognised(path: str, name: str) -> None:
    assert Register.from_path(path, project_dir=REPOSITORY).name == name


@pytest.mark.parametrize("path", ["/data/indberetningmedpris", "/data/mfrdfoed", "/data/t_diagnoser", "/bef/other", "/data/lpr"])
def test_folders_that_only_look_alike_are_no_register(path: str) -> None:
    with pytest.raises(ConfigError, match="is the folder of no register"):
        Register.from_path(path, project_dir=REPOSITORY)


def test_what_is_loaded_has_the_schema_that_was_told(known: dict[str, Register], registers: Path) -> None:
    for name, register in known.items():
        folder = _folder(register, registers)
        assert find_by_path(folder, [other.source for other in known.values()]).name.upper() == name
        rows = register.load(folder, periods=True)
        assert rows.schema == register.schema(periods=True), name
        assert rows.num_rows == sum(pq.read_metadata(file.path).num_rows for file in _read(register, folder)), name
        assert register.schema().names == register.column_names() == rows.schema.names[: len(register.column_names())]


def _read(register: Register, folder: Path) -> Any:
    """Return the files that were opened: of two that cover one year, one."""
    return open_register(register.source, folder, None, register.config).deliveries[0].files


def test_an_empty_folder_is_a_table_without_rows(known: dict[str, Register], tmp_path: Path) -> None:
    for register in known.values():
        assert register.load(tmp_path).equals(register.schema().empty_table())


def test_a_direct_filter_is_the_whole_table_filtered_afterwards(known: dict[str, Register], registers: Path) -> None:
    seen = 0
    for name, register in known.items():
        person = _person(register)
        if person is None:
            continue
        whole = register.load(_folder(register, registers), periods=True)
        persons = sorted(set(pc.utf8_trim(whole.column(person), " ").to_pylist()) - {None, ""})[::10]
        expected = whole.filter(pc.is_in(pc.utf8_trim(whole.column(person), " "), pa.array(persons)))
        found = register.load(_folder(register, registers), PnrFilter.direct(persons), periods=True)
        order = [(column, "ascending") for column in whole.column_names]
        assert found.sort_by(order).equals(expected.sort_by(order)), name
        assert 0 < found.num_rows < whole.num_rows, name
        seen += found.num_rows
    assert seen > 1000


def test_a_relation_filter_is_the_whole_table_filtered_by_the_parents_keys(known: dict[str, Register], registers: Path) -> None:
    seen = 0
    for name, register in known.items():
        key = register.source.rules.person
        if key is None or key.via is None:
            continue
        parent = next(other for other in known.values() if other.source.relation == key.via)
        contacts = parent.load(_folder(parent, registers))
        person = str(_person(parent))
        persons = sorted(set(contacts.column(person).to_pylist()) - {None, ""})[::10]
        keys = contacts.filter(pc.is_in(contacts.column(person), pa.array(persons))).column(key.column).unique()
        whole = register.load(_folder(register, registers))
        expected = whole.filter(pc.and_(pc.is_in(whole.column(key.column), keys), pc.is_valid(whole.column(key.column))))
        found = register.load(_folder(register, registers), PnrFilter.relation(persons, key.column))
        order = [(column, "ascending") for column in whole.column_names]
        assert found.sort_by(order).equals(expected.sort_by(order)), name
        seen += found.num_rows
    assert seen > 1000


def test_the_eager_loader_and_the_register_agree_on_who_is_there(
    known: dict[str, Register], registers: Path, tmp_path: Path
) -> None:
    folder = _folder(known["AKM"], registers)
    persons = set(known["AKM"].load(folder).column("pnr").to_pylist()[::50]) - {None}
    eager: list[str] = []
    for path in sorted(folder.rglob("*.parquet")):  # the loader of old knows no files of different types: one by one
        one = tmp_path / path.stem
        one.mkdir()
        (one / path.name).write_bytes(path.read_bytes())
        eager += EagerLoader("akm", "PNR").load(one, persons).column("PNR").to_pylist()
    assert sorted(eager) == sorted(known["AKM"].load(folder, PnrFilter.direct(persons)).column("pnr").to_pylist())


# -- memory ---------------------------------------------------------------------------------------

MEASURE = f"""{PEAK}
from ids_build.registers import Register
register = Register.from_name("shop", project_dir=".")
before = peak()
reader = register.stream("raw")
first = reader.read_next_batch()
risen = peak() - before
print(first.num_rows + sum(batch.num_rows for batch in reader), risen)
"""


@on_linux
def test_a_stream_gives_its_first_rows_long_before_it_has_read_all(tmp_path: Path) -> None:
    columns = "".join(f", {{name: a{number}, data_type: float64}}" for number in range(6))
    table = f"{{name: shop, meta: {{period: file_name}}, columns: [{{name: pnr, data_type: string}}{columns}]}}"
    text = f"sources: [{{name: raw, tables: [{table}]}}]\n"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "s.yml").write_text(text)
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    (tmp_path / "raw").mkdir()
    numbers = pa.array(range(750_000), pa.int64())
    one = pa.table({"pnr": pc.cast(numbers, pa.string()), **{f"a{n}": pc.sin(pc.multiply(numbers, n + 1.5)) for n in range(6)}})
    pq.write_table(one, tmp_path / "raw" / "1960.parquet", row_group_size=50_000)
    for year in range(1961, 2000):
        os.link(tmp_path / "raw" / "1960.parquet", tmp_path / "raw" / f"{year}.parquet")
    ran = run_script(MEASURE, tmp_path)
    assert ran.code == 0, ran.err
    rows, risen = map(int, ran.out.split())
    assert rows == 30_000_000
    assert risen * 1024 < 40 * one.nbytes / 4  # when the first rows are there, the others are still in their files

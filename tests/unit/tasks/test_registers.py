from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from ids_build.errors import ConfigError
from ids_build.nodes import PersonKey, Rules, Source
from ids_build.relation import Relation
from ids_build.tasks.registers import find_by_name, find_by_path, find_parent, list_registers, open_project
from tests.support import make_settings, make_source, tiny_project


def _source(name: str, *aliases: str, folder: str = "", person: str | None = "pnr", via: str | None = None) -> Source:
    key = PersonKey(column=person, via=Relation(layer="raw", name=via) if via else None) if person else None
    return make_source(
        f"raw.{name}",
        {"pnr": "string"},
        location=f"/registers/{folder or name}/*.parquet",
        meta={"aliases": list(aliases)} if aliases else {},
        rules=Rules(person=key),
    )


SOURCES = (
    _source("shop"),
    _source("shop_visits", "visits", via="shop"),
    _source("Income", folder="inc"),
    _source("deaths_old", "deaths"),
    _source("deaths_new", "deaths"),
    _source("units", person=None),
)


def _fault(path: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        find_by_path(PurePath(path), SOURCES)
    assert caught.value.at is not None and caught.value.at.path == path
    return caught.value


@pytest.mark.parametrize(
    ("name", "found"),
    [("shop", "shop"), ("SHOP", "shop"), ("Visits", "shop_visits"), ("income", "Income"), ("INCOME", "Income")],
)
def test_a_register_is_found_by_its_name_or_alias_in_any_case(name: str, found: str) -> None:
    assert find_by_name(name, SOURCES).name == found


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown register 'shopp'") as caught:
        find_by_name("shopp", SOURCES)
    assert caught.value.hint == "did you mean 'shop'?"
    with pytest.raises(ConfigError) as caught:
        find_by_name("zzz", SOURCES)
    assert caught.value.hint == ("known are deaths, deaths_new, deaths_old, income, shop, shop_visits, units, visits")


def test_an_alias_of_two_registers_is_told() -> None:
    with pytest.raises(ConfigError, match="'Deaths' may be 'deaths_new' or 'deaths_old'") as caught:
        find_by_name("Deaths", SOURCES)
    assert caught.value.hint == "name one of them"


def test_a_name_wins_over_another_registers_alias() -> None:
    assert find_by_name("shop", (_source("stalls", "shop"), _source("shop"))).name == "shop"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/data/shop", "shop"),
        ("/data/shop/", "shop"),
        ("SHOP", "shop"),
        ("/data/shop.parquet", "shop"),
        ("/data/shop/2005.parquet", "shop"),
        ("/data/shop/200512.PARQUET", "shop"),
        ("/data/shop/2005Q4.parquet", "shop"),
        ("/data/any/shop2005.parquet", "shop"),
        ("/data/any/shop_2005-12.parquet", "shop"),
        ("/data/any/shop_visits2005.parquet", "shop_visits"),
        ("/data/visits", "shop_visits"),
        ("/data/inc", "Income"),
        ("/data/income", "Income"),
        ("/shop/inc", "Income"),
        ("C:\\data\\shop", "shop"),
        ("C:\\shop\\inc\\2005.parquet", "Income"),
        ("\\\\server\\share\\shop_visits", "shop_visits"),
    ],
)
def test_a_register_is_found_by_the_last_part_of_a_path(path: str, found: str) -> None:
    assert find_by_path(PurePath(path), SOURCES).name == found


def test_paths_of_both_systems_are_the_same_to_it() -> None:
    assert find_by_path(PureWindowsPath("C:/data/shop"), SOURCES).name == "shop"
    assert find_by_path(PurePosixPath("/data/shop"), SOURCES).name == "shop"


@pytest.mark.parametrize("path", ["/shop/other", "/data/shopping", "/data/income_tax", "/data/incident", "/shop/2005", "/", "."])
def test_neither_a_folder_above_nor_a_name_that_begins_alike_makes_a_register(path: str) -> None:
    assert "is the folder of no register" in _fault(path).message


def test_the_nearest_register_is_the_hint() -> None:
    assert _fault("/data/visit").hint == "did you mean 'visits'?"
    assert _fault("/data/zzz").hint == "name the register"


def test_a_part_that_fits_two_registers_is_told() -> None:
    fault = _fault("/data/deaths")
    assert (fault.message, fault.hint) == ("'deaths' may be 'deaths_new' or 'deaths_old'", "name the register")
    assert find_by_path(PurePath("/data/deaths_new"), SOURCES).name == "deaths_new"


def test_the_parent_is_the_register_that_knows_the_persons() -> None:
    assert find_parent(SOURCES[1], SOURCES).name == "shop"


def test_a_register_that_needs_no_parent_or_names_none_is_told() -> None:
    with pytest.raises(ConfigError, match="register 'shop' names its persons itself") as caught:
        find_parent(SOURCES[0], SOURCES)
    assert caught.value.hint == "use a direct filter"
    with pytest.raises(ConfigError, match="register 'units' declares no relation to persons") as caught:
        find_parent(SOURCES[5], SOURCES)
    assert caught.value.hint == "declare 'meta: {person: {column: ..., via: ...}}' at the source"


# -- the project that declares them ---------------------------------------------------------------


def test_registers_are_the_sources_with_types_by_name(tmp_path: Path) -> None:
    text = """
        sources:
          - name: raw
            tables:
              - {name: b, columns: [{name: x, data_type: string}]}
              - {name: bare}
              - {name: a, columns: [{name: x, data_type: string}]}
        """
    folder = tiny_project(tmp_path, {"models/s.yml": text})
    assert [source.name for source in list_registers(make_settings(folder))] == ["a", "b"]


def test_the_settings_are_those_of_the_project_and_its_profile(tmp_path: Path) -> None:
    folder = tiny_project(
        tmp_path,
        {
            "dbt_project.yml": "name: shop\nprofile: p\nvars: {dir: \"{{ env_var('WHERE') }}\", year: 2000}\n",
            "profiles.yml": "p: {target: t, outputs: {t: {type: datafusion, memory_limit: 128MB, threads: 3}}}\n",
        },
    )
    config = open_project(folder, {"year": 2001}, {"WHERE": "there"}, cores=8)
    assert (config.memory_limit, config.threads) == (128 * 1024**2, 3)
    assert config.vars == {"dir": "there", "year": 2001}


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        open_project(tmp_path, None, {}, cores=1)

"""Fixtures: a toy project from texts, the shop with its delivery, the shipped project with simulated registers."""

import datetime
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from .toy import PROJECTS, REPOSITORY, STARTED, Content, Toy, run_in


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("DBT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "nobody"))


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    """End what a failing test left running."""
    yield
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def toy(tmp_path: Path) -> Callable[..., Toy]:
    """Return a maker of toy projects: texts and tables by path."""

    def make(files: dict[str, Content] | None = None, folder: str = "toy") -> Toy:
        return Toy(tmp_path / folder, files)

    return make


def clicks() -> pa.Table:
    """What the shop's web server delivers: two visitors, three clicks."""
    moment = datetime.datetime(2024, 1, 7, 9, 30)
    return pa.table(
        {
            "user_id": pa.array([1, 1, 3], pa.int32()),
            "page": pa.array(["/home", "/cart", "/home"]),
            "clicked_at": pa.array([moment, moment, moment], pa.timestamp("us")),
        }
    )


def copy_shop(folder: Path) -> Toy:
    """Return a copy of the shop project with its delivery."""
    shutil.copytree(PROJECTS / "shop", folder, ignore=shutil.ignore_patterns("target", "data"))
    shop = Toy.__new__(Toy)
    shop.folder = folder
    return shop.write({"data/clicks.parquet": clicks()})


@pytest.fixture
def shop(tmp_path: Path) -> Toy:
    return copy_shop(tmp_path / "shop")


@pytest.fixture(scope="session")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated raw files of 2,000 persons for the shipped project."""
    out = tmp_path_factory.mktemp("registers") / "raw"
    ran = run_in(REPOSITORY, "simulate", "--persons", "2000", "--out", str(out), "--quiet")
    assert ran.code == 0, ran.err
    return out

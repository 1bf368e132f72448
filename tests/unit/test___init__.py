import subprocess
import sys

import pytest

import ids_build


@pytest.mark.parametrize("name", ["PnrFilter", "Project", "Register", "TransformPipeline"])
def test_the_python_doors_stand_in_the_package(name: str) -> None:
    assert getattr(ids_build, name).__name__ == name


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Registry'"):
        _ = ids_build.Registry


def test_the_package_alone_loads_no_engine() -> None:
    script = "import sys, ids_build; sys.exit('datafusion' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

"""Generated projects: a thousand models in three layers, and a model with a hundred unit tests."""

from pathlib import Path

SOURCE = """version: 2
sources:
  - name: raw
    meta: {external_location: 'raw/*.parquet'}
    tables:
      - name: t
        columns:
          - {name: id, data_type: string}
"""
PROJECT = "name: generated\nversion: '1.0.0'\nprofile: none\nmodel-paths: [models]\n"


def write_models(folder: Path, count: int) -> None:
    """Write a project of `count` models in three layers with two tests each, reading one source of five columns."""
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    columns = "\n".join(f"          - {{name: c{i}, data_type: int64}}" for i in range(4))
    (folder / "models" / "sources.yml").write_text(f"{SOURCE}{columns}\n")
    third = count // 3
    for number in range(count):
        layer = min(number // third, 2)
        name = f"m{number:04d}"
        if layer == 0:
            reads = ["{{ source('raw', 't') }}"] * 2
        else:
            first = (layer - 1) * third + number % third
            second = (layer - 1) * third + (number * 7 + 3) % third
            reads = [f"{{{{ ref('m{first:04d}') }}}}", f"{{{{ ref('m{second:04d}') }}}}"]
        _write_model(folder / "models" / f"layer{layer}", name, reads)


def _write_model(folder: Path, name: str, reads: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    columns = ", ".join(f"a.c{i} + b.c{i} as c{i}" for i in range(4))
    (folder / f"{name}.sql").write_text(
        f"with\n    a as (select * from {reads[0]}),\n    b as (select * from {reads[1]} where c1 > 0),\n"
        f"    joined as (select a.id, {columns} from a join b on b.id = a.id)\n\nselect *\nfrom joined\n"
    )
    (folder / f"{name}.yml").write_text(
        f"version: 2\nmodels:\n  - name: {name}\n    columns:\n      - name: id\n        data_tests: [not_null, unique]\n"
    )


def write_unit_tests(folder: Path, count: int) -> None:
    """Write a project of ten models with `count` unit tests in all."""
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    columns = "          - {name: year, data_type: int32}\n          - {name: x, data_type: float64}\n"
    (folder / "models" / "sources.yml").write_text(SOURCE + columns)
    for model in range(10):
        name = f"latest{model}"
        (folder / "models" / f"{name}.sql").write_text(
            "with\n    newest as (select id, max(year) as year from {{ source('raw', 't') }} group by id)\n\n"
            f"select t.id, t.year, t.x * {model + 1} as x\nfrom {{{{ source('raw', 't') }}}} as t\n"
            "join newest on newest.id = t.id and newest.year = t.year\n"
        )
        tests = "".join(_unit_test(name, model + 1, number) for number in range(count // 10))
        (folder / "models" / f"{name}.yml").write_text(f"version: 2\nunit_tests:\n{tests}")


def _unit_test(name: str, factor: int, number: int) -> str:
    return (
        f"  - name: case{number}\n    model: {name}\n    given:\n      - input: source('raw', 't')\n        rows:\n"
        f"          - {{id: a, year: 2000, x: 1}}\n          - {{id: a, year: 2001, x: {number}}}\n"
        f"    expect:\n      rows: [{{id: a, year: 2001, x: {factor * number}}}]\n"
    )

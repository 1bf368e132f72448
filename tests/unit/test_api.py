import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import ids_build
from ids_build import Project
from ids_build.errors import ConfigError, SelectionError, StorageError, UnknownNodeError
from tests.support import SHOP, tiny_project
from tests.support.shop import open_shop

PROFILE = "shop: {target: d, outputs: {d: {type: datafusion, show_values: true}}}\n"
SECRETS = ("0042", "0007")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tiny_project(tmp_path / "shop"))


def test_the_class_is_loaded_when_it_is_asked_for() -> None:
    assert ids_build.Project is Project
    with pytest.raises(AttributeError, match="has no attribute 'Projekt'"):
        ids_build.__getattr__("Projekt")


def test_a_build_returns_what_became_of_every_step(project: Project) -> None:
    run = project.build()
    assert run.ok and run["totals"].status == "success"
    assert (run["marts.totals"].rows, run["staging.orders"].rows) == (2, 3)
    assert run["totals"].seconds > 0
    assert {result.status for result in run} == {"success", "pass"}
    assert (project.config.target_path / "run_results.json").is_file()


def test_a_failing_step_is_a_result(tmp_path: Path) -> None:
    files = {**SHOP, "models/marts/totals.sql": "select 1 / 0 as x"}
    run = Project(tiny_project(tmp_path, files)).build(select="totals")
    assert not run.ok
    assert (run["totals"].status, run["totals"].message) == ("error", "division by zero")
    with pytest.raises(KeyError):
        run["orders"]


def test_what_makes_a_run_impossible_is_raised(tmp_path: Path) -> None:
    with pytest.raises(UnknownNodeError):
        Project(tiny_project(tmp_path, {**SHOP, "models/x.sql": "select * from {{ ref('nothing') }}"})).build()
    with pytest.raises(ConfigError, match=r"no dbt_project.yml"):
        Project(tmp_path / "nowhere")
    typed: Any = {"tread": 2}
    with pytest.raises(ConfigError, match="unknown setting 'tread'") as caught:
        Project(tmp_path, **typed)
    assert caught.value.hint == "did you mean 'threads'?"


def test_run_seed_and_test_are_their_commands(project: Project) -> None:
    assert [result.resource for result in project.seed()] == ["seed"]
    assert {result.resource for result in project.run()} == {"model"}
    assert {result.resource for result in project.test(select=["orders", "totals"])} == {"test", "unit_test"}


def test_a_selection_is_words_or_a_list_of_them(project: Project) -> None:
    tests = "resource_type:test resource_type:unit_test"
    assert project.ls(select="resource_type:model", exclude=tests).names == ("staging.orders", "marts.totals")
    assert project.ls(select=["totals", "orders"], exclude=["orders", *tests.split()]).names == ("marts.totals",)
    assert project.ls(select="totls").unmatched == ("'totls' selects nothing; did you mean 'totals'?",)


def test_compile_gives_the_rendered_sql(project: Project) -> None:
    assert project.compile().sql["marts.totals"].startswith('select customer, sum(amount) as amount\nfrom "staging"."orders"')


def test_tables_are_loaded_streamed_and_asked(project: Project) -> None:
    project.build()
    assert project.load("marts.totals").to_pydict() == {"customer": ["0007", "0042"], "amount": [1.0, 6.5]}
    assert project.load("raw.orders").num_rows == 3
    with project.stream("orders") as reader:
        assert sum(batch.num_rows for batch in reader) == 3
    assert project.sql("select sum(amount) as total from {{ ref('totals') }}").to_pydict() == {"total": [7.5]}
    given = {"mine": project.config.project_dir / "raw"}
    assert project.sql("select count(*) as n from mine", registries=given).to_pydict() == {"n": [3]}


def test_a_table_of_no_name_or_never_built_is_told(project: Project) -> None:
    with pytest.raises(UnknownNodeError, match="unknown table 'totls'"):
        project.load("totls")
    with pytest.raises(StorageError, match="has not been built"):
        project.load("totals")
    with pytest.raises(SelectionError):
        project.preview("totls")


def test_a_preview_has_rows_only_where_the_profile_lets_them_out(project: Project) -> None:
    project.build()
    shown = project.preview("totals", limit=1)
    assert (shown.columns, shown.count, shown.rows) == ((("customer", "string"), ("amount", "float64")), 2, None)
    (project.config.project_dir / "profiles.yml").write_text(PROFILE)
    assert Project(project.config.project_dir).preview("totals", limit=1).rows == (("0007", 1.0),)


def test_what_a_notebook_shows_holds_no_row(tmp_path: Path) -> None:
    project = Project(tiny_project(tmp_path, {**SHOP, "profiles.yml": PROFILE}))
    (tmp_path / "raw").mkdir()
    source = Project(tiny_project(tmp_path / "other"))
    (tmp_path / "raw" / "orders.parquet").write_bytes((source.config.project_dir / "raw" / "orders.parquet").read_bytes())
    shown = [project.compile(), project.ls(), project.build(), project.preview("totals")]
    for one in shown:
        html = one._repr_html_()
        assert html.startswith("<p><b>") and "</table>" in html
        assert not [secret for secret in SECRETS if secret in html]
    assert "marts.totals: 2 rows" in shown[3]._repr_html_()
    assert repr(project).startswith("Project('shop' in ")


def test_settings_are_those_of_the_command_line(tmp_path: Path) -> None:
    folder = tiny_project(tmp_path, {**SHOP, "models/marts/totals.sql": "select {{ var('n') }} as n, '{{ var(\"t\") }}' as t"})
    project = Project(folder, vars={"n": 3, "t": "0101"}, threads=1, target_path=tmp_path / "out")
    assert project.build(select="totals").ok
    assert project.load("totals").to_pydict() == {"n": [3], "t": ["0101"]}
    assert (tmp_path / "out" / "tables" / "marts" / "totals.parquet").is_file()


def test_templates_see_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_WORD", "here")
    project = Project(tiny_project(tmp_path, {"models/a.sql": "select '{{ env_var(\"SHOP_WORD\") }}' as word"}))
    assert "'here'" in project.compile().sql["main.a"]


def test_two_projects_live_side_by_side(tmp_path: Path) -> None:
    one = Project(tiny_project(tmp_path / "one", {"models/a.sql": "select 1 as x"}))
    two = Project(tiny_project(tmp_path / "two", {"models/a.sql": "select 2 as x"}))
    assert one.build().ok and two.build().ok
    assert (one.load("a").to_pydict(), two.load("a").to_pydict()) == ({"x": [1]}, {"x": [2]})


def test_projects_work_in_threads(tmp_path: Path) -> None:
    found: dict[int, object] = {}

    def work(number: int) -> None:
        project = Project(tiny_project(tmp_path / str(number), {"models/a.sql": f"select {number} as x"}))
        found[number] = project.build().ok and project.load("a").to_pydict()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {number: {"x": [number]} for number in range(4)}


def test_a_project_works_inside_a_running_event_loop(tmp_path: Path) -> None:
    project = Project(tiny_project(tmp_path, {"models/a.sql": "select 1 as x"}))

    async def work() -> list[dict[str, object]]:
        assert project.build().ok
        with project.stream("a") as reader:
            streamed = reader.read_all()
        aside = await asyncio.to_thread(project.load, "a")
        return [project.load("a").to_pydict(), streamed.to_pydict(), aside.to_pydict()]

    assert asyncio.run(work()) == [{"x": [1]}] * 3


def test_two_builds_of_one_target_do_not_disturb_each_other(project: Project) -> None:
    other = Project(project.config.project_dir)
    outcomes: list[object] = []

    def build(which: Project) -> None:
        try:
            outcomes.append(which.build().ok)
        except StorageError as error:
            outcomes.append(error.message.startswith("another run is writing"))

    threads = [threading.Thread(target=build, args=(which,)) for which in (project, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == [True, True]
    assert project.load("totals").num_rows == 2


def test_generations_are_listed_and_a_former_one_is_published_again(tmp_path: Path) -> None:
    folder = tiny_project(tmp_path, {"models/a.sql": "select {{ var('n') }} as n"})
    assert (Project(folder).generations().published, len(Project(folder).generations())) == (None, 0)
    for number in (1, 2, 3):
        assert Project(folder, vars={"n": number}, keep=1).build().ok
    project = Project(folder, vars={"n": 3})
    found = project.generations()
    assert [(one.number, found.status(one)) for one in found] == [(3, "published"), (2, "former")]
    assert "<td>former</td>" in found._repr_html_()
    assert (project.rollback(), project.load("a").to_pydict()) == (2, {"n": [2]})
    assert (project.rollback(3), project.generations().published) == (3, 3)
    with pytest.raises(StorageError):
        project.rollback(1)


def test_what_passed_is_published_where_the_settings_say_so(tmp_path: Path) -> None:
    folder = tiny_project(tmp_path, {"models/a.sql": "select 1 as x", "models/b.sql": "select 1 / 0 as x"})
    refused = Project(folder).build()
    assert (refused.ok, refused.outcome.published, Project(folder).generations().published) == (False, None, None)
    run = Project(folder, publish="passing").build()
    assert not run.ok and run.outcome.published and Project(folder).load("a").num_rows == 1


def test_settings_of_publishing_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'passed' is no way to publish") as caught:
        Project(tmp_path, publish="passed")
    assert caught.value.hint == "did you mean 'passing'?"
    with pytest.raises(ConfigError, match="'-1' is no number of generations"):
        Project(tmp_path, keep=-1)


def test_a_report_is_written_and_its_files_are_returned(tmp_path: Path) -> None:
    files = {
        "models/sizes.sql": "select 'large' as size, 7 as n",
        "models/sizes.yml": "models: [{name: sizes, meta: {report: {title: Sizes, counts: [n]}}}]",
    }
    project = Project(tiny_project(tmp_path, files))
    assert project.report(select="nothing").page is None
    assert project.build().ok
    written = project.report(out=tmp_path / "out")
    assert (written.page, written.tables) == (tmp_path / "out" / "index.html", (tmp_path / "out" / "sizes.csv",))
    assert written.tables[0].read_text() == "size,n\nlarge,7\n"


def test_a_project_is_compared_with_another_one_or_its_folder(tmp_path: Path) -> None:
    open_shop(tmp_path / "before")
    open_shop(tmp_path / "after", {"models/marts/totals.sql": "select count(*) as n from {{ ref('orders') }}"})
    project = Project(tmp_path / "after")
    found = project.diff(tmp_path / "before", data=False)
    assert found.breaking and [model.name for model in found.models if model.differs] == ["marts.totals"]
    assert project.diff(Project(tmp_path / "before"), "orders", data=False).differs is False

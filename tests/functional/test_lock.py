"""Two builds of one target: the second is told, the first is not disturbed."""

from collections.abc import Callable

from .toy import Toy, finish, wait_until

Maker = Callable[..., Toy]
SLOW = "select sum(a.value * b.value % 7) as n from range({{ var('size', 30000) }}) as a cross join range(30000) as b"


def test_a_second_build_is_refused_while_the_first_goes_on(toy: Maker) -> None:
    project = toy({"models/a.sql": "select 1 as x", "models/b.sql": SLOW})
    first = project.start("build")
    wait_until((project.folder / "target/generations/1/main/a.parquet").exists)
    second = project.run("build")
    still_running = first.poll() is None
    assert (second.code, second.out) == (1, "")
    assert second.err == (
        f"another run is writing to '{project.folder / 'target'}'\n  hint: wait for it, or use another --target-path\n"
    )
    elsewhere = project.run("build", "--target-path", "other", "--select", "a")
    assert elsewhere.code == 0
    assert still_running, "the first build was too fast for this test"
    ran = finish(first)
    assert ran.code == 0, ran.err
    assert project.table("b").num_rows == 1


def test_the_lock_is_free_after_a_run_that_failed(toy: Maker) -> None:
    project = toy(
        {
            "models/a.sql": "select 1 as x",
            "models/a.yml": "models: [{name: a, data_tests: [{expression_is_true: {expression: x > 1}}]}]\n",
        }
    )
    assert project.run("build").code == 1
    assert project.run("build", "--exclude", "test_type:data").code == 0

from ids_build.errors import Location
from ids_build.report.notebook import render_run, render_table
from ids_build.results import Result, RunResults


def test_every_text_is_escaped() -> None:
    told = render_table("<a> & b", ("<h>",), [("<script>",), ("x & y",)])
    assert "<b>&lt;a&gt; &amp; b</b>" in told
    assert "<th>&lt;h&gt;</th>" in told
    assert "<td>&lt;script&gt;</td>" in told and "<td>x &amp; y</td>" in told


def test_numbers_are_grouped_and_nothing_is_empty() -> None:
    assert "<tr><td>1,234</td><td></td></tr>" in render_table("t", ("a", "b"), [(1234, None)])


def test_a_run_shows_its_counts_its_steps_and_its_faults() -> None:
    good = Result(unique_id="m.a", name="s.a", resource="model", status="success", seconds=1.25, rows=1000, size=2000)
    bad = Result(
        unique_id="m.b", name="s.b", resource="model", status="error", message="no <table>", at=Location(path="b.sql", line=2)
    )
    told = render_run(RunResults(command="build", results=(good, bad), seconds=2.0))
    assert "<b>build: 1 of 2 tables built, 1 error in 2.0 s</b>" in told
    assert "<td>s.a</td><td>model</td><td>success</td><td>1,000</td><td>1.25</td><td>2.0 kB</td>" in told
    assert "<pre>b.sql:2  &#x27;s.b&#x27; error: no &lt;table&gt;</pre>" in told

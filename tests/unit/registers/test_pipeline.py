from typing import Any

import datafusion
import pyarrow as pa
import pytest

from ids_build import TransformPipeline
from ids_build.errors import ConfigError, ExecutionError

# The shop's visits: customer, amount (one unknown), page.
VISITS = pa.table({"customer": ["b", "a", "a", "c"], "amount": pa.array([5, 7, None, 9]), "page": ["x", "x", "y", "y"]})
NAMES = pa.table({"customer": ["a", "b", "d"], "name": ["Anna", "Bo", "Dan"]})


@pytest.fixture
def context() -> Any:
    context = datafusion.SessionContext()
    context.register_record_batches("visits", [VISITS.to_batches()])
    context.register_record_batches("names", [NAMES.to_batches()])
    return context


def _rows(frame: Any) -> list[dict[str, Any]]:
    return list(frame.to_pylist())


def _both(pipeline: TransformPipeline, context: Any) -> list[dict[str, Any]]:
    """Return the rows, which the steps on the DataFrame and the written query must give alike."""
    applied = _rows(pipeline.apply_to_table(context, "visits"))
    assert applied == _rows(context.sql(pipeline.to_sql("visits")))
    return applied


def test_steps_run_in_the_order_they_are_told(context: Any) -> None:
    first = TransformPipeline().sort("amount", ascending=False).limit(2).filter("amount < 9")
    assert _both(first, context) == [{"customer": "a", "amount": 7, "page": "x"}]
    later = TransformPipeline().filter("amount < 9").sort("amount", ascending=False).limit(2)
    assert [row["amount"] for row in _both(later, context)] == [7, 5]


def test_the_seed_s_example_counts_by_group(context: Any) -> None:
    pipeline = (
        TransformPipeline()
        .select("customer", "page")
        .filter("page <> 'z'")
        .aggregate(group_by=["page"], counts="count(customer)")
        .sort("page")
    )
    assert _both(pipeline, context) == [{"page": "x", "counts": 2}, {"page": "y", "counts": 2}]


def test_without_groups_all_rows_are_one(context: Any) -> None:
    assert _both(TransformPipeline().aggregate(total="sum(amount)", n="count(*)"), context) == [{"total": 21, "n": 4}]


def test_select_computes_and_renames(context: Any) -> None:
    pipeline = TransformPipeline().select("upper(customer) as who", "amount + 1 as more").filter("more = 10")
    assert _both(pipeline, context) == [{"who": "C", "more": 10}]


@pytest.mark.parametrize(("ascending", "amounts"), [(True, [5, 7, 9, None]), (False, [9, 7, 5, None])])
def test_nulls_come_last_either_way(context: Any, ascending: bool, amounts: list[int | None]) -> None:
    assert [row["amount"] for row in _both(TransformPipeline().sort("amount", ascending=ascending), context)] == amounts


def test_each_key_has_its_own_flag(context: Any) -> None:
    rows = _both(TransformPipeline().sort("page", "customer", ascending=[False, True]), context)
    assert [(row["page"], row["customer"]) for row in rows] == [("y", "a"), ("y", "c"), ("x", "a"), ("x", "b")]


def test_flags_of_another_number_than_keys_are_refused() -> None:
    with pytest.raises(ConfigError, match="2 keys and 1 flags to sort by"):
        TransformPipeline().sort("a", "b", ascending=[True])


@pytest.mark.parametrize(
    ("how", "rows"),
    [
        ("inner", [("a", "Anna"), ("a", "Anna"), ("b", "Bo")]),
        ("left", [("a", "Anna"), ("a", "Anna"), ("b", "Bo"), ("c", None)]),
        ("right", [("a", "Anna"), ("a", "Anna"), ("b", "Bo"), ("d", "Dan")]),
        ("full", [("a", "Anna"), ("a", "Anna"), ("b", "Bo"), ("c", None), ("d", "Dan")]),
    ],
)
def test_a_table_is_joined_by_name(context: Any, how: str, rows: list[tuple[str, str | None]]) -> None:
    pipeline = TransformPipeline().select("customer", "1 as one").join("names", on="customer", how=how).sort("customer")
    assert [(row["customer"], row["name"]) for row in _both(pipeline, context)] == rows


def test_a_frame_is_joined_as_it_is_and_has_no_sql(context: Any) -> None:
    pipeline = TransformPipeline().join(context.table("names"), on="customer")
    assert len(_rows(pipeline.apply(context.table("visits")))) == 3
    with pytest.raises(ConfigError, match="step 1: the table to join has no name"):
        pipeline.to_sql("visits")


def test_columns_that_both_sides_have_are_refused(context: Any) -> None:
    with pytest.raises(ExecutionError, match=r"step 1 \(join\): both sides have a column 'amount'"):
        TransformPipeline().join("visits", on="customer").apply_to_table(context, "visits")


def test_a_name_cannot_be_joined_without_a_context(context: Any) -> None:
    with pytest.raises(ExecutionError, match=r"step 1 \(join\): 'names' is only a name"):
        TransformPipeline().join("names", on="customer").apply(context.table("visits"))


def test_a_function_does_what_it_likes_and_has_no_sql(context: Any) -> None:
    pipeline = TransformPipeline().limit(3).custom(lambda frame: frame.with_column("n", datafusion.lit(1)))
    assert {row["n"] for row in _rows(pipeline.apply_to_table(context, "visits"))} == {1}
    with pytest.raises(ConfigError, match="step 2: a function cannot be written as SQL"):
        pipeline.to_sql("visits")


def test_a_pipeline_never_changes(context: Any) -> None:
    start = TransformPipeline().filter("amount > 5")
    start.limit(1)
    assert len(start.steps) == 1
    assert len(_rows(start.apply_to_table(context, "visits"))) == 2


def test_a_failing_step_is_told_by_its_number(context: Any) -> None:
    with pytest.raises(ExecutionError, match=r"step 2 \(filter\) failed: no field named amont") as caught:
        TransformPipeline().limit(1).filter("amont > 5").apply_to_table(context, "visits")
    assert caught.value.hint == "did you mean 'amount'?"


def test_a_function_s_own_words_stay_out(context: Any) -> None:
    def burst(_frame: Any) -> Any:
        raise ValueError("SECRET4711")

    with pytest.raises(ExecutionError) as caught:
        TransformPipeline().custom(burst).apply_to_table(context, "visits")
    assert str(caught.value).startswith("step 1 (custom) failed: ValueError")
    assert "SECRET4711" not in str(caught.value) and caught.value.__cause__ is None


def test_a_function_must_return_a_frame(context: Any) -> None:
    with pytest.raises(ExecutionError, match=r"step 1 \(custom\): the function returns NoneType"):
        TransformPipeline().custom(lambda _frame: None).apply_to_table(context, "visits")


def test_a_table_that_the_context_lacks_is_told(context: Any) -> None:
    with pytest.raises(ConfigError, match="unknown table 'vists'"):
        TransformPipeline().apply_to_table(context, "vists")


def test_a_sorted_column_that_is_dropped_keeps_no_order_in_sql(context: Any) -> None:
    pipeline = TransformPipeline().sort("amount").select("customer")
    assert [row["customer"] for row in _rows(pipeline.apply_to_table(context, "visits"))] == ["b", "a", "c", "a"]
    with pytest.raises(ConfigError, match="step 2: the rows are sorted by 'amount', which is not selected"):
        pipeline.to_sql("visits")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: p.select(),
        lambda p: p.sort(),
        lambda p: p.aggregate(["page"]),
        lambda p: p.limit(-1),
        lambda p: p.limit(True),
        lambda p: p.join("names", on=[]),
        lambda p: p.join("names", on="customer", how="outer"),
    ],
)
def test_a_step_that_says_nothing_or_the_impossible_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError):
        wrong(TransformPipeline())


def test_the_text_has_one_cte_a_step_and_may_be_a_model_s() -> None:
    pipeline = TransformPipeline().filter("amount > 5").sort("page").aggregate(["page"], n="count(*)").sort("n").limit(2)
    assert pipeline.to_sql("{{ ref('visits') }}") == (
        "with\n"
        "    filtered_1 as (select * from {{ ref('visits') }} where amount > 5),\n"
        "    aggregated_2 as (select page, count(*) as n from filtered_1 group by page),\n"
        "    limited_3 as (select * from aggregated_2 order by n asc nulls last limit 2)\n"
        "select * from limited_3 order by n asc nulls last\n"
    )
    assert TransformPipeline().to_sql("a.b") == "select * from a.b\n"

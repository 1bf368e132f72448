import json
from pathlib import Path

from tests.support.shop import open_shop, say

INCREMENTAL = {"models/staging/orders.sql": (
    "{{ config(materialized='incremental') }} select id, customer, amount from {{ source('raw', 'orders') }}"
)}  # fmt: skip


def test_a_check_that_had_nothing_to_try_fails(tmp_path: Path) -> None:
    open_shop(tmp_path, INCREMENTAL)
    said = say(tmp_path, "check", "incremental", "orders")
    assert (said.exit_code, "skipped  all raw data: it holds one batch only" in said.stdout) == (1, True)
    assert "nothing was checked" in said.stderr


def test_what_came_of_a_check_is_told_as_json(tmp_path: Path) -> None:
    open_shop(tmp_path, INCREMENTAL)
    told = json.loads(say(tmp_path, "check", "incremental", "orders", "--output", "json").stdout)
    assert [(proof["data"], proof["batches"], proof["told"]) for proof in told][-1] == ("all raw data", 1, [])


def test_a_model_is_asked_for(tmp_path: Path) -> None:
    assert say(open_shop(tmp_path).project_dir, "check", "incremental").exit_code == 2

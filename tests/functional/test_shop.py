"""A plain dbt project builds as it stands, with nothing of the shipped project beside the engine."""

import datetime
import shutil
from collections import Counter
from pathlib import Path

from .conftest import copy_shop
from .toy import REPOSITORY, Toy, finish, start_in


def test_the_shop_builds_with_the_engine_alone(tmp_path: Path) -> None:
    engine = tmp_path / "engine"
    shutil.copytree(REPOSITORY / "ids_build", engine / "ids_build", ignore=shutil.ignore_patterns("__pycache__"))
    shop = copy_shop(tmp_path / "shop")
    ran = finish(start_in(shop.folder, "build", repository=engine))
    assert (ran.code, "10 of 10 tables built, 20 of 20 tests passed, 1 warning" in ran.out) == (0, True), ran.out + ran.err
    assert shop.rows("marts.customers")[0]["customer_name"] == "Anna Berg"


def test_the_shop_gives_the_tables_that_hand_work_gives(shop: Toy) -> None:
    ran = shop.run("build")
    assert ran.code == 0, ran.err
    assert shop.rows("marts.orders") == [
        _order(1, 1, datetime.date(2024, 1, 1), "completed", 10.0, 5.0),
        _order(2, 1, datetime.date(2024, 1, 5), "returned", 20.0, 0.0),
        _order(3, 2, datetime.date(2024, 1, 5), "completed", 2.5, 0.0),
        _order(4, 2, datetime.date(2024, 2, 1), "placed", 0.0, 0.0),
    ]
    assert shop.rows("marts.customers") == [
        _customer(1, "Anna Berg", datetime.date(2024, 1, 1), 2, 35.0),
        _customer(2, "Bo Dahl", datetime.date(2024, 1, 5), 2, 2.5),
        _customer(3, "Clara Eng", None, 0, 0.0),
    ]
    assert shop.rows("marts.page_views") == [
        {"page": "/cart", "views": 1, "visitors": 1},
        {"page": "/home", "views": 2, "visitors": 2},
    ]


def test_the_shop_s_tests_are_all_found_and_run(shop: Toy) -> None:
    shop.run("build")
    kinds = Counter((result["resource_type"], result["status"]) for result in shop.results())
    assert kinds == {
        ("seed", "success"): 3,
        ("model", "success"): 7,
        ("unit_test", "pass"): 4,
        ("test", "pass"): 15,
        ("test", "warn"): 1,  # Clara never ordered: her first_order is NULL
    }


def test_a_view_and_an_ephemeral_model_leave_no_file(shop: Toy) -> None:
    shop.run("build")
    assert not shop.path("staging.stg_orders").exists()
    assert not shop.path("staging.stg_payments").exists()
    assert shop.path("staging.stg_clicks").exists()


def test_a_seed_keeps_the_type_that_its_yaml_gives(shop: Toy) -> None:
    shop.run("seed")
    assert shop.table("seeds.raw_customers").column("postcode").to_pylist() == ["0999", "8000", None]


def test_a_generic_test_of_the_project_fails_when_it_should(shop: Toy) -> None:
    seed = shop.folder / "seeds" / "raw_payments.csv"
    seed.write_text(seed.read_text().replace("250", "-250"))
    ran = shop.run("build")
    assert ran.code == 1
    assert shop.statuses("test")["is_not_negative_orders_amount"] == "fail"
    assert "models/marts/marts.yml:15:13  test 'is_not_negative_orders_amount' failed: 1 failing row" in ran.out


def test_a_singular_test_fails_when_it_should(shop: Toy) -> None:
    seed = shop.folder / "seeds" / "raw_payments.csv"
    seed.write_text(seed.read_text() + "5,99,card,100\n6,98,card,100\n")
    ran = shop.run("build")
    assert ran.code == 1
    assert "test 'every_payment_belongs_to_an_order' failed: 2 failing rows" in ran.out


def test_a_generic_test_may_lie_under_tests_generic(shop: Toy) -> None:
    (shop.folder / "tests" / "generic").mkdir()
    (shop.folder / "macros" / "is_not_negative.sql").rename(shop.folder / "tests" / "generic" / "is_not_negative.sql")
    ran = shop.run("build")
    assert ran.code == 0, ran.err


def test_a_depends_on_comment_makes_an_edge(shop: Toy) -> None:
    ran = shop.run("ls", "--select", "customers+", "--resource-type", "model", "--output", "name")
    assert ran.out.split() == ["customers", "page_views"]


def _order(number: int, customer: int, day: datetime.date, status: str, card: float, coupon: float) -> dict[str, object]:
    return {
        "order_id": number,
        "customer_id": customer,
        "order_date": day,
        "status": status,
        "card_amount": card,
        "coupon_amount": coupon,
        "amount": card + coupon,
    }


def _customer(number: int, name: str, first: datetime.date | None, orders: int, value: float) -> dict[str, object]:
    return {
        "customer_id": number,
        "customer_name": name,
        "first_order": first,
        "number_of_orders": orders,
        "lifetime_value": value,
    }

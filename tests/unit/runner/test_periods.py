from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ids_build.runner.periods import Period, find_period


def _period(start: str, end: str) -> Period:
    return Period(start=date.fromisoformat(start), end=date.fromisoformat(end))


YEAR = _period("2005-01-01", "2005-12-31")


@pytest.mark.parametrize(
    ("stem", "start", "end"),
    [
        ("2005", "2005-01-01", "2005-12-31"),
        ("lpr_2005", "2005-01-01", "2005-12-31"),
        ("lpr_adm2005", "2005-01-01", "2005-12-31"),
        ("lpr2_2005", "2005-01-01", "2005-12-31"),
        ("a-b.c 2005", "2005-01-01", "2005-12-31"),
        ("1899", "1899-01-01", "1899-12-31"),
        ("2199", "2199-01-01", "2199-12-31"),
        ("200512", "2005-12-01", "2005-12-31"),
        ("2005-12", "2005-12-01", "2005-12-31"),
        ("bef200502", "2005-02-01", "2005-02-28"),
        ("bef_200402", "2004-02-01", "2004-02-29"),
        ("190002", "1900-02-01", "1900-02-28"),
        ("200002", "2000-02-01", "2000-02-29"),
        ("2005Q1", "2005-01-01", "2005-03-31"),
        ("2005Q4", "2005-10-01", "2005-12-31"),
        ("2005q2", "2005-04-01", "2005-06-30"),
        ("bef_2005-Q3", "2005-07-01", "2005-09-30"),
        ("20051231", "2005-12-31", "2005-12-31"),
        ("2005-12-31", "2005-12-31", "2005-12-31"),
        ("bef20040229", "2004-02-29", "2004-02-29"),
    ],
)
def test_a_file_name_ends_in_its_period(stem: str, start: str, end: str) -> None:
    assert find_period(stem) == _period(start, end)


@pytest.mark.parametrize(
    "stem",
    [
        "", "orders", "05", "205", "20055", "200500", "200513", "2005-13", "20050230", "20051301", "20051232", "20050100",
        "20030229", "2005Q0", "2005Q5", "2005Q", "2005_old", "1799", "2205", "12005", "002005", "999200512",
    ],
)  # fmt: skip
def test_a_name_without_a_period_at_its_end_has_none(stem: str) -> None:
    assert find_period(stem) is None


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (_period("2005-12-31", "2006-03-31"), True),
        (_period("2004-12-01", "2005-01-01"), True),
        (_period("2005-05-05", "2005-05-05"), True),
        (_period("2000-01-01", "2010-12-31"), True),
        (_period("2006-01-01", "2006-12-31"), False),
        (_period("2004-01-01", "2004-12-31"), False),
    ],
)
def test_two_periods_overlap_when_they_share_a_day(other: Period, shared: bool) -> None:
    assert (YEAR.overlaps(other), other.overlaps(YEAR)) == (shared, shared)


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.sampled_from(["", "bef", "lpr_adm", "x_"]))
def test_every_day_is_read_back_from_its_name(day: date, prefix: str) -> None:
    expected = Period(start=day, end=day)
    assert find_period(f"{prefix}{day:%Y%m%d}") == expected == find_period(f"{prefix}{day.isoformat()}")


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)))
def test_a_day_lies_in_its_month_in_its_quarter_in_its_year(day: date) -> None:
    names = (f"{day:%Y%m%d}", f"{day:%Y%m}", f"{day.year}Q{(day.month + 2) // 3}", f"{day.year}")
    found = [period for period in map(find_period, names) if period]
    assert len(found) == 4
    assert all(wide.start <= narrow.start and narrow.end <= wide.end for narrow, wide in zip(found, found[1:], strict=False))

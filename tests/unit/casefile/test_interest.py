"""延滞金 by DOMAIN.md §2.3: published figures, computed ones, and the edges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.interest import Payment, Rate, Terms, end_of_first_period, interest, known_terms, published_rates

RATES = published_rates()["local_tax"]


@pytest.mark.parametrize(
    ("principal", "due", "paid", "parts", "yen"),
    [
        (65_000, date(2021, 5, 31), date(2022, 1, 31), [133, 2883, 480], 3_400),  # published by 豊橋市
        (56_400, date(2026, 2, 2), date(2026, 5, 29), [120, 1228], 1_300),  # published by 中央市
        (152_500, date(2025, 9, 1), date(2026, 2, 5), [299, 3296, 1364], 4_900),
        (60_300, date(2021, 6, 30), date(2021, 12, 10), [127, 1909], 2_000),
    ],
)
def test_known_figures(principal: int, due: date, paid: date, parts: list[int], yen: int) -> None:
    found = interest(principal, due, paid, RATES)
    assert [part.yen for part in found.parts] == parts
    assert found.yen == yen


@pytest.mark.parametrize(
    ("due", "end"),
    [
        (date(2025, 5, 31), date(2025, 6, 30)),
        (date(2025, 6, 30), date(2025, 7, 31)),
        (date(2025, 1, 30), date(2025, 2, 28)),  # starts 31 January: no such day in February (民法143条)
        (date(2024, 1, 30), date(2024, 2, 29)),
        (date(2025, 12, 25), date(2026, 1, 25)),
    ],
)
def test_the_first_month_ends_by_the_civil_code(due: date, end: date) -> None:
    assert end_of_first_period(due, 1) == end


def test_nothing_is_due_until_the_due_date() -> None:
    assert interest(100_000, date(2025, 6, 30), date(2025, 6, 30), RATES).yen == 0
    assert interest(100_000, date(2025, 6, 30), date(2025, 7, 1), RATES).parts[0].days == 1


def test_floors_of_principal_and_total() -> None:
    due, paid = date(2023, 6, 30), date(2026, 6, 30)
    assert interest(1_999, due, paid, RATES).yen == 0
    assert interest(2_999, due, paid, RATES).parts[0].base_yen == 2_000
    # 45,000 × 8.7 % reaches one thousand on a certain day, not before.
    assert interest(45_000, date(2022, 6, 30), date(2022, 10, 23), RATES).yen == 0
    assert interest(45_000, date(2022, 6, 30), date(2022, 10, 24), RATES).yen == 1_000


def test_a_new_year_with_the_old_rate_is_no_split() -> None:
    found = interest(100_000, date(2022, 6, 30), date(2025, 6, 30), RATES)
    assert [part.percent for part in found.parts] == [Decimal("2.4"), Decimal("8.7")]
    assert sum(part.days for part in found.parts) == 365 * 3 + 1


def test_leap_years_divide_by_365_too() -> None:
    found = interest(365_000, date(2023, 12, 31), date(2024, 12, 31), RATES)
    assert sum(part.days for part in found.parts) == 366
    assert found.parts[1].yen == 365_000 * found.parts[1].days * 87 // 365_000


def test_three_months_and_none_at_all() -> None:
    due, paid = date(2025, 6, 30), date(2025, 12, 31)
    assert interest(100_000, due, paid, RATES, known_terms()["three_months"]).parts[0].last_day == date(2025, 9, 30)
    assert interest(100_000, due, paid, RATES, known_terms()["none"]).yen == 0


def test_part_payments_lower_the_base_from_the_next_day() -> None:
    found = interest(
        100_000, date(2025, 6, 30), date(2025, 12, 31), RATES, payments=[Payment(date(2025, 9, 30), 60_500)]
    )
    assert [(part.base_yen, part.last_day) for part in found.parts] == [
        (100_000, date(2025, 7, 31)),
        (100_000, date(2025, 9, 30)),
        (39_000, date(2025, 12, 31)),
    ]


def test_terms_from_the_database_keep_the_law_where_they_are_silent() -> None:
    assert Terms.from_json({"first_months": 3}) == Terms(first_months=3)
    assert Terms.from_json(Terms().to_json()) == Terms()


def test_days_before_the_first_rate_are_an_error() -> None:
    with pytest.raises(ValueError, match="no rate"):
        interest(100_000, date(2020, 1, 1), date(2020, 5, 1), [Rate(date(2021, 1, 1), Decimal(1), Decimal(2))])


@given(
    st.integers(0, 5_000_000),
    st.dates(date(1999, 1, 1), date(2026, 12, 31)),
    st.integers(0, 4000),
    st.integers(0, 400),
)
def test_more_principal_or_more_days_never_cost_less(principal: int, due: date, days: int, more: int) -> None:
    paid = date.fromordinal(due.toordinal() + days)
    later = date.fromordinal(paid.toordinal() + more)
    found = interest(principal, due, paid, RATES)
    assert found.yen <= interest(principal, due, later, RATES).yen
    assert found.yen <= interest(principal + 1000, due, paid, RATES).yen
    assert found.yen % 100 == 0
    assert found.yen == 0 or found.yen >= 1000
    if found.parts:
        assert sum(part.days for part in found.parts) == days

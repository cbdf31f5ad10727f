"""Rates: a ratio of sums, one decimal, half up; 「－」 without a denominator."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures import Unit, rate
from reports.printed import duration, printed, safe_text


@pytest.mark.parametrize(
    ("numerator", "denominator", "wanted"),
    [
        (825, 1009, "81.8"),  # 配信成功 ÷ 送信
        (159, 1009, "15.8"),  # 反応 ÷ 送信
        (159, 825, "19.3"),  # 反応 ÷ 配信成功
        (261, 1009, "25.9"),  # 納付人数 ÷ 送信: more payers than responders
        (1, 2000, "0.1"),  # 0.05 %, half up
        (0, 7, "0.0"),
        (3, 2, "150.0"),
    ],
)
def test_published_and_edge_rates(numerator: int, denominator: int, wanted: str) -> None:
    """豊島区's published counts (FEATURES.md Z3) give its published rates."""
    assert str(rate(numerator, denominator)) == wanted


def test_yen_per_payer_of_the_published_case() -> None:
    """8,715,203 yen ÷ 261 payers is 33,391.6, published as ¥33,392 (Z3)."""
    assert rate(8_715_203, 261, 1) == Decimal("33391.6")
    assert (2 * 8_715_203 + 261) // (2 * 261) == 33_392


@given(st.integers(0, 10**12), st.integers(1, 10**9))
def test_a_rate_is_the_nearest_tenth_and_never_below_at_a_tie(numerator: int, denominator: int) -> None:
    found = rate(numerator, denominator)
    assert found is not None
    tenths = int(found * 10)
    # tenths − ½ ≤ 1000 n/d < … the distance is at most half a tenth, and a tie went up.
    assert -denominator < 2 * (tenths * denominator - 1000 * numerator) <= denominator


def test_nothing_by_nothing_is_a_dash() -> None:
    assert rate(0, 0) is None
    assert rate(5, 0) is None
    assert printed(None, Unit.PERCENT) == "－"


def test_how_figures_are_printed() -> None:
    assert printed(1234567, Unit.YEN) == "1,234,567"
    assert printed(Decimal("1234.5"), Unit.SECONDS) == "1,234.5"
    assert printed(3661, Unit.DURATION) == duration(3661) == "1:01:01"
    assert duration(100 * 3600) == "100:00:00"


@pytest.mark.parametrize("text", ["=1+1", "+81", "-5", "@SUM", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_calculate_is_neutralised(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_other_text_stays_as_it_is() -> None:
    assert safe_text("03-0000-1111") == "03-0000-1111"
    assert safe_text("1+1=2") == "1+1=2"

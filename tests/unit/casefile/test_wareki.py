"""Dates in the spellings of core systems, there and back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.wareki import DateStyle, era_of, read_date, read_year, wareki, wareki_short

DAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    "raw",
    [
        "R8.6.1",
        "R08/06/01",
        "R080601",
        "r8-6-1",
        "Ｒ８．６．１",
        "令和8年6月1日",
        "令和 8年 6月 1日",
        "令8.6.1",
        "㋿8年6月1日",
        "5080601",
        "5-08-06-01",
    ],
)
@pytest.mark.parametrize("style", list(DateStyle))
def test_named_eras_in_every_style(raw: str, style: DateStyle) -> None:
    assert read_date(raw, style) == DAY


@pytest.mark.parametrize(
    "raw", ["20260601", "2026-06-01", "2026/6/1", "2026.6.1", "2026年6月1日", "2026-06-01 00:00:00"]
)
def test_western_dates_unless_the_style_says_otherwise(raw: str) -> None:
    assert read_date(raw) == DAY
    assert read_date(raw, DateStyle.WESTERN) == DAY
    with pytest.raises(ValueError, match="2026"):
        read_date(raw, DateStyle.WAREKI)


@pytest.mark.parametrize("raw", ["080601", "8.6.1", "08/06/01", "8年6月1日"])
def test_bare_years_of_the_present_era_only_where_the_mapping_says_so(raw: str) -> None:
    assert read_date(raw, DateStyle.WAREKI) == DAY
    with pytest.raises(ValueError, match=r"8"):
        read_date(raw)


@pytest.mark.parametrize(
    "raw", ["", "  ", "0", "00000000", "0000000", "000000", "99999999", "9999999", "    /  /  ", "年月日"]
)
def test_no_date(raw: str) -> None:
    assert read_date(raw) is None


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("平成31年5月31日", date(2019, 5, 31)),  # printed before the era ended
        ("S64.1.7", date(1989, 1, 7)),
        ("3500131", date(1975, 1, 31)),
        ("T15.12.24", date(1926, 12, 24)),
        ("明治45年7月29日", date(1912, 7, 29)),
    ],
)
def test_other_eras(raw: str, day: date) -> None:
    assert read_date(raw) == day


@pytest.mark.parametrize(
    "raw", ["R1.4.30", "R0.5.1", "2026-02-29", "R8.13.1", "20261301", "6080601", "abc", "2026", "R8", "１２"]
)
def test_days_that_never_were(raw: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_date(raw)


@given(st.dates(date(1868, 10, 23), date(2117, 12, 31)))
def test_there_and_back(day: date) -> None:
    assert read_date(wareki(day)) == day
    assert read_date(wareki_short(day)) == day
    assert era_of(day).start <= day


@given(st.text(max_size=12), st.sampled_from(list(DateStyle)))
def test_any_text_is_a_date_or_a_value_error(raw: str, style: DateStyle) -> None:
    for read in (read_date, read_year):
        try:
            read(raw, style)
        except ValueError:
            pass


@pytest.mark.parametrize(
    ("raw", "year"),
    [
        ("2026", 2026),
        ("2026年度", 2026),
        ("令和8年度", 2026),
        ("R8", 2026),
        ("508", 2026),
        ("令和元年度", 2019),
        ("平31", 2019),
        ("", None),
    ],
)
def test_years(raw: str, year: int | None) -> None:
    assert read_year(raw) == year


def test_short_years_by_style() -> None:
    assert read_year("08", DateStyle.WAREKI) == 2026
    with pytest.raises(ValueError, match="08"):
        read_year("08")

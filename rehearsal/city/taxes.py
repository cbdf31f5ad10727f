"""Taxes, fees and the 期別 calendar of the synthetic city (DOMAIN.md §2.1); a real city brings its own file of them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import cache

import jpholiday

from casefile.vocabulary import ClaimClass
from rehearsal.city.model import Period, Tax

_MONTHLY = (*range(4, 13), 1, 2, 3)

TAXES = (
    Tax("11", "市県民税(普通徴収)", "市県民税", ClaimClass.LOCAL_TAX, 5, "local_tax", (6, 8, 10, 1), 24_000, 0.8, "person"),
    Tax("12", "市県民税(特別徴収)", "特別徴収", ClaimClass.LOCAL_TAX, 5, "local_tax", _MONTHLY, 52_000, 0.9, "company"),
    Tax("13", "法人市民税", "法人市民税", ClaimClass.LOCAL_TAX, 5, "local_tax", (5,), 62_000, 0.9, "company"),
    Tax("21", "固定資産税・都市計画税", "固定資産税", ClaimClass.LOCAL_TAX, 5, "local_tax", (5, 7, 12, 2), 27_000, 0.8, "owner"),
    Tax("31", "軽自動車税(種別割)", "軽自動車税", ClaimClass.LOCAL_TAX, 5, "local_tax", (5,), 10_800, 0.15, "driver"),
    Tax("41", "国民健康保険税", "国保税", ClaimClass.LOCAL_TAX, 5, "local_tax", (7, 8, 9, 10, 11, 12, 1, 2), 17_000, 0.9, "head"),
    Tax("51", "介護保険料", "介護保険料", ClaimClass.COMPULSORY_PUBLIC, 2, "three_months", (7, 8, 9, 10, 11, 12, 1, 2), 6_400, 0.4, "elder"),
    Tax("61", "後期高齢者医療保険料", "後期高齢", ClaimClass.COMPULSORY_PUBLIC, 2, "three_months", (7, 8, 9, 10, 11, 12, 1, 2), 5_600, 0.7, "oldest"),
    Tax("71", "保育料", "保育料", ClaimClass.COMPULSORY_PUBLIC, 5, "three_months", _MONTHLY, 23_000, 0.4, "parent"),
    Tax("81", "放課後児童保育室保育料", "学童保育", ClaimClass.NONCOMPULSORY_PUBLIC, 5, "none", _MONTHLY, 8_000, 0.1, "parent"),
    Tax("91", "学校給食費", "給食費", ClaimClass.PRIVATE, 5, "none", (5, 6, 7, 9, 10, 11, 12, 1, 2), 4_600, 0.1, "parent"),
)  # fmt: skip
TAX_BY_CODE = {tax.code: tax for tax in TAXES}


def office_open(day: date) -> bool:
    """Whether the synthetic city's office is open: not on weekends, public holidays or 12/29–1/3."""
    return day.isoweekday() < 6 and not is_holiday(day)


def is_holiday(day: date) -> bool:
    """A public holiday, or 12/29–1/3."""
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3) or bool(jpholiday.is_holiday(day))


@cache
def next_open(day: date) -> date:
    """`day` itself if the office is open, else the next day it is."""
    while not office_open(day):
        day += timedelta(days=1)
    return day


@cache
def last_open(day: date) -> date:
    """`day` itself if the office is open, else the last day before it that was."""
    while not office_open(day):
        day -= timedelta(days=1)
    return day


def add_open_days(day: date, count: int) -> date:
    """The `count`-th open day after `day`."""
    for _ in range(count):
        day = next_open(day + timedelta(days=1))
    return day


def periods_of(tax: Tax, levy_year: int) -> tuple[Period, ...]:
    """The periods of a levy year: due at the month's end (25 December), moved to the next open day.

    A tax of one period has 全期, which is period 0. The 督促状 goes out within 20 days after the due date (地方税法), on the last open day of that term.
    """
    rows = []
    for number, month in enumerate(tax.months, start=1):
        year = levy_year + (month < 4)
        due = next_open(date(year, month, 25 if month == 12 else monthrange(year, month)[1]))
        whole = len(tax.months) == 1
        rows.append(
            Period(
                tax.code,
                levy_year,
                0 if whole else number,
                "全期" if whole else f"{number}期",
                due,
                last_open(due + timedelta(days=20)),
            )
        )
    return tuple(rows)


def fiscal_year(day: date) -> int:
    """会計年度 of a payment day, leaving 出納整理期間 aside."""
    return day.year if day.month >= 4 else day.year - 1

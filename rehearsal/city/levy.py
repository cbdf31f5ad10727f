"""File 11: levy and receipts by month, tax, period and category, shaped like the published collection rates.

大阪府's table of 市町村税: 現年 98.9 %, 滞納繰越 25.9 %, 計 95.7 %; 個人所得割 98.3 / 24.7 / 93.6 (DOMAIN.md §5).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from casefile.vocabulary import ArrearsCategory
from rehearsal.city.model import Debt, LevyMonth, PastReceipt, Period
from rehearsal.city.taxes import TAXES, fiscal_year

_UNPAID_CURRENT = 0.017
_CARRIED_RATE = 0.25


def levy_totals(
    rng: random.Random,
    debts: Mapping[str, Sequence[Debt]],
    receipts: Sequence[PastReceipt],
    periods: Sequence[Period],
    as_of: date,
) -> tuple[LevyMonth, ...]:
    """Totals of the running fiscal year up to `as_of`'s month and of the whole year before it."""
    year = fiscal_year(as_of)
    unpaid: dict[tuple[str, int, int], int] = {}
    for owed in debts.values():
        for debt in owed:
            slot = (debt.tax_code, debt.levy_year, debt.period)
            unpaid[slot] = unpaid.get(slot, 0) + debt.unpaid_yen
    paid: dict[tuple[str, int], int] = {}
    by_key = {debt.key: debt for owed in debts.values() for debt in owed}
    for receipt in receipts:
        debt = by_key[receipt.debt_key]
        if debt.levy_year < year and receipt.fiscal_year == year:
            slot2 = (debt.tax_code, receipt.received_on.month)
            paid[slot2] = paid.get(slot2, 0) + receipt.principal_yen
    rows: list[LevyMonth] = []
    for period in periods:
        for fiscal in (year - 1, year):
            if period.levy_year == fiscal and period.due_date <= as_of + timedelta(days=200):
                rows.extend(_current_year(rng, period, fiscal, unpaid, as_of))
    for tax in TAXES:
        carried = sum(yen for (code, levy_year, _), yen in unpaid.items() if code == tax.code and levy_year < year)
        if carried:
            rows.extend(_carried_over(tax.code, year, carried, paid, as_of))
    return tuple(sorted(rows, key=lambda r: (r.fiscal_year, r.tax_code, r.period, r.category, r.month)))


def _current_year(
    rng: random.Random, period: Period, fiscal: int, unpaid: Mapping[tuple[str, int, int], int], as_of: date
) -> list[LevyMonth]:
    owed = unpaid.get((period.tax_code, period.levy_year, period.period), 0)
    levied = round(owed / _UNPAID_CURRENT * rng.uniform(0.9, 1.1) / 1000) * 1000
    if not levied:
        return []
    due_month = _levy_month(period.due_date, fiscal)
    last = 14 if as_of >= date(fiscal + 1, 5, 31) else _levy_month(as_of, fiscal)
    rows = []
    left = levied - owed
    for month in range(max(1, due_month - 1), max(last, due_month) + 1):
        if month > last:
            received = 0
        elif month == last:
            received = left
        else:
            received = round(left * (0.35 if month < due_month else 0.9 if month == due_month else 0.5))
        left -= received
        rows.append(
            LevyMonth(
                fiscal, period.tax_code, period.period, ArrearsCategory.CURRENT, month,
                levied if month == max(1, due_month - 1) else 0, received, round(received * 0.0004), 0,
            )
        )  # fmt: skip
    return rows


def _carried_over(
    tax_code: str, year: int, carried: int, paid: Mapping[tuple[str, int], int], as_of: date
) -> list[LevyMonth]:
    months = _levy_month(as_of, year)
    levied = round(carried / (1 - _CARRIED_RATE * months / 12))
    rows = []
    left = levied - carried
    for month in range(1, months + 1):
        received = left if month == months else min(left, (levied - carried) // months)
        received = max(received, min(left, paid.get((tax_code, calendar_month(month)), 0)))
        left -= received
        rows.append(
            LevyMonth(year, tax_code, 0, ArrearsCategory.CARRIED, month, levied if month == 1 else 0, received, 0,
                      carried // 400 if month == months else 0)
        )  # fmt: skip
    return rows


def calendar_month(levy_month: int) -> int:
    """The month as file 11 writes it: the calendar's 1–12, and 13 and 14 for April and May of 出納整理期間."""
    if levy_month > 12:
        return levy_month
    return levy_month + 3 if levy_month <= 9 else levy_month - 9


def _levy_month(day: date, fiscal: int) -> int:
    """April of the fiscal year is 1, March 12; April and May after it are 13 and 14 (出納整理期間)."""
    return min(14, (day.year - fiscal) * 12 + day.month - 3)

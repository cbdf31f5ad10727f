"""調定収納: the monthly totals of file 11 as the table of REPORTS.md §6.5 counts them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from casefile.tables import LevyTotal
from reports.figures import rate

_SETTLEMENT = (13, 14)
"""April and May after the year's end, for 現年課税分 (出納整理期間)."""


class LevyMonth(NamedTuple):
    """One row of file 11: what was added in one month. `month` is the calendar month, or 13 and 14."""

    fiscal_year: int
    tax_code: str
    period: int
    category: str
    month: int
    levied_yen: int
    received_yen: int
    refund_due_yen: int
    written_off_yen: int


class LevyLine(NamedTuple):
    """One 税目 and category up to a month: A, m, B, F, C in the letters of §6.5."""

    tax_code: str
    category: str
    levied_yen: int
    month_received_yen: int
    received_yen: int
    refund_due_yen: int
    written_off_yen: int

    @property
    def outstanding_yen(self) -> int:
        """収入未済 D = A − (B − F) − C."""
        return self.levied_yen - (self.received_yen - self.refund_due_yen) - self.written_off_yen

    @property
    def collection_rate(self) -> Decimal | None:
        """収納率 B ÷ A."""
        return rate(self.received_yen, self.levied_yen)


def fiscal_order(month: int) -> int:
    """April first, March twelfth, then 出納整理 as thirteenth and fourteenth."""
    return month if month in _SETTLEMENT else (month - 4) % 12 + 1


def levy_lines(months: Iterable[LevyMonth], fiscal_year: int, until_month: int) -> tuple[LevyLine, ...]:
    """The lines of one 会計年度 up to and including a month, by 税目 and category (現年 before 滞繰)."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in months:
        if row.fiscal_year != fiscal_year or fiscal_order(row.month) > fiscal_order(until_month):
            continue
        line = sums.setdefault((row.tax_code, row.category), [0] * 5)
        line[0] += row.levied_yen
        line[1] += row.received_yen if row.month == until_month else 0
        line[2] += row.received_yen
        line[3] += row.refund_due_yen
        line[4] += row.written_off_yen
    return tuple(
        LevyLine(tax_code, category, *sums[tax_code, category])
        for tax_code, category in sorted(sums, key=lambda key: (key[0], key[1] != "current"))
    )


def read_levy(conn: Connection, municipality_id: int) -> list[LevyMonth]:
    """File 11 as imported, in order of its key."""
    columns = [getattr(LevyTotal, name) for name in LevyMonth._fields]
    query = select(*columns).where(LevyTotal.municipality_id == municipality_id).order_by(*columns[:5])
    return [LevyMonth._make(row) for row in conn.execute(query).all()]


def levy_sums(conn: Connection, municipality_id: int, fiscal_year: int) -> tuple[int, int, int, int]:
    """調定, 収納, 還付未済, 不納欠損 of a 会計年度 as the database sums them: what the lines must add up to."""
    sums = [
        func.coalesce(func.sum(column), 0)
        for column in (
            LevyTotal.levied_yen,
            LevyTotal.received_yen,
            LevyTotal.refund_due_yen,
            LevyTotal.written_off_yen,
        )
    ]
    query = select(*sums).where(LevyTotal.municipality_id == municipality_id, LevyTotal.fiscal_year == fiscal_year)
    row = tuple(conn.execute(query).one())
    return int(row[0]), int(row[1]), int(row[2]), int(row[3])

"""What a form is made of: columns that know their formula, rows that know their code, and figures.

A figure is a whole number, a rate rounded to one decimal (half up), or None where the denominator is 0 (printed
「－」). Every rate names the two columns it is made of, so that anybody can recompute it from what is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from reports.request import Request

Figure = int | Decimal | None

NO_DENOMINATOR = "－"


class Unit(Enum):
    """What a figure counts, as printed under its title."""

    CALLS = "回"
    PERSONS = "人"
    HOUSEHOLDS = "世帯"
    CASES = "件"
    PERIODS = "期別"
    NUMBERS = "番号"
    YEN = "円"
    PERCENT = "%"
    POINTS = "pt"
    DURATION = "時:分:秒"
    SECONDS = "秒"
    PER_HOUR = "回/時"
    TIMES = "倍"
    THOUSANDTHS = "千分の1"

    @property
    def is_rate(self) -> bool:
        return self in (Unit.PERCENT, Unit.SECONDS, Unit.PER_HOUR, Unit.TIMES, Unit.POINTS, Unit.THOUSANDTHS)


def rate(numerator: int, denominator: int, scale: int = 100) -> Decimal | None:
    """numerator × scale ÷ denominator with one decimal, rounded half up; None where the denominator is 0.

    Source: REPORTS.md §6.0 (a ratio of sums). Both sides must not be negative.
    """
    if denominator == 0:
        return None
    tenths = (2 * numerator * scale * 10 + denominator) // (2 * denominator)
    return Decimal(tenths).scaleb(-1)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How a rate column is made: one printed column times `scale`, divided by another."""

    numerator: str
    denominator: str
    scale: int = 100


@dataclass(frozen=True, slots=True)
class Column:
    """One measure on a form. `key` is stable and names the formula for machines; `formula` is for the reader.

    `distinct` marks persons and households, counted once per row and once in 計, so that 計 is not the sum of rows.
    """

    key: str
    title: str
    unit: Unit
    formula: str
    group: str
    ratio: Ratio | None = None
    distinct: bool = False


class RowKind(Enum):
    DETAIL = "明細"
    TOTAL = "計"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `key` is unique in the form and is what drill-down is asked with.

    `codes` are the machine's codes of the line (GIF 曜日コード, 時間帯コード, date, district code …) by column name.
    """

    key: str
    label: str
    figures: Mapping[str, Figure]
    kind: RowKind = RowKind.DETAIL
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind under the same columns."""

    key: str
    title: str
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def total(self) -> Row:
        """The row 計, always the last."""
        return self.rows[-1]

    @property
    def details(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.kind is RowKind.DETAIL)

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One rate of a cross table drawn as shades: `rows` of the table are found by (across, down)."""

    title: str
    table: str
    column: str
    weight: str
    down: tuple[tuple[str, str], ...]
    across: tuple[tuple[str, str], ...]
    cells: Mapping[tuple[str, str], str]
    """(down code, across code) → row key"""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one column and a line of another over the rows of a table."""

    title: str
    table: str
    bars: str
    line: str | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Where every yen of the receipts of the window went: the lines add up to the total of the receipts file."""

    title: str
    window: str
    lines: tuple[tuple[str, int, int, int], ...]
    """label, number of receipts, 本税(料) yen, 延滞金 and 督促手数料 yen"""
    receipts: int
    principal_yen: int
    extras_yen: int


@dataclass(frozen=True, slots=True)
class Header:
    """What every form prints (REPORTS.md §6.0)."""

    municipality: str
    section: str
    first_day: date
    last_day: date
    as_of: date
    conditions: tuple[str, ...]
    made_at: datetime
    made_by: str
    edition: str
    receipts_until: date | None
    """収納 (確報) loaded up to this day, None where none is loaded"""


@dataclass(frozen=True, slots=True)
class Form:
    """A finished report: everything any output needs, and nothing that depends on when it is written out."""

    request: Request
    municipality_id: int
    title: str
    header: Header
    tables: tuple[Table, ...]
    heat_maps: tuple[HeatMap, ...]
    charts: tuple[Chart, ...]
    reconciliation: Reconciliation | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    findings: tuple[str, ...] = ()
    """What the figures say, in sentences."""

    @property
    def name(self) -> str:
        """The form's name on the command line."""
        return self.request.form.value

    @property
    def main(self) -> Table:
        """The table the form is named after, always the first."""
        return self.tables[0]

    def table(self, key: str) -> Table:
        return next(table for table in self.tables if table.key == key)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column of every table, each once, in the order in which they are printed."""
        return tuple({column.key: column for table in self.tables for column in table.columns}.values())

    def row(self, key: str) -> tuple[Table, Row]:
        """The table and row of a row key. Raises KeyError."""
        for table in self.tables:
            for row in table.rows:
                if row.key == key:
                    return table, row
        raise KeyError(key)

"""How a figure is printed, the same on paper, on screen and in every file."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from casefile.clock import jst
from casefile.wareki import wareki
from reports.figures import NO_DENOMINATOR, Column, Figure, Form, Unit

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def printed(figure: Figure, unit: Unit) -> str:
    """With thousands separators, 「－」 for a rate without denominator, h:mm:ss for a duration."""
    if figure is None:
        return NO_DENOMINATOR
    if unit is Unit.DURATION:
        assert isinstance(figure, int)
        return duration(figure)
    return f"{figure:,.1f}" if isinstance(figure, Decimal) else f"{figure:,}"


def duration(seconds: int) -> str:
    """12:34:56, hours without limit."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def heading(column: Column) -> str:
    """A title with * where persons are counted once in 計."""
    return f"{column.title}*" if column.distinct else column.title


def period_words(form: Form) -> str:
    first, last = form.header.first_day, form.header.last_day
    return wareki(first) if first == last else f"{wareki(first)}から{wareki(last)}まで"


def header_lines(form: Form) -> tuple[tuple[str, str], ...]:
    """集計期間, 収納基準日, 条件, 作成日時, 作成者, 版, as label and words."""
    header = form.header
    until = "確報なし" if header.receipts_until is None else f"確報は{day_words(header.receipts_until)}分まで"
    return (
        ("集計期間", period_words(form)),
        ("収納基準日", f"{day_words(header.as_of)}({until})"),
        ("条件", " / ".join(header.conditions)),
        ("作成日時", moment_words(header.made_at)),
        ("作成者", header.made_by),
        ("版", header.edition),
    )


def day_words(day: date) -> str:
    return wareki(day)


def moment_words(moment: datetime) -> str:
    """Midnight is the end of the day before: a report as of a past day is made of everything up to then."""
    there = jst(moment)
    if (there.hour, there.minute, there.second) == (0, 0, 0):
        return f"{wareki((there - timedelta(days=1)).date())} 24時00分現在"
    return f"{wareki(there.date())} {there.hour}時{there.minute:02}分現在"


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading = + - @, tab or return gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text

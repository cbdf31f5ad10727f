"""Rows by time, line and attempt number: which row a call stands in, what the row is called, and its GIF code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from reports.facts import NOWHERE, FactSet, Ints
from reports.measures import Places
from reports.request import Axis, Period

HOLIDAY = "祝"
WEEKDAYS = ("月", "火", "水", "木", "金", "土", "日")
HOURS = 24
_USUAL_HOURS = range(8, 21)
"""Rows that are printed even when nothing happened: the hours in which a call is lawful."""

IsHoliday = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Line:
    """A row before its figures. `codes` go to CSV under these names."""

    key: str
    label: str
    codes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows of one table, and for facts with a day and an hour the number of their row."""

    key: str
    title: str
    heading: str
    lines: tuple[Line, ...]
    row_of: Callable[[FactSet], Ints]
    usual: frozenset[int]
    """Numbers of the rows printed even when empty."""


def group_by(axis: Axis, period: Period, is_holiday: IsHoliday) -> Grouping:
    """The rows of 架電状況表 by one of its time axes."""
    if axis is Axis.HOUR:
        return _hours(axis)
    if axis is Axis.DAY:
        return _days(axis, period, is_holiday)
    return _weekdays(axis, period, is_holiday)


def weekday_by_hour(period: Period, is_holiday: IsHoliday) -> Grouping:
    """The cells of the heat map: 曜日(祝を含む) × 時間帯, row number = weekday × 24 + hour."""
    weekday = _weekday_of(period, is_holiday)
    lines = tuple(
        Line(f"cell:{code}-{hour:02}", f"{name} {hour:02}時", {"曜日コード": code, "時間帯コード": f"{hour:02}"})
        for code, name in weekday_codes()
        for hour in range(HOURS)
    )

    def row_of(facts: FactSet) -> Ints:
        return weekday(facts) * HOURS + facts.numbers["hour"]

    return Grouping("cell", "曜日×時間帯別", "曜日・時間帯", lines, row_of, frozenset())


def by_line() -> Grouping:
    names = (("landline", "固定"), ("mobile", "携帯"), ("other", "その他(IP電話・不明)"))
    lines = tuple(Line(f"line:{key}", name, {"回線種別": key}) for key, name in names)
    return Grouping("line", "回線種別", "回線", lines, lambda facts: facts.numbers["line"], frozenset({0, 1}))


def by_attempt_number() -> Grouping:
    names = ("1回目", "2回目", "3回目", "4回目以降")
    lines = tuple(Line(f"nth:{n}", name, {"架電回次": str(n)}) for n, name in enumerate(names, start=1))
    return Grouping(
        "nth", "架電回次", "回次", lines, lambda facts: facts.numbers["nth"] - 1, frozenset(range(len(names)))
    )


def weekday_codes() -> tuple[tuple[str, str], ...]:
    """GIF 曜日コード 1 (月) to 7 (日), then 祝, which GIF has no code for."""
    return (*((str(number), name) for number, name in enumerate(WEEKDAYS, start=1)), (HOLIDAY, HOLIDAY))


def places_of_calls(sets: dict[str, FactSet], grouping: Grouping) -> Places:
    """The row of every fact: of its own time, or of the call it belongs to."""
    row_of_call = grouping.row_of(sets["calls"])
    places: dict[str, Ints] = {}
    for name, facts in sets.items():
        if name == "calls":
            places[name] = row_of_call
        elif "call" in facts.numbers:
            places[name] = row_of_call[facts.numbers["call"]]
        elif "hour" in facts.numbers:
            places[name] = grouping.row_of(facts) if grouping.key in _TIMES else np.full(len(facts), NOWHERE)
    return places


_TIMES = frozenset(axis.value for axis in (Axis.HOUR, Axis.DAY, Axis.WEEKDAY, Axis.WEEKDAY_FOLDED))


def _hours(axis: Axis) -> Grouping:
    lines = tuple(Line(f"hour:{hour:02}", f"{hour:02}時台", {"時間帯コード": f"{hour:02}"}) for hour in range(HOURS))
    return Grouping(
        axis.value, axis.title, "時間帯", lines, lambda facts: facts.numbers["hour"], frozenset(_USUAL_HOURS)
    )


def _days(axis: Axis, period: Period, is_holiday: IsHoliday) -> Grouping:
    lines = tuple(
        Line(
            f"day:{day.isoformat()}",
            f"{day.month}月{day.day}日({WEEKDAYS[day.weekday()]}{'・祝' if is_holiday(day) else ''})",
            {"日付": day.isoformat(), "曜日コード": str(day.isoweekday())},
        )
        for day in period.days
    )
    first = period.first.toordinal()
    return Grouping(
        axis.value,
        axis.title,
        "日",
        lines,
        lambda facts: facts.numbers["day"] - first,
        frozenset(range(len(lines))),
    )


def _weekdays(axis: Axis, period: Period, is_holiday: IsHoliday) -> Grouping:
    folded = axis is Axis.WEEKDAY_FOLDED
    codes = weekday_codes()[:7] if folded else weekday_codes()
    lines = tuple(Line(f"weekday:{code}", name, {"曜日コード": code}) for code, name in codes)
    row_of = _weekday_of(period, (lambda _: False) if folded else is_holiday)
    return Grouping(axis.value, axis.title, "曜日", lines, row_of, frozenset(range(len(lines))))


def _weekday_of(period: Period, is_holiday: IsHoliday) -> Callable[[FactSet], Ints]:
    """0 for Monday to 6 for Sunday, 7 for a holiday whatever its weekday."""
    first = period.first.toordinal()
    by_day = np.array([len(WEEKDAYS) if is_holiday(day) else day.weekday() for day in period.days], dtype=np.int64)
    return lambda facts: by_day[facts.numbers["day"] - first]

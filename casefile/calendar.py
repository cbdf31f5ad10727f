"""開庁日: on which days the office is open, and counting by them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import jpholiday

OfficeDayKind = Literal["open", "closed"]

_SATURDAY = 6
_ONE_DAY = timedelta(days=1)


class OfficeCalendar:
    """The calendar of one city: Saturdays, Sundays, 祝日 and 12/29–1/3 are closed unless the city says otherwise.

    Holidays come from jpholiday (国民の祝日に関する法律, with 振替休日 and 国民の休日); the year's end is DOMAIN.md §2.8;
    `overrides` are the city's own `office_day` rows and go before everything else.
    """

    def __init__(self, overrides: Mapping[date, OfficeDayKind] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._holidays: dict[date, bool] = {}

    def declared(self, day: date) -> OfficeDayKind | None:
        """What the city itself declared of this day, if it did."""
        return self._overrides.get(day)

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a 祝日 or lies in 12/29–1/3. A plain Saturday or Sunday is not a holiday."""
        known = self._holidays.get(day)
        if known is None:
            known = self._holidays[day] = is_year_end(day) or bool(jpholiday.is_holiday(day))
        return known

    def is_open(self, day: date) -> bool:
        """Whether the day is a 開庁日."""
        declared = self._overrides.get(day)
        if declared is not None:
            return declared == "open"
        return day.isoweekday() < _SATURDAY and not self.is_holiday(day)

    def next_open(self, day: date) -> date:
        """The first 開庁日 after `day`."""
        day += _ONE_DAY
        while not self.is_open(day):
            day += _ONE_DAY
        return day

    def add_open_days(self, day: date, count: int) -> date:
        """The `count`-th 開庁日 after `day`; zero gives `day` itself, whatever it is."""
        for _ in range(count):
            day = self.next_open(day)
        return day

    def open_days_between(self, start: date, end: date) -> int:
        """How many 開庁日 lie after `start` up to and including `end`; zero when `end` is not later."""
        count = 0
        while start < end:
            start += _ONE_DAY
            count += self.is_open(start)
        return count


def is_year_end(day: date) -> bool:
    """年末年始: 29 December to 3 January."""
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)

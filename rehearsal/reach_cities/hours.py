"""The hours in which a room calls: weekdays 9–17, Tuesday and Thursday to 20, one Saturday and one Sunday in four weeks.

Observed windows of municipal rooms: DOMAIN.md §2.8. Public holidays and the year's end are off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from callflow.bands import Band, band_of
from casefile.calendar import OfficeCalendar
from casefile.clock import JST

Whole = npt.NDArray[np.int64]

FIRST_DAY = date(2027, 2, 1)
"""A Monday, and a month of exactly four weeks: the caps of a person's month are those of the four weeks."""
WEEKDAY, SATURDAY, SUNDAY = 0, 1, 2
_LONG_DAYS = (1, 3)
_SATURDAY_WEEK, _SUNDAY_WEEK = 1, 2
_BANDS = {band: place for place, band in enumerate(Band)}


@dataclass(frozen=True)
class Hours:
    """Hours of calling (or of any use), one place each, in order. `day_off` kinds: holidays count as Sundays."""

    starts: tuple[datetime, ...]
    first_day: date = FIRST_DAY
    calendar: OfficeCalendar = field(default_factory=OfficeCalendar, compare=False)

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def hour(self) -> Whole:
        """Of the Japanese clock."""
        return np.array([start.hour for start in self.starts], dtype=np.int64)

    @cached_property
    def day(self) -> Whole:
        """Days since the first day."""
        return np.array([(start.date() - self.first_day).days for start in self.starts], dtype=np.int64)

    @cached_property
    def week(self) -> Whole:
        return self.day // 7

    @cached_property
    def band(self) -> Whole:
        return np.array([_BANDS[band_of(start)] for start in self.starts], dtype=np.int64)

    @cached_property
    def month(self) -> Whole:
        return np.array([start.year * 12 + start.month for start in self.starts], dtype=np.int64)

    @cached_property
    def day_of_month(self) -> Whole:
        return np.array([start.day for start in self.starts], dtype=np.int64)

    @cached_property
    def kind(self) -> Whole:
        """WEEKDAY, SATURDAY, or SUNDAY (holidays too)."""
        return np.array([self._kind(start.date()) for start in self.starts], dtype=np.int64)

    def _kind(self, day: date) -> int:
        if day.isoweekday() == 7 or self.calendar.is_holiday(day):
            return SUNDAY
        return SATURDAY if day.isoweekday() == 6 else WEEKDAY


def calling_hours(weeks: int) -> Hours:
    """The room's hours over so many weeks from FIRST_DAY on."""
    calendar = OfficeCalendar()
    starts = []
    for ahead in range(7 * weeks):
        day = FIRST_DAY + timedelta(days=ahead)
        if not calendar.is_holiday(day):
            starts += [_at(day, hour) for hour in _open_hours(ahead)]
    return Hours(tuple(starts), FIRST_DAY, calendar)


def every_hour(days: Iterable[int] = range(7), first_day: date = date(2027, 2, 15)) -> Hours:
    """Nine to nine on each of some days, a plain week by default: for looking at a city, not for calling it."""
    return Hours(tuple(_at(first_day + timedelta(days=day), hour) for day in days for hour in range(9, 21)), first_day)


def _open_hours(ahead: int) -> range:
    weekday, month_week = ahead % 7, ahead // 7 % 4
    if weekday < 5:
        return range(9, 20 if weekday in _LONG_DAYS else 17)
    open_weekend = (weekday, month_week) in ((5, _SATURDAY_WEEK), (6, _SUNDAY_WEEK))
    return range(9, 16) if open_weekend else range(0)


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=JST)

"""When a call is made, as the reach model sees it: the kind of day, the hour, and where in the month.

A slot is a kind of day (weekday, Saturday, Sunday or holiday) and an hour of the Japanese clock. A holiday on any day of
the week counts as a Sunday (PACING.md §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from casefile.calendar import OfficeCalendar
from casefile.clock import jst

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

HOURS = 24
SLOTS = 3 * HOURS
WEEKDAY, SATURDAY, HOLIDAY = 0, 1, 2
MINUTES_A_DAY = 1440
PAY_DAY = 25
"""給料日 of most employers; 月末 follows it."""


_JST_SECONDS = 9 * 3600
"""Japan has kept one offset since 1952, so that a million moments need no time zone's rules."""
_EPOCH = date(1970, 1, 1).toordinal()


class DayKind(StrEnum):
    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    HOLIDAY = "holiday"

    @property
    def label(self) -> str:
        return DAY_LABELS[list(DayKind).index(self)]


DAY_LABELS = ("平日", "土曜", "日曜・祝日")


class HourSlot(NamedTuple):
    """A kind of day and a starting hour (GIF 時間帯コード 00–23)."""

    day: DayKind
    hour: int

    @property
    def label(self) -> str:
        return f"{self.day.label}{self.hour}時台"


def hour_slot(moment: datetime, calendar: OfficeCalendar) -> HourSlot:
    """The slot of a moment on a Japanese wall clock."""
    local = jst(moment)
    return HourSlot(list(DayKind)[_kind(local.date(), calendar)], local.hour)


def _kind(day: date, calendar: OfficeCalendar) -> int:
    if day.isoweekday() == 7 or calendar.is_holiday(day):
        return HOLIDAY
    return SATURDAY if day.isoweekday() == 6 else WEEKDAY


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of the Japanese clock as columns.

    `day`: proleptic ordinal of the date (`date.toordinal`); `minute`: of the day; `kind`: WEEKDAY, SATURDAY or HOLIDAY;
    `month_part`: 0 before pay-day, 1 from the 25th, 2 on the last two days of the month; `public_holiday`: 祝日 or 年末年始.
    """

    day: Ints
    minute: Ints
    kind: Ints
    month_part: Ints
    public_holiday: Flags

    def __len__(self) -> int:
        return len(self.day)

    @property
    def slot(self) -> Ints:
        """Kind of day × hour, 0 … SLOTS − 1."""
        return self.kind * np.int16(HOURS) + self.minute // 60

    @property
    def clock(self) -> Ints:
        """Minutes since the ordinal's day 0: to order moments and to tell how far apart they are."""
        return self.day.astype(np.int64) * MINUTES_A_DAY + self.minute

    def __getitem__(self, which: npt.NDArray[np.generic] | slice) -> Moments:
        return Moments(
            self.day[which], self.minute[which], self.kind[which], self.month_part[which], self.public_holiday[which]
        )

    @classmethod
    def at(cls, moments: Sequence[datetime], calendar: OfficeCalendar) -> Moments:
        """Of aware datetimes."""
        seconds = np.array([moment.timestamp() for moment in moments], np.float64)
        minutes = np.floor((seconds + _JST_SECONDS) / 60).astype(np.int64)
        return cls.on(minutes // MINUTES_A_DAY + _EPOCH, minutes % MINUTES_A_DAY, calendar)

    @classmethod
    def on(cls, day: Ints, minute: Ints, calendar: OfficeCalendar) -> Moments:
        """Of days (ordinals) and minutes of the day on the Japanese clock."""
        days, where = np.unique(day, return_inverse=True)
        dates = [date.fromordinal(int(ordinal)) for ordinal in days]
        kind = np.array([_kind(each, calendar) for each in dates], np.int8)
        part = np.array([_month_part(each) for each in dates], np.int8)
        public = np.array([calendar.is_holiday(each) for each in dates], np.bool_)
        return cls(day.astype(np.int32), minute.astype(np.int16), kind[where], part[where], public[where])

    @classmethod
    def joined(cls, parts: Sequence[Moments]) -> Moments:
        """One after another."""
        return cls(
            np.concatenate([part.day for part in parts]),
            np.concatenate([part.minute for part in parts]),
            np.concatenate([part.kind for part in parts]),
            np.concatenate([part.month_part for part in parts]),
            np.concatenate([part.public_holiday for part in parts]),
        )


def _month_part(day: date) -> int:
    if date.fromordinal(day.toordinal() + 2).month != day.month:
        return 2
    return 1 if day.day >= PAY_DAY else 0

"""Who works when: early and late shifts with a meal and short breaks, as call centres have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casefile.clock import at_jst
from rehearsal.city.taxes import is_holiday
from rehearsal.room import ROOM_HOURS


@dataclass(frozen=True, slots=True)
class Rest:
    begins: datetime
    ends: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Shift:
    begins: datetime
    ends: datetime
    rests: tuple[Rest, ...]


def shift_of(number: int, operators: int, day: date) -> Shift | None:
    """The shift of operator `number` (from 0) on a day, or None when the room is closed or the operator is off.

    On weekdays the even ones work 9:00–17:00 and the odd ones 12:00–20:00, a single one 10:00–18:30; on Saturdays every
    other operator works 9:00–16:00. Breaks are staggered so that nobody leaves at the same minute.
    """
    if day.isoweekday() not in ROOM_HOURS or is_holiday(day):
        return None
    stagger = timedelta(minutes=4 * number)
    if day.isoweekday() == 6:
        if operators > 1 and (number + day.toordinal() // 7) % 2:
            return None
        return Shift(at_jst(day, 9), at_jst(day, 16), (_rest(day, 12, 0, 45, stagger, "昼休み"),))
    if operators == 1:
        rests: tuple[Rest, ...] = (_rest(day, 13, 0, 45, stagger, "昼休み"), _rest(day, 16, 0, 15, stagger, "休憩"))
        return Shift(at_jst(day, 10), at_jst(day, 18, 30), rests)
    if number % 2 == 0:
        rests = (
            _rest(day, 10, 30, 10, stagger, "休憩"),
            _rest(day, 12, 0, 45, stagger, "昼休み"),
            _rest(day, 15, 0, 10, stagger, "休憩"),
        )
        return Shift(at_jst(day, 9), at_jst(day, 17), rests)
    rests = (
        _rest(day, 14, 0, 10, stagger, "休憩"),
        _rest(day, 15, 45, 45, stagger, "食事"),
        _rest(day, 18, 0, 10, stagger, "休憩"),
    )
    return Shift(at_jst(day, 12), at_jst(day, 20), rests)


def _rest(day: date, hour: int, minute: int, minutes: int, stagger: timedelta, reason: str) -> Rest:
    begins = at_jst(day, hour, minute) + stagger
    return Rest(begins, begins + timedelta(minutes=minutes), reason)

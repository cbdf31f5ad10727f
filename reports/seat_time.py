"""How long operators sat ready to work, by day and hour: 稼働席時間 and 待機時間."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from reports.facts import FactSet
from reports.request import Period

WORKING = ("ready", "reserved", "talking", "wrapup")
"""Signed in and not paused: 稼働席時間."""
WAITING = ("ready", "reserved")
"""待機: no resident on the line."""
_HOUR, _DAY = 3600, 86400
_JAPAN_AHEAD = 9 * _HOUR
_FIRST_DAY = date(1970, 1, 1).toordinal()


class SeatState(NamedTuple):
    """From `at` (seconds since 1970) the operator's seat is in this state, until the operator's next entry."""

    change_id: str
    operator_id: str
    at: float
    state: str


class _Stretch(NamedTuple):
    change_id: str
    day: int
    hour: int
    seconds: int
    waiting: bool


def seat_time(changes: Sequence[SeatState], period: Period, moment: datetime) -> FactSet:
    """Working stretches within the period, cut at every Japanese hour, in whole seconds.

    `changes` are in order of operator and time. A seat that is still open at the end runs to `moment` or to the end of
    the period, whichever is first.
    """
    first, last = int(period.begins.timestamp()), int(min(period.ends, moment).timestamp())
    stretches: list[_Stretch] = []
    for change, following in pairwise([*changes, SeatState("", "", 0.0, "offline")]):
        if change.state not in WORKING:
            continue
        end = int(following.at) if following.operator_id == change.operator_id else last
        stretches.extend(_by_hour(change, max(int(change.at), first), min(end, last)))
    return FactSet(
        table="seat_change",
        ids=[stretch.change_id for stretch in stretches],
        numbers={
            "day": np.array([stretch.day for stretch in stretches], dtype=np.int64),
            "hour": np.array([stretch.hour for stretch in stretches], dtype=np.int64),
            "seconds": np.array([stretch.seconds for stretch in stretches], dtype=np.int64),
        },
        marks={"waiting": np.array([stretch.waiting for stretch in stretches], dtype=np.bool_)},
    )


def _by_hour(change: SeatState, begin: int, end: int) -> Iterator[_Stretch]:
    # Japan is nine whole hours ahead of UTC, so its hours begin where those of UTC do.
    while begin < end:
        cut = min(end, begin - begin % _HOUR + _HOUR)
        days, second = divmod(begin + _JAPAN_AHEAD, _DAY)
        yield _Stretch(change.change_id, days + _FIRST_DAY, second // _HOUR, cut - begin, change.state in WAITING)
        begin = cut

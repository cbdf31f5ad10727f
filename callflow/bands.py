"""時間帯 for trying again and for the evidence shown: four bands, on weekdays and on days off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from casefile.calendar import OfficeCalendar
from casefile.clock import jst
from casefile.vocabulary import Labelled


class Band(Labelled):
    """A part of the day in which people are at home for the same reason."""

    MORNING = "morning", "午前(9–12時)"
    NOON = "noon", "昼(12–13時)"
    AFTERNOON = "afternoon", "午後(13–17時)"
    EVENING = "evening", "夕方・夜(17–21時)"

    @property
    def starts(self) -> time:
        return _STARTS[self]


_STARTS = {
    Band.MORNING: time(9),
    Band.NOON: time(12),
    Band.AFTERNOON: time(13),
    Band.EVENING: time(17),
}


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A band on a working day, or on a Saturday, Sunday or holiday: two bands are the same only if both agree."""

    day_off: bool
    band: Band


def band_of(moment: datetime) -> Band:
    """The band of a moment on a Japanese wall clock; before nine counts as morning, after nine at night as evening."""
    clock = jst(moment).time()
    return next((band for band in reversed(Band) if clock >= band.starts), Band.MORNING)


def slot_of(moment: datetime, calendar: OfficeCalendar) -> Slot:
    """The band of a moment with the kind of its day."""
    day = jst(moment).date()
    return Slot(day.isoweekday() > 5 or calendar.is_holiday(day), band_of(moment))

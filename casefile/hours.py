"""Hours in which a person may be contacted: by weekday, with holidays and the days a city opens on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from casefile.calendar import OfficeCalendar
from casefile.clock import JST, at_jst
from casefile.errors import TsunagaruError

HARD_OPENING = time(8)
HARD_CLOSING = time(21)
"""No contact before 8:00 or from 21:00 on, whatever a city or a campaign says (DOMAIN.md §2.8)."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `opens` up to, but not including, `closes`, on a Japanese wall clock."""

    opens: time
    closes: time

    def __contains__(self, moment: time) -> bool:
        return self.opens <= moment < self.closes

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}〜{self.closes:%H:%M}"

    def overlap(self, other: Window) -> Window | None:
        """What lies in both, or None."""
        opens, closes = max(self.opens, other.opens), min(self.closes, other.closes)
        return Window(opens, closes) if opens < closes else None

    def to_json(self) -> list[str]:
        return [f"{self.opens:%H:%M}", f"{self.closes:%H:%M}"]

    @classmethod
    def from_json(cls, value: Any) -> Window:
        """Read ["09:00", "20:00"]. Raises TsunagaruError for anything else."""
        try:
            opens, closes = (time.fromisoformat(text) for text in value)
        except (TypeError, ValueError) as error:
            raise TsunagaruError(
                f'時間帯「{value}」を読めません。["09:00", "20:00"] の形で指定してください。'
            ) from error
        if opens >= closes:
            raise TsunagaruError(f"時間帯「{value}」の終わりが始まりより後になっていません。")
        return cls(opens, closes)


HARD_LIMIT = Window(HARD_OPENING, HARD_CLOSING)


@dataclass(frozen=True, slots=True)
class ContactHours:
    """Windows by GIF weekday (1 Monday … 7 Sunday), on holidays, and on a closed day the city declared open.

    A missing weekday, or `holiday` None, means no contact on such days.
    """

    weekdays: Mapping[int, Window]
    holiday: Window | None = None
    special_open: Window | None = None

    def on(self, day: date, calendar: OfficeCalendar) -> Window | None:
        """The window of a day, or None where nobody is contacted. A day the city declared closed has none."""
        declared = calendar.declared(day)
        if declared == "closed":
            return None
        holiday = calendar.is_holiday(day)
        if declared == "open" and (holiday or day.isoweekday() not in self.weekdays):
            return self.special_open
        return self.holiday if holiday else self.weekdays.get(day.isoweekday())

    def allow(self, moment: datetime, calendar: OfficeCalendar) -> bool:
        """Whether `moment` lies in the window of its Japanese day."""
        local = moment.astimezone(JST)
        window = self.on(local.date(), calendar)
        return window is not None and local.time() in window

    def next_opening(self, moment: datetime, calendar: OfficeCalendar) -> datetime | None:
        """When the next window opens after `moment`; None where none does within a month."""
        today = moment.astimezone(JST).date()
        for day in (today + timedelta(days=number) for number in range(32)):
            window = self.on(day, calendar)
            opens = at_jst(day, window.opens.hour, window.opens.minute) if window is not None else None
            if opens is not None and opens > moment:
                return opens
        return None

    def to_json(self) -> dict[str, Any]:
        return {
            "weekdays": {str(day): window.to_json() for day, window in sorted(self.weekdays.items())},
            "holiday": self.holiday and self.holiday.to_json(),
            "special_open": self.special_open and self.special_open.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ContactHours:
        """Read what `to_json` wrote. Raises TsunagaruError for hours outside 8:00–21:00 or a weekday that is none."""
        weekdays = {_weekday(day): _bounded(window) for day, window in value.get("weekdays", {}).items() if window}
        holiday, special = value.get("holiday"), value.get("special_open")
        return cls(weekdays, _bounded(holiday) if holiday else None, _bounded(special) if special else None)


def every_day(opens: time, closes: time) -> ContactHours:
    """The same window on every day of the week, holidays included; a campaign narrows a city's hours with it."""
    window = Window(opens, closes)
    return ContactHours(dict.fromkeys(range(1, 8), window), window, window)


def on_weekdays(days: range, opens: time, closes: time, special_open: Window | None = None) -> ContactHours:
    """The same window on some weekdays, none on holidays."""
    return ContactHours(dict.fromkeys(days, Window(opens, closes)), None, special_open)


def _weekday(text: str) -> int:
    if text not in {"1", "2", "3", "4", "5", "6", "7"}:
        raise TsunagaruError(f"曜日コード「{text}」は使えません。1(月)から7(日)で指定してください。")
    return int(text)


def _bounded(value: Any) -> Window:
    window = Window.from_json(value)
    if window.opens < HARD_OPENING or window.closes > HARD_CLOSING:
        raise TsunagaruError(f"連絡の時間帯は8:00〜21:00の中で指定してください({window} は広げられません)。")
    return window

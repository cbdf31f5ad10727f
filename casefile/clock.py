"""Time handed in: UTC in storage, Asia/Tokyo at the rim, never the wall clock inside a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")


class Clock(Protocol):
    """Whoever needs the time asks one of these."""

    def now(self) -> datetime:
        """The present moment as an aware datetime in UTC."""
        ...


class SystemClock:
    """The machine's clock; only the processes at the rim hold one."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that runs from another moment, at another pace: the demo opens at ten in the morning at any hour.

    `anchor` (real time) is shown as `start`; from there each real second is `speed` seconds. All processes of one
    demo get the same three values and so agree to the microsecond.
    """

    def __init__(self, anchor: datetime, start: datetime, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"the speed of a clock is above zero, not {speed}")
        self.anchor = anchor
        self.start = start
        self.speed = speed

    def now(self) -> datetime:
        return (self.start + (datetime.now(UTC) - self.anchor) * self.speed).astimezone(UTC)

    def encode(self) -> str:
        """One line for a child process's environment; `decode` reads it."""
        return f"{self.anchor.isoformat()} {self.start.isoformat()} {self.speed}"

    @classmethod
    def decode(cls, line: str) -> ShiftedClock:
        anchor, start, speed = line.split()
        return cls(datetime.fromisoformat(anchor), datetime.fromisoformat(start), float(speed))


class VirtualClock:
    """A clock that stands still until it is moved; rehearsals and tests hold one."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock starts at an aware datetime; give it a time zone")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Advance to `moment`; going back is refused, since no later rule could be trusted."""
        if moment < self._now:
            raise ValueError(f"time does not run back from {self._now} to {moment}")
        self._now = moment.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        self.move_to(self._now + timedelta(seconds=seconds))


def jst(moment: datetime) -> datetime:
    """The same moment on a Japanese wall clock."""
    return moment.astimezone(JST)


def jst_date(moment: datetime) -> date:
    """The Japanese calendar day of a moment."""
    return moment.astimezone(JST).date()


def at_jst(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A Japanese wall-clock time as UTC, ready for storage."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=JST).astimezone(UTC)

"""Wrap-up pull: an answered call nobody is free for goes to whoever is longest in wrap-up and has agreed to it (pure).

PACING.md §5. The operator's consent comes first; then at least 10 s of the wrap-up are over, the last call did not come this
way already (or the policy would eat every wrap-up), and no more than 15 % of a person's calls of a day do. What is left of
that wrap-up follows after the call.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from casefile.clock import jst_date

if TYPE_CHECKING:
    from dialer.seat import Seat

LEAST_WRAPUP_SECONDS = 10.0
_LEAST_WRAPUP = timedelta(seconds=LEAST_WRAPUP_SECONDS)
MOST_OF_A_DAY = 0.15
"""Share of a person's calls of one day that may come in the middle of a wrap-up."""


@dataclass(frozen=True, slots=True)
class PullTally:
    """One operator's calls of a day, and how many of them came in the middle of a wrap-up; `last`: the latest one did."""

    day: date | None = None
    calls: int = 0
    pulled: int = 0
    last: bool = False

    def after_call(self, at: datetime, *, pulled: bool) -> PullTally:
        """One more call came to this operator. A new day counts from nothing, but never twice in a row over midnight either."""
        today = self.on(jst_date(at))
        return PullTally(today.day, today.calls + 1, today.pulled + pulled, pulled)

    def on(self, day: date) -> PullTally:
        """The tally as of this Japanese day."""
        return self if day == self.day else PullTally(day, last=self.last)

    def allows_another(self, at: datetime) -> bool:
        """Whether one more call may come in the middle of a wrap-up."""
        today = self.on(jst_date(at))
        return not today.last and today.pulled + 1 <= MOST_OF_A_DAY * (today.calls + 1)


def may_be_pulled(seat: Seat, consenting: Container[UUID], at: datetime) -> bool:
    """Whether the wrap-up this operator is in, or the next one, may be broken into once it has lasted long enough."""
    return seat.operator_id in consenting and seat.may_put_off_wrapup and seat.pulls.allows_another(at)


def ripe_at(seat: Seat) -> datetime:
    """When the wrap-up has lasted long enough."""
    return seat.since + _LEAST_WRAPUP


def longest_in_wrapup(
    seats: Iterable[Seat], campaign_id: UUID | None, consenting: Container[UUID], at: datetime
) -> Seat | None:
    """Whom to give an answered call of this campaign to now, if nobody is ready."""
    found = [
        seat
        for seat in seats
        if seat.state == "wrapup"
        and ripe_at(seat) <= at
        and seat.serves(campaign_id)
        and may_be_pulled(seat, consenting, at)
    ]
    return min(found, key=lambda seat: (seat.since, seat.operator_id), default=None)


def next_ripe(seats: Iterable[Seat], consenting: Container[UUID], at: datetime) -> datetime | None:
    """When the next wrap-up will have lasted long enough for a call that waits now."""
    moments = [
        ripe_at(seat)
        for seat in seats
        if seat.state == "wrapup" and ripe_at(seat) > at and may_be_pulled(seat, consenting, at)
    ]
    return min(moments, default=None)

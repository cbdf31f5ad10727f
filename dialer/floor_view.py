"""What a campaign's pacer sees of the floor: its operators, every call that may need one of them, what will claim them (pure)."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from callflow.states import CallState
from dialer.call import Call
from dialer.messages import CampaignTerms, Candidate
from dialer.pacing import AgentView, CallView, FloorView
from dialer.pull import LEAST_WRAPUP_SECONDS, may_be_pulled
from dialer.reach.level import Level
from dialer.seat import Seat

_AHEAD_PER_SEAT = 3
_AHEAD_AT_LEAST = 10


@dataclass(frozen=True, slots=True)
class Onlooker:
    """The floor at one moment, from which each campaign's view is taken.

    `competing`: calls that may yet need a ready operator. `just_wanted`: candidates asked for in this very moment.
    `claims`: when an operator will be taken by a booked call or a caller who is expected.
    """

    now: datetime
    seats: Sequence[Seat]
    competing: Sequence[Call]
    consenting: Collection[UUID]
    claims: Sequence[datetime] = ()

    def view(
        self, terms: CampaignTerms, stock: Iterable[Candidate], level: Level, just_wanted: Iterable[Candidate] = ()
    ) -> FloorView:
        """The view of one campaign: whoever may serve it, and every call that could take one of them.

        `level`: how its list answers today.
        """
        serving = [seat for seat in self.seats if seat.serves(terms.campaign_id)]
        agents = [agent for seat in serving if (agent := self._agent(seat, terms)) is not None]
        calls = [
            call_view(call, level) for call in self.competing if _may_take(call.candidate.campaign_id, terms, serving)
        ]
        calls += [
            CallView(candidate.phone_id, self.now.timestamp(), level.one(candidate.answer_probability))
            for candidate in just_wanted
            if _may_take(candidate.campaign_id, terms, serving)
        ]
        ahead = max(_AHEAD_AT_LEAST, _AHEAD_PER_SEAT * len(serving))
        likely = [level.one(c.answer_probability) for c in islice((c for c in stock if not c.reserved), ahead)]
        return FloorView(self.now.timestamp(), agents, calls, likely, [claim.timestamp() for claim in self.claims])

    def _agent(self, seat: Seat, terms: CampaignTerms) -> AgentView | None:
        """None: not there for calls, or about to leave."""
        state = seat.agent_state
        if state is None or state == "paused" or seat.pausing is not None:
            return None
        return AgentView(state, seat.since.timestamp(), self._free_after(seat, terms))

    def _free_after(self, seat: Seat, terms: CampaignTerms) -> float | None:
        limits = [float(terms.wrapup_seconds)] if terms.timed_wrapup and seat.may_put_off_wrapup else []
        if may_be_pulled(seat, self.consenting, self.now):
            limits.append(LEAST_WRAPUP_SECONDS)
        return min(limits, default=None)


_LATELY = timedelta(minutes=15)
_HORIZON = timedelta(seconds=32)
"""As far ahead as a pacer looks (PACING.md §4)."""


class ExpectedCallers:
    """返電: as many come in the next half minute as came, on average, in the last quarter of an hour."""

    def __init__(self) -> None:
        self._lately: deque[datetime] = deque()

    def came(self, at: datetime) -> None:
        self._lately.append(at)

    def expected(self, now: datetime) -> list[datetime]:
        """When the next ones come if they come evenly."""
        while self._lately and self._lately[0] <= now - _LATELY:
            self._lately.popleft()
        if not self._lately:
            return []
        apart = _LATELY / len(self._lately)
        return [now + apart * (1 + number) for number in range(int(_HORIZON / apart))]


def _may_take(campaign_id: UUID | None, terms: CampaignTerms, serving: Sequence[Seat]) -> bool:
    """Whether a call of that campaign could take an operator who serves this one."""
    return campaign_id in (None, terms.campaign_id) or any(seat.serves(campaign_id) for seat in serving)


def call_view(call: Call, level: Level) -> CallView:
    """One call that may need an operator, at today's level."""
    there = call.person or call.state in (CallState.LISTENING, CallState.QUEUED)
    answered_at = call.speech_at or call.answered_at or call.intended_at
    return CallView(
        call.attempt_id,
        call.intended_at.timestamp(),
        level.one(call.candidate.answer_probability),
        "waiting" if there else "ringing",
        answered_at.timestamp() if there else None,
    )

"""返電: callers who come by themselves, kept in a queue and given to an operator ahead of the next dial (I4, B2, B3).

They take no operator whom a call on its way may need: that would turn a resident we have rung into a 放棄呼. Instead every
caller in the queue holds back one dial (`Call.competes`), so that the next operator who becomes free is theirs.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from callflow.events import Hangup, Incoming, Missed, TellClosed, TellPlace, Wished
from callflow.states import Happening
from dialer.calls import Calls
from dialer.messages import EnterMissed, Identified, Identify, NotServed, SkillsKnown, Tell
from dialer.places import places
from dialer.routing import RoutingTerms, Skills, assign, widens_at
from dialer.seats import Emit, Seats


class CallBacks:
    """The queue of a floor. A caller counts from the moment they came."""

    def __init__(self, emit: Emit, seats: Seats, calls: Calls, terms: RoutingTerms) -> None:
        self._emit = emit
        self._seats = seats
        self._calls = calls
        self._terms = terms
        self._skills: Skills = {}
        self._asked: dict[UUID, list[Wished]] = {}
        self._places: dict[UUID, int] = {}

    def came(self, event: Incoming) -> None:
        """Ask who it is; a carrier may repeat itself."""
        if event.attempt_id not in self._asked and self._calls.get(event.attempt_id) is None:
            self._asked[event.attempt_id] = []
            self._emit(Identify(event.attempt_id, event.at, event.e164))

    def identified(self, event: Identified) -> None:
        """Into the queue."""
        self._calls.take_up(event.attempt_id, event.caller, event.since, event.at)
        for wished in self._asked.pop(event.attempt_id, []):
            self.wished(wished)

    def not_served(self, event: NotServed) -> None:
        """They hear that nobody is here; who should not be on the line any more is let go of."""
        self._asked.pop(event.attempt_id, None)
        if event.why == "closed":
            self._emit(Tell(TellClosed(event.attempt_id)))
        elif event.why == "over":
            self._emit(Tell(Hangup(event.attempt_id)))

    def missed(self, event: Missed) -> None:
        """Nobody could take them; a call the engine has in hand is settled by its own facts."""
        if event.attempt_id not in self._asked and self._calls.get(event.attempt_id) is None:
            self._emit(EnterMissed(event))

    def wished(self, event: Wished) -> None:
        """Kept with the call for the operator's screen."""
        call = self._calls.get(event.attempt_id)
        if call is not None:
            self._calls.happen(call, Happening.WISHED, event.at, wish=event.wish.value)
        elif event.attempt_id in self._asked:
            self._asked[event.attempt_id].append(event)

    def skills_known(self, event: SkillsKnown) -> None:
        self._skills = event.skills

    def match(self, now: datetime) -> None:
        """Give callers to operators whom nobody else needs, and tell the others their place."""
        queue = self._calls.queued()
        if not queue and not self._places:
            return
        ready = [seat for seat in self._seats.ready() if seat.pausing is None]
        dialed = [call.candidate.campaign_id for call in self._calls.competing() if call.caller is None]
        spare = places(ready, dialed).spare
        for call, seat in assign(queue, spare, self._seats, self._skills, now, self._terms):
            self._seats.bind(seat, call.attempt_id, None, now)
            self._calls.happen(call, Happening.MATCHED, now, operator_id=seat.operator_id)
        self._tell_places()

    def next_wakeup(self, now: datetime) -> datetime | None:
        """When somebody's circle widens."""
        moments = (widens_at(call, now, self._terms) for call in self._calls.queued())
        return min((moment for moment in moments if moment is not None), default=None)

    def _tell_places(self) -> None:
        places_now = {call.attempt_id: place for place, call in enumerate(self._calls.queued(), start=1)}
        for attempt_id, place in places_now.items():
            if self._places.get(attempt_id) != place:
                self._emit(Tell(TellPlace(attempt_id, place)))
        self._places = places_now

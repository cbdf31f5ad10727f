"""What to dial next: offers to operators, booked recalls, and as many dials as each campaign's pacer wants."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from dialer.call import Call
from dialer.floor_view import ExpectedCallers, Onlooker, call_view
from dialer.messages import Admit, Candidate, DueSoon, Explained, RecallsDue, Supplied, Supply, Wanted
from dialer.pacing import AgentView, FloorView
from dialer.places import Places, places
from dialer.running import Running, RunningCampaigns
from dialer.seat import Seat
from dialer.seats import Emit, Seats

_LEAST_SUPPLY = 200
_PER_SEAT = 75
"""Candidates brought at a time: about as many as an operator gets through in an hour, after which they are chosen anew."""
_LOW = 5
_NOT_BEFORE = timedelta(seconds=2)
_TICK = timedelta(seconds=1)


class Planner:
    """Once a tick: offers to operators first, then as many dials as each campaign's pacer wants."""

    def __init__(self, emit: Emit, seats: Seats, running: RunningCampaigns) -> None:
        self._emit = emit
        self._seats = seats
        self._running = running
        self._recalls: list[Candidate] = []
        self._wanted: list[Candidate] = []
        self._callers = ExpectedCallers()
        self._planned_at: datetime | None = None
        self._turn = 0

    # -- what it is told ------------------------------------------------------------------------------------------

    def supplied(self, event: Supplied) -> None:
        running = self._running.get(event.campaign_id)
        if running is None:
            return
        running.stock = deque(event.candidates)
        running.good_until = event.good_until
        running.ask_at = event.more_at or event.at + _NOT_BEFORE
        running.asked = False

    def due_soon(self, event: DueSoon) -> None:
        running = self._running.get(event.campaign_id)
        if running is not None and running.ask_at is not None:
            running.ask_at = min(running.ask_at, max(event.due_at, event.at + _NOT_BEFORE))

    def recalls_due(self, event: RecallsDue) -> None:
        self._recalls = list(event.candidates)

    def caller_came(self, at: datetime) -> None:
        """Somebody calls back, and will need an operator."""
        self._callers.came(at)

    # -- the plan -------------------------------------------------------------------------------------------------

    def plan(self, now: datetime, calls: Sequence[Call], asking: int = 0) -> None:
        """Offers and dials for this moment. `calls`: every call that is not over; none may be asked for twice."""
        if asking:
            return
        self._planned_at = now
        self._running.begin_day(now)
        ready = self._ready()
        if not ready and not self._anybody_dials_ahead():
            return
        competing = [call for call in calls if call.competes]
        found = places(ready, self._places_needed(competing))
        busy = {call.candidate.household_id for call in calls if call.candidate.household_id is not None}
        busy.update(seat.offered.household_id for seat in self._seats if seat.offered is not None)
        self._wanted = []
        if found.spare:
            self._offer_recalls(now, found, busy)
        for running in self._in_turn():
            if running.dials_ahead or found.spare:
                self._serve(running, now, found, competing, busy)

    def _ready(self) -> list[Seat]:
        return [seat for seat in self._seats.ready() if seat.pausing is None]

    def _anybody_dials_ahead(self) -> bool:
        """Whether a campaign that need not wait for a free operator has somebody to dial, and anybody is at work."""
        return any(one.dials_ahead for one in self._running) and any(seat.on_the_floor for seat in self._seats)

    def _places_needed(self, competing: Sequence[Call]) -> list[UUID | None]:
        """By campaign, an operator for each call that may need one; where more ring than may be answered, for the expected."""
        needed: list[UUID | None] = []
        ringing: dict[UUID | None, float] = {}
        for call in competing:
            campaign_id = call.candidate.campaign_id
            running = self._running.get(campaign_id)
            if running is not None and running.dials_ahead and call.state.in_flight and not call.person:
                ringing[campaign_id] = ringing.get(campaign_id, 0.0) + call.candidate.answer_probability
            else:
                needed.append(campaign_id)
        for campaign_id, expected in ringing.items():
            needed += [campaign_id] * ceil(expected)
        return needed

    def spare(self, calls: Sequence[Call]) -> list[Seat]:
        """Ready operators whom no call on its way may need."""
        ready = self._ready()
        competing = [call for call in calls if call.competes]
        return places(ready, self._places_needed(competing)).spare if ready else []

    def _somebody_spare(self, calls: Sequence[Call]) -> bool:
        """Whether `spare` has anybody; asked after every event, so the splitting is spared where counting is enough."""
        ready = sum(seat.state == "ready" and seat.pausing is None for seat in self._seats)
        return ready > 0 and (ready > sum(call.competes for call in calls) or bool(self.spare(calls)))

    def next_wakeup(self, now: datetime, calls: Sequence[Call]) -> datetime | None:
        """When a tick could bring something new: in a second while somebody may be dialed for, else later or never."""
        if self._anybody_dials_ahead():
            next_plan = (self._planned_at or now) + _TICK
            asks = [one.ask_at or next_plan for one in self._running if one.dials_ahead and not one.asked]
            stocked = any(one.dials_ahead and one.stock for one in self._running)
            return max(now, next_plan, min([next_plan] if stocked else asks, default=next_plan))
        if not self._somebody_spare(calls):
            return None
        if self._recalls or any(running.stock for running in self._running):
            return now + _TICK
        return min((running.ask_at or now + _TICK for running in self._running), default=None)

    def _in_turn(self) -> list[Running]:
        """Each campaign is first in its turn, so that none starves another."""
        running = list(self._running)
        self._turn += 1
        start = self._turn % len(running) if running else 0
        return running[start:] + running[:start]

    def _offer_recalls(self, now: datetime, found: Places, busy: set[str]) -> None:
        left = []
        for candidate in self._recalls:
            seat = next((s for s in found.spare if candidate.operator_id in (None, s.operator_id)), None)
            if seat is None or candidate.household_id in busy:
                left.append(candidate)
                continue
            self._offer(seat, candidate, now, found, busy)
        self._recalls = left

    def _offer(self, seat: Seat, candidate: Candidate, now: datetime, found: Places, busy: set[str]) -> None:
        found.spare.remove(seat)
        busy.add(candidate.household_id)
        self._seats.offer(seat, candidate, now)

    def _serve(self, running: Running, now: datetime, found: Places, competing: Sequence[Call], busy: set[str]) -> None:
        self._look_after_stock(running, now, busy)
        if not running.stock:
            return
        if running.terms.mode == "preview":
            for seat in found.for_campaign(running.terms.campaign_id):
                candidate = _next(running.stock, busy, reserved=None)
                if candidate is None:
                    return
                self._offer(seat, candidate, now, found, busy)
            return
        self._offer_reserved(running, now, found, busy)
        if running.dials_ahead or found.for_campaign(running.terms.campaign_id):
            self._dial(running, now, found, competing, busy)

    def _offer_reserved(self, running: Running, now: datetime, found: Places, busy: set[str]) -> None:
        """Whoever met a 放棄呼 gets an operator before the dial; at the top of the list they take their turn."""
        while running.stock and running.stock[0].reserved:
            fitting = found.for_campaign(running.terms.campaign_id)
            candidate = _next(running.stock, busy, reserved=True) if fitting else None
            if candidate is None:
                return
            self._offer(fitting[0], candidate, now, found, busy)

    def _dial(self, running: Running, now: datetime, found: Places, competing: Sequence[Call], busy: set[str]) -> None:
        decision = running.pacer.decide(self._view(running, now, found, competing))
        wanted = []
        for _ in range(decision.dial):
            candidate = _next(running.stock, busy, reserved=False)
            if candidate is None:
                break
            busy.add(candidate.household_id)
            found.take(running.terms.campaign_id)
            wanted.append(Wanted(candidate, "auto"))
        if wanted:
            self._wanted += [want.candidate for want in wanted]
            self._emit(Admit(tuple(wanted)))
        if decision.reason != running.reason:
            running.reason = decision.reason
            self._emit(Explained(running.terms.campaign_id, decision.reason))

    def _view(self, running: Running, now: datetime, found: Places, competing: Sequence[Call]) -> FloorView:
        if running.dials_ahead:
            return self._onlooker(now, competing).view(running.terms, running.stock, running.level, self._wanted)
        campaign_id = running.terms.campaign_id
        ready = [AgentView("ready", seat.since.timestamp()) for seat in found.for_campaign(campaign_id)]
        spoken_for = [AgentView("ready", now.timestamp())] * found.taken.get(campaign_id, 0)
        own = [call_view(call, running.level) for call in competing if call.candidate.campaign_id == campaign_id]
        likely = [candidate.answer_probability for candidate in running.stock if not candidate.reserved]
        return FloorView(now.timestamp(), ready + spoken_for, own, likely)

    def _onlooker(self, now: datetime, competing: Sequence[Call]) -> Onlooker:
        """Whoever is about to call somebody back as booked is not there for others, and callers come as they came of late."""
        own = {recall.operator_id for recall in self._recalls}
        seats = [seat for seat in self._seats if seat.operator_id not in own]
        claims = [now for recall in self._recalls if recall.operator_id is None] + self._callers.expected(now)
        return Onlooker(now, seats, competing, self._seats.consenting, claims)

    def _look_after_stock(self, running: Running, now: datetime, busy: set[str]) -> None:
        if running.good_until is not None and now >= running.good_until:
            running.stock.clear()
            running.good_until = None
        seats = sum(seat.state != "offline" for seat in self._seats)
        if running.asked or len(running.stock) >= max(_LOW, seats if running.dials_ahead else 0):
            return
        if running.ask_at is None or now >= running.ask_at:
            running.asked = True
            limit = max(_LEAST_SUPPLY, _PER_SEAT * seats)
            self._emit(Supply(running.terms.campaign_id, limit, frozenset(busy)))


def _next(stock: deque[Candidate], busy: set[str], reserved: bool | None) -> Candidate | None:
    """The next of the stock whose household has no call; `reserved` None takes either kind."""
    passed = []
    found = None
    while stock:
        candidate = stock.popleft()
        if candidate.household_id in busy:
            continue
        if reserved is None or candidate.reserved == reserved:
            found = candidate
            break
        passed.append(candidate)
    stock.extendleft(reversed(passed))
    return found

"""What to dial next: campaigns with their stock and their pacers, booked recalls, offers to operators."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from dialer.call import Call
from dialer.messages import (
    Admit,
    CampaignsRunning,
    CampaignTerms,
    Candidate,
    DueSoon,
    Explained,
    RecallsDue,
    Supplied,
    Supply,
    Wanted,
)
from dialer.pacing import AgentView, CallView, FloorView, Pacer, ProgressivePacer
from dialer.places import Places, places
from dialer.seat import Seat
from dialer.seats import Emit, Seats

PacerFor = Callable[[CampaignTerms], Pacer]

_LEAST_SUPPLY = 200
_PER_SEAT = 75
"""Candidates brought at a time: about as many as an operator gets through in an hour, after which they are chosen anew."""
_LOW = 5
_NOT_BEFORE = timedelta(seconds=2)
_TICK = timedelta(seconds=1)


def one_to_one(_: CampaignTerms) -> Pacer:
    """The pacer of every mode until the hazard policy of PACING.md §4 takes predictive campaigns over."""
    return ProgressivePacer()


@dataclass(slots=True)
class _Running:
    terms: CampaignTerms
    pacer: Pacer
    stock: deque[Candidate] = field(default_factory=deque)
    good_until: datetime | None = None
    ask_at: datetime | None = None
    asked: bool = False


class Planner:
    """Once a tick: offers to operators first, then as many dials as each campaign's pacer wants."""

    def __init__(self, emit: Emit, seats: Seats, pacer_for: PacerFor) -> None:
        self._emit = emit
        self._seats = seats
        self._pacer_for = pacer_for
        self._running: dict[UUID, _Running] = {}
        self._recalls: list[Candidate] = []
        self._turn = 0
        self._reason = ""

    # -- what it is told ------------------------------------------------------------------------------------------

    def campaigns_running(self, event: CampaignsRunning) -> None:
        """Keep the stock and the pacer of those that go on."""
        now_running: dict[UUID, _Running] = {}
        for terms in event.campaigns:
            known = self._running.get(terms.campaign_id)
            if known is None:
                known = _Running(terms, self._pacer_for(terms))
            known.terms = terms
            now_running[terms.campaign_id] = known
        self._running = now_running

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

    def terms(self, campaign_id: UUID | None) -> CampaignTerms | None:
        running = None if campaign_id is None else self._running.get(campaign_id)
        return running.terms if running else None

    def live_answer(self, campaign_id: UUID | None, lost: bool) -> None:
        """Feed the campaign's budget."""
        running = None if campaign_id is None else self._running.get(campaign_id)
        if running is None:
            return
        running.pacer.answered()
        if lost:
            running.pacer.abandoned()

    # -- the plan -------------------------------------------------------------------------------------------------

    def plan(self, now: datetime, calls: Sequence[Call], asking: int = 0) -> None:
        """Offers and dials for this moment. `calls`: every call that is not over; none may be asked for twice."""
        ready = [seat for seat in self._seats.ready() if seat.pausing is None]
        if not ready or asking:
            return
        competing = [call for call in calls if call.competes]
        found = places(ready, [call.candidate.campaign_id for call in competing])
        busy = {call.candidate.household_id for call in calls if call.candidate.household_id is not None}
        busy.update(seat.offered.household_id for seat in self._seats if seat.offered is not None)
        if found.spare:
            self._offer_recalls(now, found, busy)
        for running in self._in_turn():
            if found.spare:
                self._serve(running, now, found, competing, busy)

    def spare(self, calls: Sequence[Call]) -> list[Seat]:
        """Ready operators whom no call on its way may need."""
        ready = [seat for seat in self._seats.ready() if seat.pausing is None]
        return places(ready, _competing_campaigns(calls)).spare if ready else []

    def _somebody_spare(self, calls: Sequence[Call]) -> bool:
        """Whether `spare` has anybody; asked after every event, so the splitting is spared where counting is enough."""
        ready = sum(seat.state == "ready" and seat.pausing is None for seat in self._seats)
        return ready > 0 and (ready > len(_competing_campaigns(calls)) or bool(self.spare(calls)))

    def next_wakeup(self, now: datetime, calls: Sequence[Call]) -> datetime | None:
        """When a tick could bring something new: in a second while somebody is free to dial for, else later or never."""
        if not self._somebody_spare(calls):
            return None
        if self._recalls or any(running.stock for running in self._running.values()):
            return now + _TICK
        return min((running.ask_at or now + _TICK for running in self._running.values()), default=None)

    def _in_turn(self) -> list[_Running]:
        """Each campaign is first in its turn, so that none starves another."""
        running = list(self._running.values())
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

    def _serve(
        self, running: _Running, now: datetime, found: Places, competing: Sequence[Call], busy: set[str]
    ) -> None:
        self._look_after_stock(running, now, busy)
        fitting = found.for_campaign(running.terms.campaign_id)
        if not fitting or not running.stock:
            return
        if running.terms.mode == "preview":
            for seat in fitting:
                candidate = _next(running.stock, busy, reserved=None)
                if candidate is None:
                    return
                self._offer(seat, candidate, now, found, busy)
            return
        self._offer_reserved(running, now, found, busy)
        self._dial(running, now, found, competing, busy)

    def _offer_reserved(self, running: _Running, now: datetime, found: Places, busy: set[str]) -> None:
        """Whoever met a 放棄呼 gets an operator before the dial; at the top of the list they take their turn."""
        while running.stock and running.stock[0].reserved:
            fitting = found.for_campaign(running.terms.campaign_id)
            candidate = _next(running.stock, busy, reserved=True) if fitting else None
            if candidate is None:
                return
            self._offer(fitting[0], candidate, now, found, busy)

    def _dial(self, running: _Running, now: datetime, found: Places, competing: Sequence[Call], busy: set[str]) -> None:
        campaign_id = running.terms.campaign_id
        own = [call for call in competing if call.candidate.campaign_id == campaign_id]
        spare = found.for_campaign(campaign_id)
        spoken_for = found.taken.get(campaign_id, 0)
        view = FloorView(
            now.timestamp(),
            [AgentView("ready", seat.since.timestamp()) for seat in spare]
            + [AgentView("ready", now.timestamp())] * spoken_for
            + self._busy_agents(campaign_id),
            [_call_view(call) for call in own],
            [candidate.answer_probability for candidate in running.stock if not candidate.reserved],
        )
        decision = running.pacer.decide(view)
        wanted = []
        for _ in range(decision.dial):
            candidate = _next(running.stock, busy, reserved=False)
            if candidate is None:
                break
            busy.add(candidate.household_id)
            found.take(campaign_id)
            wanted.append(Wanted(candidate, "auto"))
        if wanted:
            self._emit(Admit(tuple(wanted)))
        self._explain(decision.reason)

    def _busy_agents(self, campaign_id: UUID) -> list[AgentView]:
        views = []
        for seat in self._seats:
            state = seat.agent_state
            if state is not None and state != "ready" and seat.serves(campaign_id):
                views.append(AgentView(state, seat.since.timestamp()))
        return views

    def _look_after_stock(self, running: _Running, now: datetime, busy: set[str]) -> None:
        if running.good_until is not None and now >= running.good_until:
            running.stock.clear()
            running.good_until = None
        if running.asked or len(running.stock) >= _LOW:
            return
        if running.ask_at is None or now >= running.ask_at:
            running.asked = True
            seats = sum(seat.state != "offline" for seat in self._seats)
            limit = max(_LEAST_SUPPLY, _PER_SEAT * seats)
            self._emit(Supply(running.terms.campaign_id, limit, frozenset(busy)))

    def _explain(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._emit(Explained(reason))


def _competing_campaigns(calls: Sequence[Call]) -> list[UUID | None]:
    return [call.candidate.campaign_id for call in calls if call.competes]


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


def _call_view(call: Call) -> CallView:
    waiting = call.speech_at if call.person else None
    return CallView(
        call.attempt_id,
        call.intended_at.timestamp(),
        call.candidate.answer_probability,
        "ringing" if waiting is None else "waiting",
        waiting.timestamp() if waiting else None,
    )

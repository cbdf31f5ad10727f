"""The engine of a floor: a function of events. It knows no socket, thread, database or clock.

`handle` takes one event with its own time and gives what is to be told, asked and stored, in order. The same engine
runs a live room and a month of rehearsal in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from callflow import events as carrier
from callflow.codes import CallResult
from callflow.states import CallState, Happening
from dialer import desk
from dialer.call import Call, Limits
from dialer.call_backs import CallBacks
from dialer.calls import Calls
from dialer.messages import (
    Admit,
    Admitted,
    CampaignsRunning,
    DueSoon,
    EngineCommand,
    EngineEvent,
    GateRefused,
    Identified,
    NotServed,
    NotTold,
    OperatorSaid,
    PullsAgreed,
    RecallsDue,
    Restored,
    SkillsKnown,
    Supplied,
    Tell,
    Tick,
)
from dialer.planner import Planner
from dialer.pull import longest_in_wrapup, next_ripe
from dialer.routing import RoutingTerms
from dialer.running import PacerFor, RunningCampaigns, by_mode
from dialer.seat import Seat
from dialer.seats import Seats
from dialer.supervision import Supervision

_HEARD = {
    carrier.Detected.PERSON: Happening.HEARD_PERSON,
    carrier.Detected.MACHINE: Happening.HEARD_MACHINE,
    carrier.Detected.FAX: Happening.HEARD_FAX,
    carrier.Detected.ANNOUNCEMENT: Happening.HEARD_ANNOUNCEMENT,
    carrier.Detected.RECORDING_GUARD: Happening.HEARD_GUARD,
}

_LAST_WORD = (carrier.Reconciled, NotTold)
"""Events that answer the very question a call's deadline would ask."""


@dataclass(frozen=True, slots=True)
class EngineTerms:
    """What a floor's engine is made with. `caller_number` is shown to every resident (DOMAIN.md §2.9)."""

    caller_number: str
    limits: Limits = field(default_factory=Limits)
    routing: RoutingTerms = field(default_factory=RoutingTerms)
    pacer_for: PacerFor = by_mode


@dataclass(frozen=True, slots=True)
class _Told:
    """A carrier's fact in the table's words."""

    happening: Happening
    cause: str | None = None
    result: str | None = None
    operator_id: UUID | None = None


class Engine:
    """One floor: all its campaigns, operators and calls. Not for two threads at once."""

    def __init__(self, terms: EngineTerms) -> None:
        self._out: list[EngineCommand] = []
        self._limits = terms.limits
        self.seats = Seats(self._emit)
        self.running = RunningCampaigns(terms.pacer_for)
        self.planner = Planner(self._emit, self.seats, self.running)
        self.calls = Calls(self._emit, self.seats, terms.caller_number, terms.limits, self.running)
        self.call_backs = CallBacks(self._emit, self.seats, self.calls, terms.routing)
        self.supervision = Supervision(self._emit, self.seats, self.calls)
        self._now: datetime | None = None
        self._asking = 0
        self._on: dict[type[Any], Callable[[Any], None]] = {
            Tick: self._tick,
            CampaignsRunning: self.running.told,
            Supplied: self._supplied,
            DueSoon: self.planner.due_soon,
            RecallsDue: self.planner.recalls_due,
            Admitted: self._admitted,
            NotTold: self._not_told,
            GateRefused: self._refused,
            OperatorSaid: self._operator_said,
            Restored: self._restored,
            carrier.Handed: self._reported,
            carrier.Ringing: self._reported,
            carrier.Answered: self._reported,
            carrier.Heard: self._reported,
            carrier.Joined: self._reported,
            carrier.Announcing: self._reported,
            carrier.Ended: self._reported,
            carrier.Refused: self._reported,
            carrier.Reconciled: self._reconciled,
            carrier.Incoming: self._incoming,
            carrier.Wished: self.call_backs.wished,
            carrier.CalledIn: self._called_in,
            carrier.Left: self._left,
            carrier.Missed: self.call_backs.missed,
            Identified: self.call_backs.identified,
            NotServed: self.call_backs.not_served,
            SkillsKnown: self.call_backs.skills_known,
            PullsAgreed: self._pulls_agreed,
        }

    def handle(self, event: EngineEvent) -> list[EngineCommand]:
        """What follows from one event, in order. Never raises for what a carrier or an operator does."""
        self._out = []
        now = event.at if self._now is None else max(self._now, event.at)
        self._now = now
        self.calls.pass_deadlines(now, event.attempt_id if isinstance(event, _LAST_WORD) else None)
        self._end_timed_wrapups(now)
        self._on[type(event)](event)
        self._match(now)
        self.call_backs.match(now)
        self._let_go(now)
        self.supervision.look()
        return self._out

    def next_wakeup(self, now: datetime) -> datetime | None:
        """When a `Tick` is needed at the latest; None: not before something else happens."""
        moments = (
            self.calls.next_deadline(),
            self.call_backs.next_wakeup(now),
            self.planner.next_wakeup(now, self.calls.all()),
            self._next_pull(now),
            *(ends for ends, _ in self._timed_wrapups()),
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def _emit(self, command: EngineCommand) -> None:
        if isinstance(command, Admit):
            self._asking += len(command.wanted)
        self._out.append(command)

    # -- time and supply ------------------------------------------------------------------------------------------

    def _tick(self, event: Tick) -> None:
        self._match(event.at)
        self.planner.plan(event.at, self.calls.all(), self._asking)

    def _supplied(self, event: Supplied) -> None:
        self.planner.supplied(event)
        self.planner.plan(event.at, self.calls.all(), self._asking)

    def _admitted(self, event: Admitted) -> None:
        self._asking -= 1
        terms = self.running.terms(event.candidate.campaign_id)
        ring = terms.ring_seconds if terms else self._limits.hand_dial_ring
        self.calls.dial(event, ring)
        seat = self.seats.get(event.operator_id)
        if seat is not None:
            self.seats.bind(seat, event.attempt_id, event.candidate.campaign_id, event.at)

    def _not_told(self, event: NotTold) -> None:
        call = self.calls.get(event.attempt_id)
        if call is not None:
            self.calls.happen(call, Happening.TOO_LATE, event.at, cause="not_handed")

    def _refused(self, event: GateRefused) -> None:
        self._asking -= 1
        seat = self.seats.get(event.operator_id)
        if seat is not None and seat.state == "reserved" and seat.attempt_id is None:
            self.seats.free(seat, event.at)
        if self._asking == 0:
            self.planner.plan(event.at, self.calls.all())

    # -- the carrier ----------------------------------------------------------------------------------------------

    def _reported(self, event: carrier.CallFact) -> None:
        call = self.calls.get(event.attempt_id)
        if call is None:
            return
        told = _told(event)
        self.calls.happen(
            call, told.happening, event.at, cause=told.cause, result=told.result, operator_id=told.operator_id
        )

    def _incoming(self, event: carrier.Incoming) -> None:
        self.planner.caller_came(event.at)
        self.call_backs.came(event)

    def _called_in(self, event: carrier.CalledIn) -> None:
        call, colleague = self.calls.get(event.attempt_id), self.seats.called_in(event.attempt_id)
        if call is None:
            return
        if colleague is not None and colleague.operator_id == event.colleague_id:
            self.calls.happen(call, Happening.COLLEAGUE_TOOK, event.at)
        elif (
            colleague is None and call.state is CallState.TALKING and call.operator_id not in (None, event.colleague_id)
        ):
            # Taken back by a former engine that could not say it any more.
            assert call.operator_id is not None
            self._emit(Tell(carrier.TakeBack(call.attempt_id, call.operator_id, event.colleague_id)))

    def _left(self, event: carrier.Left) -> None:
        self.supervision.left(event.attempt_id, event.operator_id)
        call, colleague = self.calls.get(event.attempt_id), self.seats.called_in(event.attempt_id)
        if call is None or not call.state.has_colleague:
            return
        if colleague is not None and colleague.operator_id == event.operator_id:
            self.calls.happen(call, Happening.COLLEAGUE_LEFT, event.at)
        elif call.operator_id == event.operator_id:
            self.calls.happen(call, Happening.OPERATOR_LEFT, event.at)

    def _reconciled(self, event: carrier.Reconciled) -> None:
        call = self.calls.get(event.attempt_id)
        if call is None or call.state is not CallState.UNKNOWN:
            return
        if not event.known:
            gone = Happening.RECONCILED_LOST if call.handed else Happening.RECONCILED_ABSENT
            self.calls.happen(call, gone, event.at, cause=gone.value)
            return
        first = event.past[0].at if event.past else event.at
        if call.caller is None:
            call.forget()
            self.calls.happen(call, Happening.RECONCILED_KNOWN, first)
            past = event.past
        else:
            call.connected_at = None
            self.calls.happen(call, Happening.RECONCILED_QUEUED, first)
            past = tuple(fact for fact in event.past if isinstance(fact, carrier.Joined | carrier.Ended))
        for fact in past:
            self.calls.catch_up(call, fact.at)
            if call.over:
                return
            told = _told(fact)
            who = self._who_talks(call, told.operator_id)
            if told.happening is not Happening.HANDED:
                self.calls.happen(call, told.happening, fact.at, cause=told.cause, result=told.result, operator_id=who)
        self._resume(call, event)

    def _who_talks(self, call: Call, joined: UUID | None) -> UUID | None:
        """The carrier knows best who was joined; but whom a seat shows talking since then had taken the call over."""
        seat = self.seats.holding(call.attempt_id)
        if joined is None or seat is None or seat.state != "talking" or seat.operator_id == joined:
            return joined
        # A former engine wrote it down, and perhaps could not say it any more.
        self._emit(Tell(carrier.HandOver(call.attempt_id, joined, seat.operator_id)))
        return seat.operator_id

    def _resume(self, call: Call, event: carrier.Reconciled) -> None:
        """The past is told; what happened between operator and engine meanwhile follows."""
        if call.state.line_is_free:
            return
        if not event.live:
            self.calls.happen(call, Happening.ENDED, event.at, cause="reconciled")
            return
        self.calls.catch_up(call, event.at)
        if call.state is CallState.TALKING:
            seat = self.seats.holding(call.attempt_id)
            if seat is None or seat.state == "wrapup":
                self.calls.happen(call, Happening.OPERATOR_HUNG_UP, event.at)
            else:
                self._go_on_with_colleague(call, event.at)

    def _go_on_with_colleague(self, call: Call, at: datetime) -> None:
        """取次 under way while no engine was there: it stands where the rows say, and whoever is there goes on."""
        colleague = self.seats.called_in(call.attempt_id)
        if colleague is None:
            return
        if colleague.part == "three_way":
            self.calls.happen(call, Happening.CONFERRED, at)
        elif colleague.state == "talking":
            self.calls.happen(call, Happening.COLLEAGUE_TOOK, at)
        else:
            self.calls.happen(call, Happening.COLLEAGUE_RINGS, at)

    # -- operators ------------------------------------------------------------------------------------------------

    def _operator_said(self, event: OperatorSaid) -> None:
        desk.obey(event, self.seats, self.calls, self.planner, self.supervision, self._emit)

    def _match(self, now: datetime) -> None:
        """Whoever waits longest gets the operator who is ready longest, within the 2 s (PACING.md §1)."""
        waiting = self.calls.waiting()
        if not waiting:
            return
        ready = self.seats.ready()
        for call in waiting:
            seat = self._seat_for(call, ready)
            if seat is not None and seat in ready:
                ready.remove(seat)
                self.seats.bind(seat, call.attempt_id, call.candidate.campaign_id, now)
            if seat is None:
                seat = self._pull(call, now)
            if seat is None:
                continue
            self.calls.happen(call, Happening.MATCHED, now, operator_id=seat.operator_id)

    def _seat_for(self, call: Call, ready: list[Seat]) -> Seat | None:
        held = self.seats.holding(call.attempt_id)
        if held is not None:
            return held if held.state == "reserved" else None
        return next((seat for seat in ready if seat.serves(call.candidate.campaign_id)), None)

    def _pull(self, call: Call, now: datetime) -> Seat | None:
        """Nobody is ready: out of a wrap-up, if anybody has agreed to that (PACING.md §5)."""
        if call.reserved_for is not None or self.seats.holding(call.attempt_id) is not None:
            return None
        seat = longest_in_wrapup(self._written_up(), call.candidate.campaign_id, self.seats.consenting, now)
        if seat is not None:
            self.seats.pull(seat, call.attempt_id, call.candidate.campaign_id, now)
        return seat

    def _written_up(self) -> list[Seat]:
        """Operators in wrap-up whose line is free of the call they write up."""
        found = []
        for seat in self.seats:
            call = self.calls.get(seat.attempt_id) if seat.state == "wrapup" else None
            if call is not None and call.state.line_is_free:
                found.append(seat)
        return found

    def _next_pull(self, now: datetime) -> datetime | None:
        return (
            next_ripe(self._written_up(), self.seats.consenting, now)
            if self.seats.consenting and self.calls.waiting()
            else None
        )

    def _pulls_agreed(self, event: PullsAgreed) -> None:
        self.seats.consenting = event.operators

    # -- timed wrap-up --------------------------------------------------------------------------------------------

    def _timed_wrapups(self) -> Iterator[tuple[datetime, Seat]]:
        """Who may be called again when, whether or not the wrap-up is done: at most one is put off at a time."""
        for seat in self._written_up() if self.running.time_wrapups else ():
            terms = self.running.terms(seat.campaign_id)
            if terms is not None and terms.timed_wrapup and seat.may_put_off_wrapup:
                yield seat.since + timedelta(seconds=terms.wrapup_seconds), seat

    def _end_timed_wrapups(self, now: datetime) -> None:
        for ends, seat in list(self._timed_wrapups()):
            if ends <= now:
                self.seats.end_timed_wrapup(seat, now)

    def _let_go(self, now: datetime) -> None:
        """Operators who asked for a pause leave as soon as no call on its way may need them."""
        leaving = [seat for seat in self.seats if seat.state == "ready" and seat.pausing is not None]
        for seat in leaving:
            if self._asking or desk.needed(seat, self.seats, self.calls, seat.wished_at):
                continue
            self.seats.leave(seat, now)

    # -- a new epoch ----------------------------------------------------------------------------------------------

    def _restored(self, event: Restored) -> None:
        for listener in event.listening:
            self.supervision.put(listener)
        bound = {row.attempt_id: row for row in event.calls}
        for row in event.seats:
            seat = Seat.from_row(row)
            put_off = bound.get(seat.put_off) if seat.put_off else None
            seat.put_off_campaign = put_off.candidate.campaign_id if put_off else None
            seat.put_off = seat.put_off if put_off else None
            self.seats.put(seat)
            if seat.state in ("reserved", "talking") and seat.attempt_id not in bound:
                self.seats.free(seat, event.at)
        for call_row in event.calls:
            call = Call(
                call_row.attempt_id,
                call_row.candidate,
                call_row.intended_at,
                self._limits.hand_dial_ring,
                call_row.state,
                call_row.next_seq,
                operator_id=call_row.operator_id,
                handed=call_row.handed,
            )
            seat_of_call = self.seats.holding(call.attempt_id)
            if seat_of_call is not None and seat_of_call.state == "reserved":
                call.reserved_for = seat_of_call.operator_id
            self.calls.put(call, event.at)
            if call.state is CallState.WRAPUP:
                if seat_of_call is not None:
                    self.seats.wrap_up(seat_of_call, event.at)
            else:
                self.calls.happen(call, Happening.ENGINE_RESTARTED, event.at)


def _told(event: carrier.CallFact) -> _Told:
    match event:
        case carrier.Handed():
            return _Told(Happening.HANDED)
        case carrier.Ringing():
            return _Told(Happening.RINGING)
        case carrier.Answered():
            return _Told(Happening.ANSWERED)
        case carrier.Heard():
            return _Told(_HEARD[event.detected])
        case carrier.Joined():
            return _Told(Happening.JOINED, operator_id=event.operator_id)
        case carrier.Announcing():
            return _Told(Happening.ANNOUNCED)
        case carrier.Refused():
            return _Told(Happening.REFUSED, event.cause, event.result)
        case carrier.Ended():
            unanswered = event.result not in (None, CallResult.ANSWERED)
            happening = Happening.ENDED_UNANSWERED if unanswered else Happening.ENDED
            return _Told(happening, event.cause, event.result)

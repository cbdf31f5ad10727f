"""The calls of a floor, each moved by the one table, with what every step asks to be told, written and changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from callflow.codes import CallResult, RecordingMode
from callflow.events import Announce, Confer, Consult, Dial, HandOver, Hangup, Join, Reconcile, TakeBack
from callflow.states import Act, CallState, Happening, step
from dialer.call import Call, Limits
from dialer.messages import (
    Admitted,
    Caller,
    Candidate,
    Notify,
    StoreAnswered,
    StoreCallBackEnded,
    StoreEnded,
    StoreHanded,
    StoreJoined,
    StoreTransition,
    StoreUnknown,
    StoreWrappedUp,
    Tell,
)
from dialer.running import Span
from dialer.seat import LINE_SILENT
from dialer.seats import Emit, Seats


class Learner(Protocol):
    """Told of every 有人応答 and how long things take: for the pacers."""

    def live_answer(self, campaign_id: UUID | None, lost: bool) -> None: ...

    def came(self, campaign_id: UUID | None, chance: float, answered: bool) -> None: ...

    def took(self, campaign_id: UUID | None, span: Span, seconds: float) -> None: ...


class Calls:
    """Every call that is not over, by attempt."""

    def __init__(self, emit: Emit, seats: Seats, caller_number: str, limits: Limits, learner: Learner) -> None:
        self._emit = emit
        self._seats = seats
        self._caller_number = caller_number
        self._limits = limits
        self._learner = learner
        self._calls: dict[UUID, Call] = {}
        self._next_deadline: datetime | None = None
        self._now: datetime | None = None
        self._acts: dict[Act, Callable[[Call, datetime], None]] = {
            Act.JOIN: self._join,
            Act.ANNOUNCE: lambda call, _: self._emit(Tell(Announce(call.attempt_id))),
            Act.HANG_UP: lambda call, _: self._emit(Tell(Hangup(call.attempt_id))),
            Act.ASK: lambda call, _: self._emit(Tell(Reconcile(call.attempt_id))),
            Act.NOTE_HANDED: self._note_handed,
            Act.NOTE_ANSWERED: self._note_answered,
            Act.NOTE_PERSON: self._note_person,
            Act.PRESUME_PERSON: self._presume_person,
            Act.NOTE_NO_PERSON: self._note_no_person,
            Act.NOTE_JOINED: self._note_joined,
            Act.NOTE_ABANDONED: self._note_abandoned,
            Act.NOTE_UNKNOWN: lambda call, at: self._emit(StoreUnknown(call.attempt_id, at)),
            Act.NOTE_WRAPPED_UP: self._note_wrapped_up,
            Act.FREE_OPERATOR: self._free_operator,
            Act.PAUSE_OPERATOR: self._pause_operator,
            Act.START_WRAPUP: self._start_wrapup,
            Act.CONSULT: lambda call, _: self._transfer(call, Consult),
            Act.SEAT_COLLEAGUE: self._seat_colleague,
            Act.CONFER: self._confer,
            Act.TAKE_BACK: lambda call, _: self._transfer(call, TakeBack),
            Act.HAND_OVER: self._hand_over,
            Act.FREE_COLLEAGUE: self._free_colleague,
        }

    # -- what there is --------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._calls)

    def get(self, attempt_id: UUID | None) -> Call | None:
        return None if attempt_id is None else self._calls.get(attempt_id)

    def all(self) -> list[Call]:
        return list(self._calls.values())

    def competing(self) -> list[Call]:
        """Calls that may yet need one of the ready operators, oldest first."""
        return [call for call in self._calls.values() if call.competes]

    def waiting(self) -> list[Call]:
        """People who wait for an operator, the one who has waited longest first."""
        found = [call for call in self._calls.values() if call.state is CallState.WAITING]
        found.sort(key=lambda call: (call.speech_at or call.answered_at or call.intended_at, call.attempt_id))
        return found

    def next_deadline(self) -> datetime | None:
        """The earliest moment a call must not pass."""
        return min((call.deadline for call in self._calls.values() if call.deadline is not None), default=None)

    # -- what happens ---------------------------------------------------------------------------------------------

    def dial(self, allowed: Admitted, ring_seconds: int) -> None:
        """The gate allowed it: tell the carrier."""
        attempt_id, operator, line = allowed.attempt_id, allowed.operator_id, allowed.line
        call = Call(attempt_id, allowed.candidate, allowed.at, ring_seconds, reserved_for=operator)
        call.recording = line.recording
        self.put(call, allowed.at)
        number = allowed.candidate.e164
        self._emit(Tell(Dial(attempt_id, number, self._caller_number, ring_seconds, line.listen, line.recording)))
        self._emit(Notify("call", operator, attempt_id))

    def take_up(self, attempt_id: UUID, caller: Caller, since: datetime, at: datetime) -> None:
        """A call-back, whose row is committed: into the queue."""
        call = Call(attempt_id, caller, since, 0, CallState.QUEUED, handed=True, handed_at=since, answered_at=since)
        call.speech_at, call.person = since, True
        self.put(call, at)
        self._emit(Notify("call", None, attempt_id))

    def queued(self) -> list[Call]:
        """Call-backs nobody has taken yet, the one who has waited longest first."""
        found = [call for call in self._calls.values() if call.state is CallState.QUEUED]
        found.sort(key=lambda call: (call.intended_at, call.attempt_id))
        return found

    def put(self, call: Call, at: datetime) -> None:
        """A call as it stands."""
        self._calls[call.attempt_id] = call
        call.set_deadline(at, self._now or at, self._limits)
        self._expect(call)

    def happen(
        self,
        call: Call,
        happening: Happening,
        at: datetime,
        *,
        cause: str | None = None,
        result: str | None = None,
        operator_id: UUID | None = None,
        wish: str | None = None,
    ) -> None:
        """Take one step of the table; what the table does not know is stored as ignored."""
        found = step(call.state, happening)
        origin = call.state
        if found is None:
            self._store_step(call, at, origin, happening, {"ignored": "true"})
            return
        call.state = found.to
        if operator_id is not None:
            call.operator_id = operator_id
        if found.result is not None:
            call.result = found.result
        detail = {name: text for name, text in (("cause", cause), ("result", result), ("wish", wish)) if text}
        self._store_step(call, at, origin, happening, detail)
        for act in found.acts:
            if act is Act.CLOSE:
                self._close(call, at, found.result, result, cause or happening.value)
            else:
                self._acts[act](call, at)
        self._settle(call, at)

    def pass_deadlines(self, now: datetime, but: UUID | None = None) -> None:
        """Whatever a call had to wait for is over by `now`, in the order of time; `but`: its answer is just coming."""
        self._now = now
        if self._next_deadline is None or now < self._next_deadline:
            return
        due = [
            call
            for call in self._calls.values()
            if call.deadline is not None and call.deadline <= now and call.attempt_id != but
        ]
        due.sort(key=lambda call: (call.deadline, call.attempt_id))
        for call in due:
            self.catch_up(call, now)
        self._next_deadline = self.next_deadline()

    def catch_up(self, call: Call, now: datetime) -> None:
        """Whatever this call had to wait for is over by `now`."""
        while call.deadline is not None and call.deadline_brings is not None and call.deadline <= now:
            # A question to the carrier is repeated from now on, not made up for.
            at = now if call.deadline_brings is Happening.NO_WORD else call.deadline
            self.happen(call, call.deadline_brings, at)

    def _settle(self, call: Call, at: datetime) -> None:
        if call.state is CallState.QUEUED and call.operator_id is not None:
            call.not_taken_by |= {call.operator_id}
            call.operator_id = None
        if call.state.line_is_free:
            self._free_colleague(call, at)
        if call.state is CallState.WRAPUP and not self._is_written_up_by_anybody(call):
            # The operator went on already, or is no longer there.
            self.happen(call, Happening.WRAPUP_DONE, at)
            return
        if call.state is CallState.ENDED:
            self._free_operator(call, at)
            self._calls.pop(call.attempt_id, None)
        call.set_deadline(at, self._now or at, self._limits)
        self._expect(call)

    def _is_written_up_by_anybody(self, call: Call) -> bool:
        return (self._seats.holding(call.attempt_id) or self._seats.putting_off(call.attempt_id)) is not None

    def _expect(self, call: Call) -> None:
        if call.deadline is not None and (self._next_deadline is None or call.deadline < self._next_deadline):
            self._next_deadline = call.deadline

    # -- what a step asks for -------------------------------------------------------------------------------------

    def _store_step(
        self, call: Call, at: datetime, origin: CallState, happening: Happening, detail: dict[str, str]
    ) -> None:
        self._emit(StoreTransition(call.attempt_id, call.next_seq, at, origin, happening.value, call.state, detail))
        call.next_seq += 1

    def _join(self, call: Call, _: datetime) -> None:
        if call.operator_id is None:
            raise AssertionError("a call is matched with an operator")
        recording = call.recording if call.caller else RecordingMode.OFF
        self._emit(Tell(Join(call.attempt_id, call.operator_id, recording)))
        self._emit(Notify("call", call.operator_id, call.attempt_id))

    def _note_handed(self, call: Call, at: datetime) -> None:
        call.handed, call.handed_at = True, at
        self._emit(StoreHanded(call.attempt_id, at))

    def _note_answered(self, call: Call, at: datetime) -> None:
        call.answered_at = at
        self._emit(StoreAnswered(call.attempt_id, at))

    def _note_person(self, call: Call, at: datetime) -> None:
        call.person, call.speech_at = True, at

    def _presume_person(self, call: Call, _: datetime) -> None:
        call.person = True

    def _note_no_person(self, call: Call, _: datetime) -> None:
        call.person, call.speech_at = False, None

    def _note_joined(self, call: Call, at: datetime) -> None:
        call.connected_at = at
        if call.operator_id is None:
            return
        self._emit(StoreJoined(call.attempt_id, at, call.speech_at, call.operator_id))
        held = self._seats.holding(call.attempt_id)
        if held is not None and held.operator_id != call.operator_id:
            # The carrier knows best who hears the resident.
            self._seats.free(held, at)
        seat = self._seats.get(call.operator_id)
        if seat is not None and seat.attempt_id in (None, call.attempt_id) and seat.state in ("ready", "reserved"):
            self._seats.talk(seat, call.attempt_id, call.candidate.campaign_id, at)
        self._count(call, lost=False)

    def _note_abandoned(self, call: Call, _: datetime) -> None:
        call.abandoned = True
        self._count(call, lost=True)

    def _note_wrapped_up(self, call: Call, at: datetime) -> None:
        dialed = call.candidate if isinstance(call.candidate, Candidate) else None
        seat, later = self._seats.holding(call.attempt_id), self._seats.putting_off(call.attempt_id)
        put_off_seconds = later.seconds_put_off(at) if later else seat.stood_aside if seat else None
        if seat is not None and seat.state == "wrapup" and put_off_seconds is None:
            self._learner.took(call.candidate.campaign_id, "wrapup", (at - seat.since).total_seconds())
        self._emit(StoreWrappedUp(call.attempt_id, dialed, at, put_off_seconds))

    def _free_operator(self, call: Call, at: datetime) -> None:
        seat = self._seats.holding(call.attempt_id)
        if seat is not None:
            self._seats.free(seat, at)

    def _pause_operator(self, call: Call, at: datetime) -> None:
        seat = self._seats.holding(call.attempt_id)
        if seat is not None:
            self._seats.pause(seat, LINE_SILENT, at)

    def _start_wrapup(self, call: Call, at: datetime) -> None:
        seat = self._seats.holding(call.attempt_id)
        if seat is not None:
            self._seats.wrap_up(seat, at)

    # -- 取次 -----------------------------------------------------------------------------------------------------

    def _transfer(self, call: Call, what: type[Consult | Confer | HandOver | TakeBack]) -> None:
        colleague = self._seats.called_in(call.attempt_id)
        if colleague is not None and call.operator_id is not None:
            self._emit(Tell(what(call.attempt_id, call.operator_id, colleague.operator_id)))
            self._emit(Notify("call", call.operator_id, call.attempt_id))

    def _seat_colleague(self, call: Call, at: datetime) -> None:
        colleague = self._seats.called_in(call.attempt_id)
        if colleague is not None:
            self._seats.consult(colleague, at)
            self._emit(Notify("call", call.operator_id, call.attempt_id))

    def _confer(self, call: Call, _: datetime) -> None:
        self._transfer(call, Confer)
        colleague = self._seats.called_in(call.attempt_id)
        if colleague is not None:
            self._seats.confer(colleague)

    def _hand_over(self, call: Call, at: datetime) -> None:
        self._transfer(call, HandOver)
        former, colleague = self._seats.holding(call.attempt_id), self._seats.called_in(call.attempt_id)
        if colleague is None:
            return
        if former is not None:
            self._seats.leave_call(former, at)
        self._seats.take_over(colleague, at)
        call.operator_id = colleague.operator_id
        self._emit(StoreJoined(call.attempt_id, call.connected_at or at, call.speech_at, colleague.operator_id))

    def _free_colleague(self, call: Call, at: datetime) -> None:
        colleague = self._seats.called_in(call.attempt_id)
        if colleague is None:
            return
        self._emit(Notify("call", call.operator_id, call.attempt_id))
        if colleague.part == "three_way":
            self._seats.leave_call(colleague, at)
        else:
            self._seats.free(colleague, at)

    def _close(self, call: Call, at: datetime, fixed: CallResult | None, reported: str | None, cause: str) -> None:
        result = _result(call, fixed, reported)
        connected = call.connected_at is not None
        if isinstance(call.candidate, Caller):
            self._close_call_back(call, call.candidate, at, result, cause)
            return
        person = connected or call.abandoned or (call.person and result is CallResult.ANSWERED)
        if person and not connected and not call.abandoned:
            self._count(call, lost=False)
        self._learn_from(call, at, person=person, on_the_network=result.handed_to_network)
        self._emit(
            StoreEnded(
                attempt_id=call.attempt_id,
                candidate=call.candidate,
                at=at,
                handed_at=call.handed_at,
                intended_at=call.intended_at,
                result=result.value,
                cause=cause,
                counted=result.handed_to_network,
                person_answered=person,
                connected=connected,
                abandoned=call.abandoned,
                answered_at=call.answered_at,
                speech_at=call.speech_at,
                operator_id=call.operator_id if connected else None,
            )
        )
        self._emit(Notify("call", call.operator_id, call.attempt_id))

    def _learn_from(self, call: Call, at: datetime, *, person: bool, on_the_network: bool) -> None:
        campaign_id = call.candidate.campaign_id
        if on_the_network and isinstance(call.candidate, Candidate) and call.candidate.expected is not None:
            self._learner.came(campaign_id, call.candidate.answer_probability, person)
        there_at = call.speech_at or call.answered_at or call.connected_at
        if person and there_at is not None:
            self._learner.took(campaign_id, "answer", (there_at - call.intended_at).total_seconds())
        elif on_the_network and not person:
            self._learner.took(campaign_id, "release", (at - call.intended_at).total_seconds())
        if call.connected_at is not None:
            self._learner.took(campaign_id, "talk", (at - call.connected_at).total_seconds())

    def _close_call_back(self, call: Call, caller: Caller, at: datetime, result: CallResult, cause: str) -> None:
        connected = call.connected_at is not None
        operator_id = call.operator_id if connected else None
        self._emit(
            StoreCallBackEnded(
                call.attempt_id, caller, at, call.intended_at, result.value, cause, connected, operator_id
            )
        )
        self._emit(Notify("call", call.operator_id, call.attempt_id))

    def _count(self, call: Call, *, lost: bool) -> None:
        if call.caller is None and not call.live_counted:
            call.live_counted = True
            self._learner.live_answer(call.candidate.campaign_id, lost)


def _result(call: Call, fixed: CallResult | None, reported: str | None) -> CallResult:
    """架電結果 at the end: what we know ourselves before what the trunk says, and that before what we had assumed."""
    if call.connected_at is not None:
        return CallResult.ANSWERED
    if call.abandoned:
        return CallResult.ABANDONED
    if fixed is not None:
        return fixed
    if reported is not None and reported != CallResult.ANSWERED:
        return CallResult(reported)
    return call.result or (CallResult.ANSWERED if call.person else CallResult.NO_ANSWER)

"""One call as the engine holds it: where it stands, what is known, and which moment it must not pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from callflow.codes import CallResult, RecordingMode
from callflow.states import CallState, Happening
from dialer.messages import Caller, Candidate


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may stay where it is, in seconds.

    `patience`: a person waits for an operator (PACING.md §1). `listen`: until a carrier's verdict counts as missing.
    `take`: from the intent until the carrier has taken it (DESIGN.md §2). `ring_slack`: beyond the campaign's ring time,
    which the carrier itself keeps. `guard`: a recording guard's bell. `pass_on`: for a call-back's operator to be joined.
    `told`: for the resident to be told of a recording before the operator's telephone rings, which comes on top.
    `call_in`: 取次, for a colleague to take up; the line itself rings 20 s. `consult`: a resident waits, then hears them.
    """

    patience: float = 2.0
    listen: float = 1.5
    take: float = 3.0
    ring_slack: float = 20.0
    guard: float = 40.0
    announce: float = 40.0
    release: float = 10.0
    ask_again: float = 5.0
    hand_dial_ring: int = 30
    pass_on: float = 5.0
    told: float = 5.0
    call_in: float = 23.0
    consult: float = 180.0


@dataclass(slots=True)
class Call:
    """A call that is not over. `reserved_for`: the operator who was held for it before it was dialed.

    `not_taken_by`: operators whose lines did not answer this call-back.
    """

    attempt_id: UUID
    candidate: Candidate | Caller
    intended_at: datetime
    ring_seconds: int
    state: CallState = CallState.ADMITTED
    next_seq: int = 1
    reserved_for: UUID | None = None
    operator_id: UUID | None = None
    handed: bool = False
    handed_at: datetime | None = None
    answered_at: datetime | None = None
    speech_at: datetime | None = None
    person: bool = False
    connected_at: datetime | None = None
    abandoned: bool = False
    live_counted: bool = False
    result: CallResult | None = None
    deadline: datetime | None = None
    deadline_brings: Happening | None = None
    not_taken_by: frozenset[UUID] = frozenset()
    recording: RecordingMode = RecordingMode.OFF

    def __post_init__(self) -> None:
        if isinstance(self.candidate, Caller):
            self.recording = self.candidate.recording

    @property
    def caller(self) -> Caller | None:
        """Who calls back; None: we have dialed."""
        return self.candidate if isinstance(self.candidate, Caller) else None

    @property
    def competes(self) -> bool:
        """Whether it may yet need an operator from among those who are ready; an unknown one may be ringing."""
        if self.reserved_for is not None:
            return False
        return self.state.needs_operator or (self.state is CallState.UNKNOWN and self.operator_id is None)

    @property
    def over(self) -> bool:
        return self.state is CallState.ENDED

    def forget(self) -> None:
        """Its past is about to be told anew."""
        self.handed_at = self.answered_at = self.speech_at = self.connected_at = None
        self.person = self.abandoned = False
        self.result = None

    def set_deadline(self, at: datetime, now: datetime, limits: Limits) -> None:
        """From the state entered at `at`; where the carrier was told something, from `now`, when it was told."""
        limit = _LIMIT.get(self.state)
        if limit is None:
            self.deadline = self.deadline_brings = None
            return
        seconds, self.deadline_brings = limit
        self.deadline = self._since(at, now) + timedelta(seconds=seconds(self, limits))

    def _since(self, at: datetime, now: datetime) -> datetime:
        if self.state is CallState.ADMITTED:
            return self.intended_at
        if self.state is CallState.LISTENING:
            return self.answered_at or at
        if self.state in (CallState.WAITING, CallState.JOINING):
            return self.speech_at or self.answered_at or at
        if self.state is CallState.RINGING:
            return self.handed_at or at
        return max(at, now) if self.state in _TOLD else at


def _ring(call: Call, limits: Limits) -> float:
    return call.ring_seconds + limits.ring_slack


def _notice(call: Call, limits: Limits) -> float:
    return limits.told if call.recording is RecordingMode.ANNOUNCED else 0.0


_TOLD = frozenset(
    {
        CallState.PASSED,
        CallState.CALLING_IN,
        CallState.CONSULTING,
        CallState.ANNOUNCING,
        CallState.SCREENED,
        CallState.RELEASING,
        CallState.CLOSING,
        CallState.UNKNOWN,
    }
)
_Seconds = Callable[[Call, Limits], float]

_LIMIT: dict[CallState, tuple[_Seconds, Happening]] = {
    CallState.ADMITTED: (lambda _, limits: limits.take, Happening.NOT_TAKEN),
    CallState.DIALING: (_ring, Happening.RING_LIMIT),
    CallState.RINGING: (_ring, Happening.RING_LIMIT),
    CallState.LISTENING: (lambda _, limits: limits.listen, Happening.LISTENED_ENOUGH),
    CallState.GUARDED: (lambda _, limits: limits.guard, Happening.GUARD_LIMIT),
    CallState.PASSED: (lambda call, limits: limits.pass_on + _notice(call, limits), Happening.NOBODY_TOOK),
    CallState.WAITING: (lambda _, limits: limits.patience, Happening.PATIENCE_OVER),
    CallState.JOINING: (lambda call, limits: limits.patience + _notice(call, limits), Happening.PATIENCE_OVER),
    CallState.CALLING_IN: (lambda _, limits: limits.call_in, Happening.COLLEAGUE_LEFT),
    CallState.CONSULTING: (lambda _, limits: limits.consult, Happening.CONSULTED_ENOUGH),
    CallState.ANNOUNCING: (lambda _, limits: limits.announce, Happening.ANNOUNCE_LIMIT),
    CallState.SCREENED: (lambda _, limits: limits.release, Happening.RELEASE_LIMIT),
    CallState.RELEASING: (lambda _, limits: limits.release, Happening.RELEASE_LIMIT),
    CallState.CLOSING: (lambda _, limits: limits.release, Happening.RELEASE_LIMIT),
    CallState.UNKNOWN: (lambda _, limits: limits.ask_again, Happening.NO_WORD),
}

"""The few events every carrier and every screen is turned into, and the commands that come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from callflow.codes import RecordingMode


class Detected(StrEnum):
    """What a carrier heard on an answered line."""

    PERSON = "person"
    MACHINE = "machine"
    FAX = "fax"
    ANNOUNCEMENT = "announcement"
    RECORDING_GUARD = "recording_guard"


# What carriers report. `at` is the carrier's own time of the fact.


@dataclass(frozen=True, slots=True)
class Handed:
    """The carrier has taken the call and gives it to the network."""

    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Ringing:
    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The network says the line was taken up."""

    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard after the answer; a carrier without detection reports PERSON with the answer."""

    attempt_id: UUID
    at: datetime
    detected: Detected


@dataclass(frozen=True, slots=True)
class Joined:
    """The resident and the operator hear each other."""

    attempt_id: UUID
    operator_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Announcing:
    """The line says by itself who called, because nobody was joined in time: it will end, and no operator can come."""

    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The line is free. `result` is the two-digit 架電結果 the trunk's cause table gives, where it was not answered.

    `by_resident` tells who hung up, where the carrier knows.
    """

    attempt_id: UUID
    at: datetime
    cause: str
    result: str | None
    by_resident: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will not or cannot place the call (no line, synthetic or barred number)."""

    attempt_id: UUID
    at: datetime
    cause: str
    result: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The carrier's answer about an attempt a former engine left behind.

    `known` false means it never heard of it, and from this answer on it refuses to dial it. `past` repeats everything
    that happened in the call so far, in order, with the times of then; later events follow as usual.
    """

    attempt_id: UUID
    at: datetime
    known: bool
    live: bool
    past: tuple[CallFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call-back (返電) reaches us. `e164` is None for a withheld number."""

    attempt_id: UUID
    at: datetime
    e164: str | None


class Wish(StrEnum):
    """What a caller chose by a key while waiting (B4): a new payment slip, word that it is paid, or to talk it over."""

    REISSUE = "1"
    PAID = "2"
    CONSULT = "3"


@dataclass(frozen=True, slots=True)
class Wished:
    """A caller pressed a key of the menu."""

    attempt_id: UUID
    at: datetime
    wish: Wish


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody called back and is gone already: outside the hours, or while no engine was there to take them.

    `at`: when they came. `wanted` false: they said by a key that they need no call of ours.
    """

    attempt_id: UUID
    at: datetime
    e164: str | None
    ended_at: datetime
    wanted: bool = True


# 取次 and 聴取: who else is in the conversation.


@dataclass(frozen=True, slots=True)
class CalledIn:
    """取次: the colleague took up; operator and colleague hear each other, and the resident waits."""

    attempt_id: UUID
    colleague_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """This operator, colleague or listener is in the conversation no more, or never came into it."""

    attempt_id: UUID
    operator_id: UUID
    at: datetime


class Listening(StrEnum):
    """How a supervisor takes part in a conversation (聞く, ささやく, 割り込む)."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


CallFact = Handed | Ringing | Answered | Heard | Joined | Announcing | Ended | Refused
CarrierEvent = CallFact | Reconciled | Incoming | Wished | CalledIn | Left | Missed


# What a carrier is told. The attempt's id is the idempotency key: the same command twice acts once.


@dataclass(frozen=True, slots=True)
class Dial:
    """`listen`: whether a carrier that can tell machines from people is to do so before it reports a person."""

    attempt_id: UUID
    e164: str
    caller_number: str
    ring_seconds: int
    listen: bool = False
    recording: RecordingMode = RecordingMode.OFF


@dataclass(frozen=True, slots=True)
class Join:
    """Connect the resident to this operator. `recording` is that of a call-back: of a call we placed, `Dial` said so."""

    attempt_id: UUID
    operator_id: UUID
    recording: RecordingMode = RecordingMode.OFF


@dataclass(frozen=True, slots=True)
class Announce:
    """Say in Japanese who called, then hang up: a live answer that no operator could take within 2 s."""

    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class Hangup:
    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Ask what became of an attempt a former engine left behind. Never dials."""

    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class TellPlace:
    """Say to a caller in the queue how many are before them, themselves included; 1 is next."""

    attempt_id: UUID
    place: int


@dataclass(frozen=True, slots=True)
class TellClosed:
    """Say to a caller that nobody is here and that we call back, then hang up by itself: `Missed` follows."""

    attempt_id: UUID


# 取次. Each command names who is who, so that a carrier that begins anew in the middle of it needs no memory.


@dataclass(frozen=True, slots=True)
class Consult:
    """Ask the resident to wait and ring the colleague, who then speaks with the operator alone."""

    attempt_id: UUID
    operator_id: UUID
    colleague_id: UUID


@dataclass(frozen=True, slots=True)
class Confer:
    """All three hear each other (三者通話)."""

    attempt_id: UUID
    operator_id: UUID
    colleague_id: UUID


@dataclass(frozen=True, slots=True)
class HandOver:
    """The colleague goes on with the resident, and the operator's line is let go."""

    attempt_id: UUID
    operator_id: UUID
    colleague_id: UUID


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The operator goes on with the resident, and the colleague's line is let go, or rings no more."""

    attempt_id: UUID
    operator_id: UUID
    colleague_id: UUID


@dataclass(frozen=True, slots=True)
class ListenIn:
    """Ring the supervisor's line and let it hear this operator's; said again, change how."""

    attempt_id: UUID
    operator_id: UUID
    supervisor_id: UUID
    how: Listening


@dataclass(frozen=True, slots=True)
class StopListening:
    attempt_id: UUID
    supervisor_id: UUID


Transfer = Consult | Confer | HandOver | TakeBack
CarrierCommand = (
    Dial | Join | Announce | Hangup | Reconcile | TellPlace | TellClosed | Transfer | ListenIn | StopListening
)

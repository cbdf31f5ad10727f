"""One table: call state × event → next state, and what is to be done.

Nothing else in the house decides what becomes of a call. An event the table does not know in a state is no error: it
is stored as ignored and changes nothing, because networks repeat themselves and come late.

Sources: DOMAIN.md §2.8 (放棄呼), §2.9 (録音警告装置), §2.10 (results), REPORTS.md §6.0 (有人応答, 早期切断).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callflow.codes import CallResult


class CallState(StrEnum):
    """Where a call stands."""

    ADMITTED = "admitted"
    """The gate allowed it and the row is committed; the carrier has not taken it yet."""
    DIALING = "dialing"
    RINGING = "ringing"
    LISTENING = "listening"
    """Answered by the network; nobody knows yet by whom."""
    GUARDED = "guarded"
    """A recording guard spoke; the bell rings behind it and a person may still answer."""
    QUEUED = "queued"
    """返電: the caller hears that somebody is coming, for as long as the carrier keeps them."""
    PASSED = "passed"
    """返電: on the way to an operator, and back into the queue if nobody takes it."""
    WAITING = "waiting"
    """A person is there and no operator is: at most 2.0 s."""
    JOINING = "joining"
    TALKING = "talking"
    CALLING_IN = "calling_in"
    """取次: a colleague's line rings; the resident is asked to wait."""
    CONSULTING = "consulting"
    """取次: operator and colleague talk, and the resident waits."""
    THREE_WAY = "three_way"
    CLOSING = "closing"
    """The operator hung up; the line is not free yet."""
    WRAPUP = "wrapup"
    """The line is free; the operator still writes."""
    ANNOUNCING = "announcing"
    """放棄呼: the resident is told who called."""
    SCREENED = "screened"
    """Taken for a machine or a fax and being released."""
    RELEASING = "releasing"
    UNKNOWN = "unknown"
    """A former engine left it behind, or the carrier does not answer for it."""
    ENDED = "ended"

    @property
    def in_flight(self) -> bool:
        """Dialed and not yet answered by anybody: it may need an operator any moment."""
        return self in _IN_FLIGHT

    @property
    def needs_operator(self) -> bool:
        """In flight, or answered and not yet with an operator."""
        return self in _IN_FLIGHT or self in (CallState.WAITING, CallState.QUEUED)

    @property
    def holds_operator(self) -> bool:
        """An operator is bound to it."""
        return self in _HOLDS_OPERATOR

    @property
    def has_colleague(self) -> bool:
        """取次: a second line of ours belongs to it."""
        return self in _WITH_COLLEAGUE

    @property
    def line_is_free(self) -> bool:
        return self in (CallState.WRAPUP, CallState.ENDED)


_IN_FLIGHT = frozenset(
    {CallState.ADMITTED, CallState.DIALING, CallState.RINGING, CallState.LISTENING, CallState.GUARDED}
)
_HOLDS_OPERATOR = frozenset(
    {
        CallState.PASSED,
        CallState.JOINING,
        CallState.TALKING,
        CallState.CALLING_IN,
        CallState.CONSULTING,
        CallState.THREE_WAY,
        CallState.CLOSING,
        CallState.WRAPUP,
    }
)
_WITH_COLLEAGUE = frozenset({CallState.CALLING_IN, CallState.CONSULTING, CallState.THREE_WAY})


class Happening(StrEnum):
    """What can happen to a call: what a carrier reports, what time brings, what an operator does."""

    HANDED = "handed"
    RINGING = "ringing"
    ANSWERED = "answered"
    HEARD_PERSON = "heard_person"
    HEARD_MACHINE = "heard_machine"
    HEARD_FAX = "heard_fax"
    HEARD_ANNOUNCEMENT = "heard_announcement"
    HEARD_GUARD = "heard_guard"
    JOINED = "joined"
    ANNOUNCED = "announced"
    """The line began to say who called by itself: too late for an operator."""
    ENDED = "ended"
    ENDED_UNANSWERED = "ended_unanswered"
    """The line is free, and the carrier says with a result of its own that no person had answered."""
    REFUSED = "refused"
    RECONCILED_KNOWN = "reconciled_known"
    RECONCILED_ABSENT = "reconciled_absent"
    RECONCILED_LOST = "reconciled_lost"
    """The carrier knows nothing of a call it had once taken."""
    RECONCILED_QUEUED = "reconciled_queued"
    """返電: the caller is still there."""

    TOO_LATE = "too_late"
    """3 s passed before the carrier was told, or the call was given up: it is never told."""
    NOT_TAKEN = "not_taken"
    """The carrier was told and has not taken it for 3 s."""
    RING_LIMIT = "ring_limit"
    LISTENED_ENOUGH = "listened_enough"
    """No verdict in time: whoever is there is treated as a person."""
    GUARD_LIMIT = "guard_limit"
    PATIENCE_OVER = "patience_over"
    ANNOUNCE_LIMIT = "announce_limit"
    RELEASE_LIMIT = "release_limit"
    NO_WORD = "no_word"
    """The carrier was asked and has not answered yet."""

    ENGINE_RESTARTED = "engine_restarted"
    MATCHED = "matched"
    WISHED = "wished"
    """返電: the caller chose by a key what it is about."""
    NOBODY_TOOK = "nobody_took"
    """返電: the operator's line did not answer in time."""
    CONSULTED = "consulted"
    """取次: the operator asks a colleague in."""
    COLLEAGUE_RINGS = "colleague_rings"
    """取次 found again by a new engine: the colleague's line rings."""
    COLLEAGUE_TOOK = "colleague_took"
    COLLEAGUE_LEFT = "colleague_left"
    """取次: the colleague did not answer, rang off, or the line broke."""
    OPERATOR_LEFT = "operator_left"
    """取次: the operator's line broke."""
    CONFERRED = "conferred"
    CONSULTED_ENOUGH = "consulted_enough"
    """取次: a resident does not wait for ever."""
    TAKEN_BACK = "taken_back"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    OPERATOR_HUNG_UP = "operator_hung_up"
    WRAPUP_DONE = "wrapup_done"


class Act(StrEnum):
    """What follows a step: commands to the carrier, things to write down, changes of the operator's seat."""

    JOIN = "join"
    ANNOUNCE = "announce"
    HANG_UP = "hang_up"
    ASK = "ask"
    NOTE_HANDED = "note_handed"
    NOTE_ANSWERED = "note_answered"
    NOTE_PERSON = "note_person"
    """Speech was heard: patience counts from here."""
    PRESUME_PERSON = "presume_person"
    """Nothing was heard that speaks against a person: patience counts from the answer signal."""
    NOTE_NO_PERSON = "note_no_person"
    NOTE_JOINED = "note_joined"
    NOTE_ABANDONED = "note_abandoned"
    NOTE_UNKNOWN = "note_unknown"
    NOTE_WRAPPED_UP = "note_wrapped_up"
    CLOSE = "close"
    FREE_OPERATOR = "free_operator"
    PAUSE_OPERATOR = "pause_operator"
    """The operator's line did not answer."""
    START_WRAPUP = "start_wrapup"
    CONSULT = "consult"
    SEAT_COLLEAGUE = "seat_colleague"
    CONFER = "confer"
    TAKE_BACK = "take_back"
    HAND_OVER = "hand_over"
    FREE_COLLEAGUE = "free_colleague"
    """Whoever has spoken with the resident writes a record first."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the table. `result` fixes the 架電結果; None leaves it to what the carrier says at the end."""

    to: CallState
    acts: tuple[Act, ...] = ()
    result: CallResult | None = None


_S, _H, _A, _R = CallState, Happening, Act, CallResult

_EARLY_CUT = Step(_S.ENDED, (_A.PRESUME_PERSON, _A.CLOSE), _R.ANSWERED)
_ABANDON = Step(_S.ANNOUNCING, (_A.PRESUME_PERSON, _A.NOTE_ABANDONED, _A.ANNOUNCE, _A.FREE_OPERATOR), _R.ABANDONED)
_MACHINE = Step(_S.SCREENED, (_A.NOTE_NO_PERSON, _A.HANG_UP), _R.VOICEMAIL)
_FAX = Step(_S.SCREENED, (_A.NOTE_NO_PERSON, _A.HANG_UP), _R.FAX)
_ANNOUNCEMENT = Step(_S.SCREENED, (_A.NOTE_NO_PERSON, _A.HANG_UP))
_GUARD = Step(_S.GUARDED, (_A.NOTE_NO_PERSON,))
_ANSWERED = Step(_S.LISTENING, (_A.NOTE_ANSWERED,))
_OVER = Step(_S.ENDED, (_A.CLOSE,))
_CANCEL = Step(_S.RELEASING, (_A.HANG_UP,), _R.NO_ANSWER)
_BACK = Step(_S.TALKING, (_A.TAKE_BACK, _A.FREE_COLLEAGUE))
_HANDED_OVER = Step(_S.TALKING, (_A.HAND_OVER,))
_OVER_IN_TRANSFER = Step(_S.WRAPUP, (_A.CLOSE, _A.START_WRAPUP, _A.FREE_COLLEAGUE), _R.ANSWERED)
_NEVER_TOLD = Step(_S.ENDED, (_A.CLOSE, _A.FREE_OPERATOR), _R.STOPPED_BY_RULE)
_ASK = Step(_S.UNKNOWN, (_A.NOTE_UNKNOWN, _A.ASK))

TABLE: dict[CallState, dict[Happening, Step]] = {
    _S.ADMITTED: {
        _H.HANDED: Step(_S.DIALING, (_A.NOTE_HANDED,)),
        _H.RINGING: Step(_S.RINGING, (_A.NOTE_HANDED,)),
        _H.ANSWERED: Step(_S.LISTENING, (_A.NOTE_HANDED, _A.NOTE_ANSWERED)),
        _H.ENDED: _OVER,
        _H.ENDED_UNANSWERED: _OVER,
        _H.REFUSED: _OVER,
        _H.TOO_LATE: _NEVER_TOLD,
        _H.NOT_TAKEN: _ASK,
        _H.CANCELLED: _CANCEL,
        _H.OPERATOR_HUNG_UP: _CANCEL,
    },
    _S.DIALING: {
        _H.RINGING: Step(_S.RINGING),
        _H.ANSWERED: _ANSWERED,
        _H.HEARD_ANNOUNCEMENT: _ANNOUNCEMENT,
        _H.ENDED: _OVER,
        _H.ENDED_UNANSWERED: _OVER,
        _H.REFUSED: _OVER,
        _H.RING_LIMIT: _CANCEL,
        _H.CANCELLED: _CANCEL,
        _H.OPERATOR_HUNG_UP: _CANCEL,
    },
    _S.RINGING: {
        _H.ANSWERED: _ANSWERED,
        _H.HEARD_ANNOUNCEMENT: _ANNOUNCEMENT,
        _H.ENDED: _OVER,
        _H.ENDED_UNANSWERED: _OVER,
        _H.REFUSED: _OVER,
        _H.RING_LIMIT: _CANCEL,
        _H.CANCELLED: _CANCEL,
        _H.OPERATOR_HUNG_UP: _CANCEL,
    },
    _S.LISTENING: {
        _H.HEARD_PERSON: Step(_S.WAITING, (_A.NOTE_PERSON,)),
        # A former engine's join, told again by a carrier that reports no speech.
        _H.JOINED: Step(_S.TALKING, (_A.PRESUME_PERSON, _A.NOTE_JOINED), _R.ANSWERED),
        _H.ANNOUNCED: _ABANDON,
        _H.LISTENED_ENOUGH: Step(_S.WAITING, (_A.PRESUME_PERSON,)),
        _H.HEARD_MACHINE: _MACHINE,
        _H.HEARD_FAX: _FAX,
        _H.HEARD_ANNOUNCEMENT: _ANNOUNCEMENT,
        _H.HEARD_GUARD: _GUARD,
        _H.ENDED: _EARLY_CUT,
        _H.ENDED_UNANSWERED: _OVER,
        _H.OPERATOR_HUNG_UP: _ABANDON,
    },
    _S.GUARDED: {
        _H.HEARD_PERSON: Step(_S.WAITING, (_A.NOTE_PERSON,)),
        _H.HEARD_MACHINE: _MACHINE,
        _H.HEARD_FAX: _FAX,
        _H.ENDED: Step(_S.ENDED, (_A.CLOSE,), _R.RECORDING_GUARD),
        _H.ENDED_UNANSWERED: Step(_S.ENDED, (_A.CLOSE,), _R.RECORDING_GUARD),
        _H.GUARD_LIMIT: Step(_S.RELEASING, (_A.HANG_UP,), _R.RECORDING_GUARD),
        _H.OPERATOR_HUNG_UP: Step(_S.RELEASING, (_A.HANG_UP,), _R.RECORDING_GUARD),
    },
    # 返電 (I4): nobody dialed them, so a caller who is lost here is no 放棄呼.
    _S.QUEUED: {
        _H.MATCHED: Step(_S.PASSED, (_A.JOIN,)),
        _H.WISHED: Step(_S.QUEUED),
        # A former engine's join, told again by the carrier.
        _H.JOINED: Step(_S.TALKING, (_A.NOTE_JOINED,), _R.ANSWERED),
        _H.ENDED: Step(_S.ENDED, (_A.CLOSE,), _R.NO_ANSWER),
        _H.ENDED_UNANSWERED: Step(_S.ENDED, (_A.CLOSE,), _R.NO_ANSWER),
    },
    _S.PASSED: {
        _H.JOINED: Step(_S.TALKING, (_A.NOTE_JOINED,), _R.ANSWERED),
        _H.WISHED: Step(_S.PASSED),
        # A line that is silent for a caller would be silent for a resident we ring: no more calls to it.
        _H.NOBODY_TOOK: Step(_S.QUEUED, (_A.PAUSE_OPERATOR,)),
        _H.OPERATOR_HUNG_UP: Step(_S.QUEUED, (_A.FREE_OPERATOR,)),
        _H.ENDED: Step(_S.ENDED, (_A.CLOSE, _A.FREE_OPERATOR), _R.NO_ANSWER),
        _H.ENDED_UNANSWERED: Step(_S.ENDED, (_A.CLOSE, _A.FREE_OPERATOR), _R.NO_ANSWER),
    },
    _S.WAITING: {
        _H.MATCHED: Step(_S.JOINING, (_A.JOIN,)),
        # A former engine's join, told again by the carrier.
        _H.JOINED: Step(_S.TALKING, (_A.NOTE_JOINED,), _R.ANSWERED),
        _H.ANNOUNCED: _ABANDON,
        _H.PATIENCE_OVER: _ABANDON,
        _H.OPERATOR_HUNG_UP: _ABANDON,
        _H.HEARD_MACHINE: _MACHINE,
        _H.HEARD_FAX: _FAX,
        _H.HEARD_ANNOUNCEMENT: _ANNOUNCEMENT,
        _H.HEARD_GUARD: _GUARD,
        _H.ENDED: _EARLY_CUT,
        _H.ENDED_UNANSWERED: Step(_S.ENDED, (_A.NOTE_NO_PERSON, _A.CLOSE)),
    },
    _S.JOINING: {
        _H.JOINED: Step(_S.TALKING, (_A.NOTE_JOINED,), _R.ANSWERED),
        _H.ANNOUNCED: _ABANDON,
        _H.PATIENCE_OVER: _ABANDON,
        _H.OPERATOR_HUNG_UP: _ABANDON,
        _H.HEARD_MACHINE: Step(_S.SCREENED, (_A.NOTE_NO_PERSON, _A.HANG_UP, _A.FREE_OPERATOR), _R.VOICEMAIL),
        _H.HEARD_FAX: Step(_S.SCREENED, (_A.NOTE_NO_PERSON, _A.HANG_UP, _A.FREE_OPERATOR), _R.FAX),
        _H.ENDED: Step(_S.ENDED, (_A.CLOSE, _A.FREE_OPERATOR), _R.ANSWERED),
        _H.ENDED_UNANSWERED: Step(_S.ENDED, (_A.NOTE_NO_PERSON, _A.CLOSE, _A.FREE_OPERATOR)),
    },
    _S.TALKING: {
        _H.OPERATOR_HUNG_UP: Step(_S.CLOSING, (_A.HANG_UP, _A.START_WRAPUP), _R.ANSWERED),
        _H.ENDED: Step(_S.WRAPUP, (_A.CLOSE, _A.START_WRAPUP), _R.ANSWERED),
        _H.ENDED_UNANSWERED: Step(_S.WRAPUP, (_A.CLOSE, _A.START_WRAPUP), _R.ANSWERED),
        _H.CONSULTED: Step(_S.CALLING_IN, (_A.CONSULT,)),
        # A transfer a former engine had begun; whether it still could say that all three are to talk, nobody knows.
        _H.COLLEAGUE_RINGS: Step(_S.CALLING_IN),
        _H.COLLEAGUE_TOOK: Step(_S.CONSULTING),
        _H.CONFERRED: Step(_S.THREE_WAY, (_A.CONFER,)),
    },
    # 取次: whatever becomes of the three, the resident ends with whoever is there.
    _S.CALLING_IN: {
        _H.COLLEAGUE_TOOK: Step(_S.CONSULTING, (_A.SEAT_COLLEAGUE,)),
        _H.COLLEAGUE_LEFT: _BACK,
        _H.TAKEN_BACK: _BACK,
        # The line keeps the resident for the operator's return, as in any talk.
        _H.OPERATOR_LEFT: _BACK,
        _H.ENDED: _OVER_IN_TRANSFER,
        _H.ENDED_UNANSWERED: _OVER_IN_TRANSFER,
    },
    _S.CONSULTING: {
        _H.CONFERRED: Step(_S.THREE_WAY, (_A.CONFER,)),
        _H.CONSULTED_ENOUGH: Step(_S.THREE_WAY, (_A.CONFER,)),
        _H.HANDED_OVER: _HANDED_OVER,
        _H.OPERATOR_LEFT: _HANDED_OVER,
        _H.TAKEN_BACK: _BACK,
        _H.COLLEAGUE_LEFT: _BACK,
        _H.ENDED: _OVER_IN_TRANSFER,
        _H.ENDED_UNANSWERED: _OVER_IN_TRANSFER,
    },
    _S.THREE_WAY: {
        _H.HANDED_OVER: _HANDED_OVER,
        _H.OPERATOR_LEFT: _HANDED_OVER,
        _H.TAKEN_BACK: _BACK,
        _H.COLLEAGUE_LEFT: _BACK,
        _H.ENDED: _OVER_IN_TRANSFER,
        _H.ENDED_UNANSWERED: _OVER_IN_TRANSFER,
    },
    _S.CLOSING: {
        _H.ENDED: Step(_S.WRAPUP, (_A.CLOSE,), _R.ANSWERED),
        _H.ENDED_UNANSWERED: Step(_S.WRAPUP, (_A.CLOSE,), _R.ANSWERED),
        _H.WRAPUP_DONE: Step(_S.RELEASING, (_A.NOTE_WRAPPED_UP, _A.FREE_OPERATOR), _R.ANSWERED),
        _H.RELEASE_LIMIT: _ASK,
    },
    _S.WRAPUP: {
        _H.WRAPUP_DONE: Step(_S.ENDED, (_A.NOTE_WRAPPED_UP, _A.FREE_OPERATOR)),
    },
    _S.ANNOUNCING: {
        _H.ENDED: Step(_S.ENDED, (_A.CLOSE,), _R.ABANDONED),
        _H.ENDED_UNANSWERED: Step(_S.ENDED, (_A.CLOSE,), _R.ABANDONED),
        _H.ANNOUNCE_LIMIT: Step(_S.RELEASING, (_A.HANG_UP,), _R.ABANDONED),
    },
    _S.SCREENED: {
        _H.ENDED: _OVER,
        _H.ENDED_UNANSWERED: _OVER,
        # A person whom the detector took for a machine: 放棄呼 (PACING.md §1).
        _H.HEARD_PERSON: _ABANDON,
        _H.RELEASE_LIMIT: _ASK,
    },
    _S.RELEASING: {
        _H.ENDED: _OVER,
        _H.ENDED_UNANSWERED: _OVER,
        _H.REFUSED: _OVER,
        # Somebody picked up in the moment we gave up: not silence, but our name.
        _H.ANSWERED: Step(
            _S.ANNOUNCING,
            (_A.NOTE_ANSWERED, _A.PRESUME_PERSON, _A.NOTE_ABANDONED, _A.ANNOUNCE),
            _R.ABANDONED,
        ),
        _H.RELEASE_LIMIT: _ASK,
        _H.TOO_LATE: _NEVER_TOLD,
    },
    _S.UNKNOWN: {
        # The call's past is told anew from its beginning, by the same table. Whatever else comes from the carrier
        # before it has answered is part of that past.
        _H.RECONCILED_KNOWN: Step(_S.DIALING, (_A.NOTE_HANDED,)),
        _H.RECONCILED_QUEUED: Step(_S.QUEUED),
        _H.RECONCILED_ABSENT: _NEVER_TOLD,
        _H.TOO_LATE: _NEVER_TOLD,
        _H.RECONCILED_LOST: Step(_S.ENDED, (_A.CLOSE, _A.FREE_OPERATOR), _R.NO_ANSWER),
        _H.NO_WORD: Step(_S.UNKNOWN, (_A.ASK,)),
        _H.OPERATOR_HUNG_UP: Step(_S.UNKNOWN, (_A.HANG_UP, _A.START_WRAPUP)),
        _H.WRAPUP_DONE: Step(_S.UNKNOWN, (_A.NOTE_WRAPPED_UP, _A.FREE_OPERATOR)),
    },
    _S.ENDED: {},
}
for _state in _S:
    if not _state.line_is_free:
        TABLE[_state][_H.ENGINE_RESTARTED] = _ASK


def step(state: CallState, happening: Happening) -> Step | None:
    """What follows `happening` in `state`; None means: ignored, nothing changes."""
    return TABLE[state].get(happening)

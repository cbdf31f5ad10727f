"""Facts in columns: what happened, one entry per fact, with the marks and numbers that measures are made of.

A fact set holds the ids of its rows, named numbers (whole numbers) and named marks (yes or no). A measure is nothing
but a mark, a number or a distinct key of one set; the very same mark gives the rows behind a figure. All of it is pure:
`reports.reading` fills it from the database, tests fill it by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callflow.codes import CallResult, Contact
from casefile.vocabulary import PromiseState

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]

NOWHERE = -1
JOIN_SECONDS = 2.0
"""An operator within 2 s of the answer; later is 放棄呼 (REPORTS.md §6.0)."""


@dataclass(frozen=True, slots=True)
class FactSet:
    """Facts of one kind. `table` says whose ids these are, so that a reader can be led to the rows."""

    table: str
    ids: Sequence[str]
    numbers: Mapping[str, Ints]
    marks: Mapping[str, Marks]

    def __len__(self) -> int:
        return len(self.ids)


class Numbering:
    """Small whole numbers for keys, in the order they first come."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def of(self, keys: Iterable[str]) -> Ints:
        known = self.known
        return np.fromiter((known.setdefault(key, len(known)) for key in keys), dtype=np.int64)

    def find(self, keys: Iterable[str | None]) -> Ints:
        """The numbers of keys, NOWHERE for those never met."""
        known = self.known
        return np.fromiter((NOWHERE if key is None else known.get(key, NOWHERE) for key in keys), dtype=np.int64)


class CallFact(NamedTuple):
    """One outbound call that was handed over and has ended. Days are proleptic ordinals, JST; seconds are whole.

    `line`: 固定 landline, 携帯 mobile, anything else other. `heard_seconds`: from the resident's first word (or the
    answer) to the end of a call nobody joined. `talk_seconds` and `wrapup_seconds` are None where there was none.
    """

    attempt_id: str
    addressee_no: str
    household_id: str
    phone_id: str
    day: int
    hour: int
    line: str
    attempt_no: int
    result: str | None
    answered: bool
    person_answered: bool
    joined: bool
    abandoned: bool
    heard_seconds: float
    talk_seconds: int | None
    wrapup_seconds: int | None
    joined_late: bool


class RecordFact(NamedTuple):
    """The version of a 交渉記録 that was the latest at the report's moment, where it says who was reached.

    `order` orders touches in time; `joined` tells whether an operator spoke in its call.
    """

    record_id: str
    addressee_no: str
    claim_group: str
    direction: str
    attempt_id: str | None
    day: int
    order: float
    result: str | None
    contact: str | None
    outcome: str | None
    joined: bool

    @property
    def is_contact(self) -> bool:
        return self.contact in _CONTACTS

    @property
    def is_right_party(self) -> bool:
        return self.contact in _RIGHT_PARTY


class PromiseFact(NamedTuple):
    """A promise as of the 収納基準日. `state` OPEN is 未到来/判定待ち, CANCELLED stands for 取消 and 更改 alike.

    `paid_in_time_yen`: what reached its periods from 約束日 to 約束期日.
    """

    promise_id: str
    addressee_no: str
    claim_group: str
    attempt_id: str | None
    made_day: int
    promised_yen: int
    state: PromiseState
    paid_in_time_yen: int


LINES = ("landline", "mobile", "other")
_LINE_NUMBERS = {line: number for number, line in enumerate(LINES)}
NTH = (1, 2, 3, 4)
"""架電回次; the last stands for the fourth and every later one."""

_CONTACTS = frozenset(contact.value for contact in Contact if contact.is_contact)
_RIGHT_PARTY = frozenset(contact.value for contact in Contact if contact.is_right_party)
_REACHED_NOBODY: Mapping[str, tuple[CallResult, ...]] = {
    "busy": (CallResult.BUSY,),
    "no_answer": (CallResult.NO_ANSWER,),
    "voicemail": (CallResult.VOICEMAIL,),
    "out_of_reach": (CallResult.OUT_OF_REACH,),
    "dead": (CallResult.NOT_IN_SERVICE, CallResult.NUMBER_CHANGED, CallResult.SUSPENDED),
    "rejected": (CallResult.REJECTED,),
}
_INVALID = tuple(code for code in CallResult if code.kills_number)
_CODES: Mapping[str | None, int] = {code.value: number for number, code in enumerate(CallResult)}


CallColumns = Mapping[str, Sequence[Any]]
"""The fields of CallFact, each as one sequence: a month of a hundred thousand calls is read and counted this way."""


def in_columns(facts: Sequence[CallFact]) -> CallColumns:
    """Calls one by one, turned into columns."""
    columns = tuple(zip(*facts, strict=True)) or tuple(() for _ in CallFact._fields)
    return dict(zip(CallFact._fields, columns, strict=True))


def calls_of(col: CallColumns, records: Iterable[RecordFact], persons: Numbering, households: Numbering) -> FactSet:
    """架電 and everything REPORTS.md §6.0 derives from one call.

    Only `call` marks 架電 itself: a call that failed by congestion (12), or was never placed (11, 15), is in the set
    but not 架電. The marks busy … other and live are a partition of `call`; conversation, abandoned and hung_up are a
    partition of live.
    """
    ids: Sequence[str] = col["attempt_id"]
    result = np.fromiter(map(_CODES.get, col["result"], repeat(NOWHERE)), dtype=np.int64)
    call = ~_is(result, tuple(code for code in CallResult if not code.handed_to_network))
    live = call & _marks(col["person_answered"])
    joined = _marks(col["joined"])
    heard_long = np.array(col["heard_seconds"], dtype=np.float64) > JOIN_SECONDS
    conversation = live & joined
    abandoned = live & ~joined & (_marks(col["abandoned"]) | heard_long)
    contacted, right, wrong = _reached(ids, records)
    partition = {name: call & ~live & _is(result, codes) for name, codes in _REACHED_NOBODY.items()}
    known = np.logical_or.reduce([live, *partition.values()])
    talk = _seconds(col["talk_seconds"])
    wrapup = _seconds(col["wrapup_seconds"])
    line = np.fromiter(map(_LINE_NUMBERS.get, col["line"], repeat(len(LINES) - 1)), dtype=np.int64)
    marks = {
        "call": call,
        "congestion": _is(result, (CallResult.CONGESTION,)),
        **partition,
        "other": call & ~known,
        "live": live,
        "answered": call & _marks(col["answered"]),
        "conversation": conversation,
        "abandoned": abandoned,
        "hung_up": live & ~joined & ~abandoned,
        "joined_late": conversation & _marks(col["joined_late"]),
        "contacted": conversation & contacted,
        "right_party": conversation & right,
        "wrapped_up": call & (wrapup >= 0),
        "invalid_number": call & (_is(result, _INVALID) | wrong),
    }
    numbers = {
        "person": persons.of(col["addressee_no"]),
        "household": households.of(col["household_id"]),
        "phone": Numbering().of(col["phone_id"]),
        "day": np.array(col["day"], dtype=np.int64),
        "hour": np.array(col["hour"], dtype=np.int64),
        "line": line,
        "nth": np.clip(np.array(col["attempt_no"], dtype=np.int64), NTH[0], NTH[-1]),
        "talk_seconds": np.where(conversation, np.maximum(talk, 0), 0),
        "wrapup_seconds": np.maximum(wrapup, 0),
    }
    return FactSet("attempt", ids, numbers, marks)


def _reached(ids: Sequence[str], records: Iterable[RecordFact]) -> tuple[Marks, Marks, Marks]:
    """Which calls reached somebody, the right party, and a wrong person. A call may have a record for a second debtor."""
    at = dict(zip(ids, range(len(ids)), strict=True))
    contacted, right, wrong = (np.zeros(len(ids), dtype=np.bool_) for _ in range(3))
    for record in records:
        position = at.get(record.attempt_id or "")
        if position is None or record.contact is None:
            continue
        contacted[position] |= record.is_contact
        right[position] |= record.is_right_party
        wrong[position] |= record.contact == Contact.WRONG_PERSON
    return contacted, right, wrong


def _is(result: Ints, codes: tuple[CallResult, ...]) -> Marks:
    return np.isin(result, [_CODES[code.value] for code in codes])


def _marks(values: Sequence[bool]) -> Marks:
    return np.array(values, dtype=np.bool_)


def _seconds(values: Sequence[int | None]) -> Ints:
    """Whole seconds, NOWHERE for none; never below zero otherwise."""
    return np.fromiter((NOWHERE if x is None else max(x, 0) for x in values), dtype=np.int64)

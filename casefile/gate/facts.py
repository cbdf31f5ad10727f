"""What the gate knows when it decides: committed facts of one moment, nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from casefile.clock import at_jst, jst_date

BUSY = "02"
"""架電結果 話中 (DOMAIN.md §2.10)."""


class Owed(NamedTuple):
    """One unpaid period in the claim group asked about."""

    due_date: date
    demand_notice_date: date | None
    limitation_date: date | None
    yen: int


class ActiveFlag(NamedTuple):
    """A flag in force today. `effect` None: it has no rule for this channel and purpose; `known` False: none at all."""

    code: str
    valid_to: date | None
    effect: str | None
    label: str
    known: bool


class Hold(NamedTuple):
    kind: str
    until: datetime | None
    exempt_id: UUID | None


class Stop(NamedTuple):
    district_code: str | None
    started_at: datetime
    reason: str


class PhoneFacts(NamedTuple):
    phone_id: UUID
    e164: str | None
    line_type: str
    place: str
    holder: str
    ng_reason: str | None
    dropped: bool
    usable_hours: dict[str, Any] | None


class PersonFacts(NamedTuple):
    household_id: str
    kind: str
    language: str
    district_code: str | None


class PastAttempt(NamedTuple):
    """One row of the attempt ledger, as far as caps care."""

    household_id: str | None
    addressee_no: str | None
    e164: str | None
    channel: str
    direction: str
    live: bool
    counted: bool
    result: str | None
    person_answered: bool
    abandoned: bool
    intended_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one request is judged by, apart from the attempts (see History) and the city's settings.

    `last_call_abandoned`: the latest counted call of the household was a 放棄呼. `attempts_before`: attempts of this
    person on this channel in this campaign. `requester_is_staff`: whoever asked may handle 職員対応 by hand.
    """

    person: PersonFacts | None
    phone: PhoneFacts | None
    flags: tuple[ActiveFlag, ...] = ()
    owed: tuple[Owed, ...] = ()
    plan_no: str | None = None
    promise: tuple[UUID, date] | None = None
    holds: tuple[Hold, ...] = ()
    stops: tuple[Stop, ...] = ()
    receipts_as_of: date | None = None
    last_call_abandoned: bool = False
    attempts_before: int = 0
    requester_is_staff: bool = False


class Moment:
    """The present as the rules need it: the instant, the Japanese day, and where that day and its month began."""

    __slots__ = ("day", "day_start", "month_start", "now")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.day = jst_date(now)
        self.day_start = at_jst(self.day)
        self.month_start = at_jst(self.day.replace(day=1))


class History:
    """Attempts of the households, persons and numbers of a batch; attempts admitted within the batch are added as it goes."""

    def __init__(self, attempts: Iterable[PastAttempt] = ()) -> None:
        self._by_household: dict[str, list[PastAttempt]] = {}
        self._by_person: dict[str, list[PastAttempt]] = {}
        self._by_number: dict[str, list[PastAttempt]] = {}
        for attempt in attempts:
            self.add(attempt)

    def add(self, attempt: PastAttempt) -> None:
        if attempt.household_id is not None:
            self._by_household.setdefault(attempt.household_id, []).append(attempt)
        if attempt.addressee_no is not None:
            self._by_person.setdefault(attempt.addressee_no, []).append(attempt)
        if attempt.e164 is not None:
            self._by_number.setdefault(attempt.e164, []).append(attempt)

    def of_household(self, household_id: str) -> list[PastAttempt]:
        return self._by_household.get(household_id, [])

    def of_person(self, addressee_no: str) -> list[PastAttempt]:
        return self._by_person.get(addressee_no, [])

    def of_number(self, e164: str) -> list[PastAttempt]:
        return self._by_number.get(e164, [])


def is_booked_call(recall_id: UUID | None, facts: Facts) -> bool:
    """Whether this is the call a resident was promised: its 再コール still holds everything else back."""
    return recall_id is not None and any(hold.exempt_id == recall_id for hold in facts.holds)


def is_call(attempt: PastAttempt) -> bool:
    """A call of ours that counts toward caps."""
    return attempt.counted and attempt.channel == "call" and attempt.direction == "outbound"


def is_busy(attempt: PastAttempt) -> bool:
    return attempt.result == BUSY


def earliest_history(moment: Moment) -> datetime:
    """From when on attempts must be known for every cap: the month's start, and yesterday for gaps over midnight."""
    return min(moment.month_start, moment.day_start - timedelta(days=1))

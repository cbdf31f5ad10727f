"""What is written when a call without conversation closes: its record, dead numbers, and the way on to SMS.

The unreached rule (K6, DESIGN.md §2.6): n counted tries in m different bands without contact, and a mobile number known to
be the person's own, make an SMS follow-up, due on the first working day at least 7 days after the last document or call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from callflow.bands import Slot
from callflow.codes import CallResult
from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.ids import Ids


@dataclass(frozen=True, slots=True)
class UnreachedRule:
    """`attempts` counted tries in `bands` different bands; then the first working day `days` days after the last touch.

    `attempts` 0 switches the rule off for a campaign.
    """

    attempts: int = 3
    bands: int = 2
    days: int = 7

    def to_json(self) -> dict[str, int]:
        return {"attempts": self.attempts, "bands": self.bands, "days": self.days}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> UnreachedRule:
        """Read `Campaign.follow_up`; what is missing keeps its default."""
        return cls(**{name: int(value[name]) for name in ("attempts", "bands", "days") if name in value})


@dataclass(frozen=True, slots=True)
class AttemptClose:
    """A call that has just ended without conversation, as the ledger has it. `started_at` is when it was handed over.

    `counted`: whether it counts toward caps. `rule` None leaves the SMS follow-up out for this call.
    """

    attempt_id: UUID
    addressee_no: str
    household_id: str
    phone_id: UUID | None
    e164: str
    purpose: str
    claim_group: str
    campaign_id: UUID | None
    result: CallResult
    started_at: datetime
    ended_at: datetime
    counted: bool
    rule: UnreachedRule | None = UnreachedRule()


@dataclass(frozen=True, slots=True)
class Closed:
    """What was written. `number_dead`: the phone was marked NG for this person. `follow_up_id`: an SMS is now waiting."""

    attempt_id: UUID
    record_id: UUID
    number_dead: bool
    follow_up_id: UUID | None


@dataclass(frozen=True, slots=True)
class UnreachedFacts:
    """Counted tries without contact since the last contact, the person's own mobile, the last call and document."""

    slots: Sequence[Slot]
    has_own_mobile: bool
    last_call_on: date | None
    last_document_on: date | None


def sms_due_on(rule: UnreachedRule, facts: UnreachedFacts, calendar: OfficeCalendar) -> date | None:
    """The day an SMS follow-up falls due, or None while the rule is not met (pure)."""
    raise NotImplementedError


def close_call(conn: Connection, city: City, close: AttemptClose, now: datetime, ids: Ids) -> Closed:
    """Write everything that follows a call without conversation, in the transaction that closes it.

    Contact record (one per attempt, however often this is called), NG of a dead number, SMS follow-up by the rule.
    """
    return close_calls(conn, city, [close], now, ids)[0]


def close_calls(conn: Connection, city: City, closes: Sequence[AttemptClose], now: datetime, ids: Ids) -> list[Closed]:
    """`close_call` for many at once: the same rows in a few statements, answers in the order of `closes`."""
    raise NotImplementedError


def queue_sms_if_unreached(
    conn: Connection, city: City, close: AttemptClose, rule: UnreachedRule, now: datetime, ids: Ids
) -> UUID | None:
    """Queue the SMS follow-up if the rule is met; returns its id, or None. Once per campaign, or month without one."""
    raise NotImplementedError


_ = timedelta

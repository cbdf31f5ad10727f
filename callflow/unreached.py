"""The unreached rule (K6, K8, DESIGN.md §2.6): who could not be reached by phone is texted, once, and not at once.

n counted tries in m different bands without contact since the last one, and a mobile number known to be the person's
own, make an SMS follow-up. It falls due on the first working day at least 7 days after the last document or call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from callflow.bands import Slot, slot_of
from callflow.codes import CallResult, Contact
from callflow.tables import FollowUp
from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.ids import Ids
from casefile.tables import Attempt, ContactRecord, Document, DocumentLot, Phone
from casefile.vocabulary import Channel, ContactDirection, LineType, PhoneHolder

TRIGGER = "unreached"
_EARLIEST = time(10)
_SEARCH_DAYS = 60


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
        """Read `Campaign.follow_up`; what is missing keeps its default, and an empty one switches the rule off."""
        if not value:
            return cls(attempts=0)
        return cls(**{name: int(value[name]) for name in ("attempts", "bands", "days") if name in value})


@dataclass(frozen=True, slots=True)
class AttemptClose:
    """A call that has just ended without conversation, as the ledger has it. `started_at` is when it was handed over.

    `counted`: whether it counts toward caps. `rule` None leaves the SMS follow-up out for this call. `attempt_no` is the
    架電回次 in this campaign, from 1; where it is known, early calls need no look at the rule. `direction` is "inbound"
    for a 返電 that nobody took; the rule does not look at those.
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
    attempt_no: int | None = None
    direction: ContactDirection = ContactDirection.OUTBOUND


@dataclass(frozen=True, slots=True)
class UnreachedFacts:
    """Counted tries without contact since the last contact, the person's own mobile, the last call and document."""

    slots: Sequence[Slot]
    has_own_mobile: bool
    last_call_on: date | None
    last_document_on: date | None


UNREACHED = frozenset(
    {
        CallResult.BUSY,
        CallResult.NO_ANSWER,
        CallResult.VOICEMAIL,
        CallResult.NOT_IN_SERVICE,
        CallResult.NUMBER_CHANGED,
        CallResult.OUT_OF_REACH,
        CallResult.REJECTED,
        CallResult.SUSPENDED,
        CallResult.FAX,
        CallResult.RECORDING_GUARD,
    }
)
"""Nobody could be spoken to. 放棄呼 is not among them: there a person did answer, and it was we who failed."""


def sms_due_on(rule: UnreachedRule, facts: UnreachedFacts, calendar: OfficeCalendar) -> date | None:
    """The day an SMS follow-up falls due, or None while the rule is not met (pure)."""
    if rule.attempts <= 0 or not facts.has_own_mobile or facts.last_call_on is None:
        return None
    if len(facts.slots) < rule.attempts or len(set(facts.slots)) < rule.bands:
        return None
    last_touch = max(facts.last_call_on, facts.last_document_on or facts.last_call_on)
    earliest = last_touch + timedelta(days=rule.days)
    return earliest if calendar.is_open(earliest) else calendar.next_open(earliest)


def occasion_of(close: AttemptClose) -> str:
    """What makes the follow-up happen once: the campaign, or without one the month in the case."""
    if close.campaign_id is not None:
        return f"unreached:{close.campaign_id}"
    month = jst_date(close.ended_at)
    return f"unreached:{close.purpose}:{close.claim_group}:{month:%Y-%m}"


def due_at(day: date, city: City) -> datetime:
    """Ten o'clock of the day, or its opening if that is later; the next day with SMS hours if it has none."""
    for _ in range(_SEARCH_DAYS):
        window = city.settings.sms_hours.on(day, city.calendar)
        if window is not None:
            start = max(window.opens, _EARLIEST)
            start = start if start < window.closes else window.opens
            return at_jst(day, start.hour, start.minute)
        day = city.calendar.next_open(day)
    raise ValueError(f"no SMS hours within {_SEARCH_DAYS} working days before {day}")


def queue_unreached(conn: Connection, city: City, close: AttemptClose, now: datetime, ids: Ids) -> UUID | None:
    """Queue the SMS follow-up if the rule of the call is met; returns its id, or None. Once per occasion.

    A later call in vain moves a waiting one on, so that the days of rest are counted from the last call.
    """
    if close.rule is None or not close.counted or close.result not in UNREACHED:
        return None
    if close.direction is not ContactDirection.OUTBOUND:
        return None
    if close.attempt_no is not None and close.attempt_no < close.rule.attempts:
        return None
    day = sms_due_on(close.rule, unreached_facts(conn, city, close), city.calendar)
    return None if day is None else _queue(conn, city, close, due_at(day, city), now, ids)


def cancel_unreached(
    conn: Connection, municipality_id: int, *, addressee_no: str, purpose: str, claim_group: str, now: datetime
) -> int:
    """The person was reached after all: waiting SMS of the unreached rule are cancelled; returns how many."""
    changed = conn.execute(
        update(FollowUp)
        .where(
            FollowUp.municipality_id == municipality_id,
            FollowUp.addressee_no == addressee_no,
            FollowUp.purpose == purpose,
            FollowUp.claim_group == claim_group,
            FollowUp.trigger == TRIGGER,
            FollowUp.state == "waiting",
        )
        .values(state="cancelled", state_reason="接触できたため", closed_at=now)
    )
    return changed.rowcount


def unreached_facts(conn: Connection, city: City, close: AttemptClose) -> UnreachedFacts:
    """What the rule looks at, in one statement; the closing call itself counts whether it is stored as ended or not."""
    row = conn.execute(
        select(
            _earlier_tries(city.id, close).label("tries"),
            _own_mobile(city.id, close.addressee_no).label("has_own_mobile"),
            _last_document(city.id, close).label("last_document_on"),
        )
    ).one()
    tries = [*(row.tries or ()), close.started_at]
    return UnreachedFacts(
        slots=[slot_of(at, city.calendar) for at in tries],
        has_own_mobile=row.has_own_mobile,
        last_call_on=jst_date(close.ended_at),
        last_document_on=row.last_document_on,
    )


_CONTACT_CODES = tuple(contact.value for contact in Contact if contact.is_contact)
_UNREACHED_CODES = tuple(sorted(result.value for result in UNREACHED))


def _earlier_tries(municipality_id: int, close: AttemptClose) -> Any:
    last_contact = (
        select(func.max(ContactRecord.started_at))
        .where(
            ContactRecord.municipality_id == municipality_id,
            ContactRecord.addressee_no == close.addressee_no,
            ContactRecord.purpose == close.purpose,
            ContactRecord.claim_group == close.claim_group,
            ContactRecord.contact.in_(_CONTACT_CODES),
        )
        .scalar_subquery()
    )
    same_list = Attempt.campaign_id.is_(None) if close.campaign_id is None else Attempt.campaign_id == close.campaign_id
    return (
        select(func.array_agg(aggregate_order_by(Attempt.handed_at, Attempt.handed_at)))
        .where(
            Attempt.municipality_id == municipality_id,
            Attempt.addressee_no == close.addressee_no,
            Attempt.purpose == close.purpose,
            Attempt.claim_group == close.claim_group,
            same_list,
            Attempt.channel == "call",
            Attempt.direction == "outbound",
            Attempt.state == "ended",
            Attempt.counted,
            Attempt.handed_at.is_not(None),
            Attempt.result.in_(_UNREACHED_CODES),
            Attempt.attempt_id != close.attempt_id,
            func.coalesce(Attempt.handed_at > last_contact, True),
        )
        .scalar_subquery()
    )


def _own_mobile(municipality_id: int, addressee_no: str) -> Any:
    return (
        select(Phone.phone_id)
        .where(
            Phone.municipality_id == municipality_id,
            Phone.addressee_no == addressee_no,
            Phone.line_type == LineType.MOBILE,
            Phone.holder == PhoneHolder.SELF,
            Phone.e164.is_not(None),
            Phone.ng_reason.is_(None),
            Phone.dropped_at.is_(None),
        )
        .exists()
    )


def _last_document(municipality_id: int, close: AttemptClose) -> Any:
    """A document that came back, or never left, touched nobody."""
    return (
        select(func.max(DocumentLot.sent_on))
        .join(
            Document,
            (Document.municipality_id == DocumentLot.municipality_id) & (Document.lot_no == DocumentLot.lot_no),
        )
        .where(
            Document.municipality_id == municipality_id,
            Document.addressee_no == close.addressee_no,
            Document.withdrawn_on.is_(None),
            Document.returned_on.is_(None),
            DocumentLot.purpose == close.purpose,
            DocumentLot.claim_group == close.claim_group,
        )
        .scalar_subquery()
    )


def _queue(conn: Connection, city: City, close: AttemptClose, due: datetime, now: datetime, ids: Ids) -> UUID | None:
    """Insert the follow-up, or move a waiting one of the same occasion on; one that has gone out stays as it is."""
    fresh = insert_or_update(FollowUp).values(
        municipality_id=city.id,
        follow_up_id=ids.new(),
        channel=Channel.SMS.value,
        purpose=close.purpose,
        claim_group=close.claim_group,
        addressee_no=close.addressee_no,
        trigger=TRIGGER,
        occasion=occasion_of(close),
        campaign_id=close.campaign_id,
        attempt_id=close.attempt_id,
        due_at=due,
        state="waiting",
        state_reason=None,
        created_at=now,
        closed_at=None,
    )
    stored = fresh.on_conflict_do_update(
        index_elements=[FollowUp.municipality_id, FollowUp.channel, FollowUp.addressee_no, FollowUp.occasion],
        set_={"due_at": fresh.excluded.due_at, "attempt_id": fresh.excluded.attempt_id},
        where=FollowUp.state == "waiting",
    ).returning(FollowUp.follow_up_id)
    return conn.execute(stored).scalar_one_or_none()

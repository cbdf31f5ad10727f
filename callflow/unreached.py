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

from sqlalchemy import Connection, bindparam, update

from callflow.bands import Slot, slot_of
from callflow.codes import CallResult, Contact
from callflow.tables import FollowUp
from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.ids import Ids
from casefile.vocabulary import ContactDirection

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


def queue_unreached(
    conn: Connection, city: City, closes: Sequence[AttemptClose], now: datetime, ids: Ids
) -> dict[UUID, UUID]:
    """Queue the SMS follow-ups of those calls whose rule is met; their ids by attempt. Once per occasion.

    A later call in vain moves a waiting one on, so that the days of rest are counted from the last call. Two statements
    for any number of calls: this runs in the transaction that closes them.
    """
    candidates = {close.attempt_id: close for close in closes if _may_count(close)}
    if not candidates:
        return {}
    days = {
        attempt_id: sms_due_on(candidates[attempt_id].rule or UnreachedRule(0), facts, city.calendar)
        for attempt_id, facts in unreached_facts(conn, city, list(candidates.values())).items()
    }
    due = [(candidates[attempt_id], due_at(day, city)) for attempt_id, day in days.items() if day is not None]
    return _queue(conn, city, due, now, ids) if due else {}


def _may_count(close: AttemptClose) -> bool:
    """Whether the call can be the one that makes the rule come true."""
    if close.rule is None or not close.counted or close.result not in UNREACHED:
        return False
    if close.direction is not ContactDirection.OUTBOUND:
        return False
    return close.attempt_no is None or close.attempt_no >= close.rule.attempts


_CANCEL = (
    update(FollowUp)
    .where(
        FollowUp.municipality_id == bindparam("city"),
        FollowUp.addressee_no == bindparam("person"),
        FollowUp.purpose == bindparam("of_purpose"),
        FollowUp.claim_group == bindparam("group"),
        FollowUp.trigger == TRIGGER,
        FollowUp.state == "waiting",
    )
    .values(state="cancelled", state_reason="接触できたため", closed_at=bindparam("now"))
)


def cancel_unreached(
    conn: Connection, municipality_id: int, *, addressee_no: str, purpose: str, claim_group: str, now: datetime
) -> int:
    """The person was reached after all: waiting SMS of the unreached rule are cancelled; returns how many."""
    case = {"city": municipality_id, "person": addressee_no, "of_purpose": purpose, "group": claim_group, "now": now}
    return conn.execute(_CANCEL, case).rowcount


def unreached_facts(conn: Connection, city: City, closes: Sequence[AttemptClose]) -> dict[UUID, UnreachedFacts]:
    """What the rule looks at, by attempt; the closing call itself counts whether it is stored as ended or not."""
    by_attempt = {close.attempt_id: close for close in closes}
    rows = conn.exec_driver_sql(
        _FACTS,
        {
            "city": city.id,
            "attempts": list(by_attempt),
            "persons": [close.addressee_no for close in closes],
            "purposes": [close.purpose for close in closes],
            "groups": [close.claim_group for close in closes],
            "campaigns": [close.campaign_id for close in closes],
            "contacts": _CONTACT_CODES,
            "unreached": _UNREACHED_CODES,
        },
    )
    return {
        row.attempt_id: UnreachedFacts(
            slots=[slot_of(at, city.calendar) for at in (*(row.tries or ()), by_attempt[row.attempt_id].started_at)],
            has_own_mobile=row.has_own_mobile,
            last_call_on=jst_date(by_attempt[row.attempt_id].ended_at),
            last_document_on=row.last_document_on,
        )
        for row in rows
    }


_CONTACT_CODES = [contact.value for contact in Contact if contact.is_contact]
_UNREACHED_CODES = sorted(result.value for result in UNREACHED)

# A document that came back, or never left, touched nobody.
_FACTS = """
SELECT c.attempt_id,
       (SELECT array_agg(a.handed_at ORDER BY a.handed_at)
          FROM attempt a
         WHERE a.municipality_id = %(city)s AND a.addressee_no = c.addressee_no AND a.purpose = c.purpose
           AND a.claim_group = c.claim_group AND a.campaign_id IS NOT DISTINCT FROM c.campaign_id
           AND a.channel = 'call' AND a.direction = 'outbound' AND a.state = 'ended' AND a.counted
           AND a.result = ANY (%(unreached)s::text[]) AND a.attempt_id <> c.attempt_id
           AND a.handed_at > coalesce((
               SELECT max(r.started_at) FROM contact_record r
                WHERE r.municipality_id = %(city)s AND r.addressee_no = c.addressee_no AND r.purpose = c.purpose
                  AND r.claim_group = c.claim_group AND r.contact = ANY (%(contacts)s::text[])), '-infinity')) AS tries,
       EXISTS (SELECT FROM phone p
                WHERE p.municipality_id = %(city)s AND p.addressee_no = c.addressee_no AND p.line_type = 'mobile'
                  AND p.holder = 'self' AND p.e164 IS NOT NULL AND p.ng_reason IS NULL
                  AND p.dropped_at IS NULL) AS has_own_mobile,
       (SELECT max(l.sent_on) FROM document d
          JOIN document_lot l ON l.municipality_id = d.municipality_id AND l.lot_no = d.lot_no
         WHERE d.municipality_id = %(city)s AND d.addressee_no = c.addressee_no AND d.withdrawn_on IS NULL
           AND d.returned_on IS NULL AND l.purpose = c.purpose AND l.claim_group = c.claim_group) AS last_document_on
  FROM unnest(%(attempts)s::uuid[], %(persons)s::text[], %(purposes)s::text[], %(groups)s::text[],
              %(campaigns)s::uuid[]) AS c (attempt_id, addressee_no, purpose, claim_group, campaign_id)
 ORDER BY c.attempt_id
"""

# One that has gone out stays as it is; a waiting one of the same occasion is moved on.
_QUEUE = """
INSERT INTO follow_up (municipality_id, follow_up_id, channel, purpose, claim_group, addressee_no, trigger, occasion,
                       campaign_id, attempt_id, due_at, state, created_at)
SELECT %(city)s, c.follow_up_id, 'sms', c.purpose, c.claim_group, c.addressee_no, %(trigger)s, c.occasion,
       c.campaign_id, c.attempt_id, c.due_at, 'waiting', %(now)s
  FROM unnest(%(ids)s::uuid[], %(purposes)s::text[], %(groups)s::text[], %(persons)s::text[], %(occasions)s::text[],
              %(campaigns)s::uuid[], %(attempts)s::uuid[], %(dues)s::timestamptz[])
       AS c (follow_up_id, purpose, claim_group, addressee_no, occasion, campaign_id, attempt_id, due_at)
 ORDER BY c.addressee_no, c.occasion
    ON CONFLICT (municipality_id, channel, addressee_no, occasion)
    DO UPDATE SET due_at = excluded.due_at, attempt_id = excluded.attempt_id WHERE follow_up.state = 'waiting'
RETURNING attempt_id, follow_up_id
"""


def _queue(
    conn: Connection, city: City, due: Sequence[tuple[AttemptClose, datetime]], now: datetime, ids: Ids
) -> dict[UUID, UUID]:
    """Insert the follow-ups. Of two calls with one occasion in the same batch the later one speaks."""
    of_occasion = {(close.addressee_no, occasion_of(close)): (close, at) for close, at in sorted(due, key=_end)}
    wanted = list(of_occasion.values())
    rows = conn.exec_driver_sql(
        _QUEUE,
        {
            "city": city.id,
            "trigger": TRIGGER,
            "now": now,
            "ids": [ids.new() for _ in wanted],
            "purposes": [close.purpose for close, _ in wanted],
            "groups": [close.claim_group for close, _ in wanted],
            "persons": [close.addressee_no for close, _ in wanted],
            "occasions": [occasion_of(close) for close, _ in wanted],
            "campaigns": [close.campaign_id for close, _ in wanted],
            "attempts": [close.attempt_id for close, _ in wanted],
            "dues": [at for _, at in wanted],
        },
    )
    return {row.attempt_id: row.follow_up_id for row in rows}


def _end(entry: tuple[AttemptClose, datetime]) -> datetime:
    return entry[0].ended_at

"""One text on its way: asked of the gate and rendered before the gateway hears of it, settled by what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from callflow.codes import Contact
from casefile import ledger
from casefile.city import City
from casefile.gate import Admission, ContactRequest, Reason, admit
from casefile.ids import Ids, stable_id
from casefile.records import NewRecord, add_record
from casefile.vocabulary import Channel, ContactDirection, LineType, PhoneHolder
from sms.delivery import apply_known_reports, mark_number
from sms.gateways import Accepted, GatewayAnswer, NotTaken
from sms.queue import LEASE, DueMessage, close_follow_up, lock_message, postpone, suppress
from sms.templates import Template, approved_template
from sms.triggers import Trigger
from sms.waiting import ask_again_at, next_opening, suppressing_reason
from sms.wording import length, render

_EXPIRES = timedelta(days=14)
_WITHOUT_TEMPLATE = timedelta(hours=1)
_MOST_NUMBERS = 3
_ASK_AFTER = timedelta(seconds=10)
_PROMISE = "promise:"

# Why a message was given up, beside the codes of the gate.
EXPIRED = "expired"
REACHED = "reached_meanwhile"
NO_TEMPLATE = "no_template"

# Texts, which need not be built for every message.
_CONTACTS = [contact.value for contact in Contact if contact.is_contact]
_SPOKEN = """
SELECT record_id FROM contact_record
 WHERE municipality_id = %(city)s AND addressee_no = %(person)s AND purpose = %(purpose)s AND claim_group = %(group)s
   AND started_at > %(since)s AND contact = ANY(%(contacts)s) LIMIT 1
"""
_NUMBERS = """
SELECT phone_id, e164, line_type, holder, ng_reason, dropped_at FROM phone
 WHERE municipality_id = %(city)s AND addressee_no = %(person)s ORDER BY position, phone_id
"""
_COMMIT_TO = """
UPDATE message
   SET state = 'sending', state_reason = NULL, attempt_id = %(attempt)s, e164 = %(e164)s, template_id = %(template)s,
       body = %(body)s, segments = %(segments)s, leased_until = %(leased_until)s, changed_at = %(now)s
 WHERE municipality_id = %(city)s AND message_id = %(message)s
"""
_SENT = """
SELECT m.follow_up_id, m.addressee_no, m.e164, a.household_id, a.purpose, a.claim_group, a.campaign_id, a.intended_at,
       t.name
  FROM message m
  JOIN attempt a ON a.municipality_id = m.municipality_id AND a.attempt_id = %(attempt)s
  JOIN sms_template t ON t.municipality_id = m.municipality_id AND t.template_id = m.template_id
 WHERE m.municipality_id = %(city)s AND m.message_id = %(message)s
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the gateway is told: the key, the number, the text."""

    message_id: UUID
    attempt_id: UUID
    e164: str
    text: str


def prepare(conn: Connection, city: City, message_id: UUID, now: datetime, ids: Ids) -> Outgoing | None:
    """Ask the gate and commit to sending; None when the message must wait or is given up (which is then stored).

    The caller commits before it tells the gateway anything: after a crash the row says what may have been sent.
    """
    message = lock_message(conn, city, message_id)
    if message is None:
        return None
    over = _why_over(conn, city, message, now)
    if over is not None:
        suppress(conn, city, message, over, now)
        return None
    template = approved_template(conn, city.id, message.trigger, message.purpose)
    if template is None:
        postpone(conn, city, message_id, next_opening(city, now + _WITHOUT_TEMPLATE), NO_TEMPLATE, now)
        return None
    admission, e164 = _ask_gate(conn, city, message, now, ids)
    if admission is None or admission.attempt_id is None:
        _wait_or_give_up(conn, city, message, () if admission is None else admission.reasons, now)
        return None
    return _commit_to(conn, city, message, template, admission.attempt_id, e164, now)


def settle(
    conn: Connection, city: City, message_id: UUID, attempt_id: UUID, answer: GatewayAnswer, gateway: str, now: datetime
) -> bool:
    """Store what the gateway answered. False: somebody has stored it already."""
    taken = isinstance(answer, Accepted)
    values: dict[str, Any] = {"gateway": gateway, "leased_until": None, "changed_at": now}
    if isinstance(answer, Accepted):
        values |= {"state": "sent", "gateway_ref": answer.ref, "sent_at": now, "state_reason": None}
    else:
        values |= {"state": "failed", "state_reason": answer.state.value}
    if not _advance(conn, city, message_id, attempt_id, values):
        return False
    ledger.hand(conn, attempt_id, now)
    # What the gateway refused never reached a network and counts toward no cap.
    result = None if taken else ledger.INVALID_NUMBER
    ledger.end(conn, attempt_id, now, result=result, cause=f"sms:{_word(answer)}", counted=taken)
    follow_up_id = _record(conn, city, message_id, attempt_id, answer, now)
    close_follow_up(conn, city, follow_up_id, "done", None if taken else _word(answer), now)
    if isinstance(answer, Accepted):
        apply_known_reports(conn, city, message_id, gateway, answer.ref, now)
    elif answer.state.kills_number:
        mark_number(conn, city, message_id, now)
    return True


def not_heard(conn: Connection, city: City, message_id: UUID, attempt_id: UUID, gateway: str, now: datetime) -> bool:
    """The gateway did not answer in time: unknown until it is looked up."""
    values = {"state": "unknown", "gateway": gateway, "leased_until": now + _ASK_AFTER, "changed_at": now}
    if not _advance(conn, city, message_id, attempt_id, values):
        return False
    ledger.make_unknown(conn, attempt_id, now)
    return True


def never_had(conn: Connection, city: City, message_id: UUID, attempt_id: UUID, now: datetime) -> bool:
    """The gateway certainly never had it: the attempt ends uncounted, and the message asks the gate anew."""
    if not ledger.end(conn, attempt_id, now, result=ledger.STOPPED_BY_RULE, cause="sms:never_had", counted=False):
        return False
    values = {"state": "accepted", "attempt_id": None, "leased_until": None, "changed_at": now}
    return _advance(conn, city, message_id, attempt_id, values)


def _why_over(conn: Connection, city: City, message: DueMessage, now: datetime) -> str | None:
    if now - message.due_at > _EXPIRES:
        return EXPIRED
    if message.trigger != Trigger.UNREACHED.value:
        return None
    case = {"city": city.id, "person": message.addressee_no, "purpose": message.purpose, "group": message.claim_group}
    since = {"since": message.asked_for_at, "contacts": _CONTACTS}
    spoken = conn.exec_driver_sql(_SPOKEN, case | since).first()
    return None if spoken is None else REACHED


def _ask_gate(
    conn: Connection, city: City, message: DueMessage, now: datetime, ids: Ids
) -> tuple[Admission | None, str]:
    """Ask for each of the person's own mobiles until one may be texted; the answer for the last one otherwise."""
    admission: Admission | None = None
    for phone_id, e164 in _numbers(conn, city, message.addressee_no):
        (admission,) = admit(conn, city, [_request(message, phone_id, e164, ids)], now)
        if admission.allowed:
            return admission, e164 or ""
    return admission, ""


def _numbers(conn: Connection, city: City, addressee_no: str) -> list[tuple[UUID | None, str | None]]:
    """The person's own mobiles in dialing order; failing that any one number, so that the refusal names its reason."""
    rows = conn.exec_driver_sql(_NUMBERS, {"city": city.id, "person": addressee_no}).all()
    own = [
        (row.phone_id, row.e164)
        for row in rows
        if row.line_type == LineType.MOBILE.value
        and row.holder == PhoneHolder.SELF.value
        and row.ng_reason is None
        and row.dropped_at is None
    ]
    return own[:_MOST_NUMBERS] or [(row.phone_id, row.e164) for row in rows[:1]] or [(None, None)]


def _request(message: DueMessage, phone_id: UUID | None, e164: str | None, ids: Ids) -> ContactRequest:
    about = message.occasion.removeprefix(_PROMISE) if message.occasion.startswith(_PROMISE) else None
    return ContactRequest(
        request_id=ids.new(),
        addressee_no=message.addressee_no,
        phone_id=phone_id,
        e164=e164,
        channel=Channel.SMS.value,
        purpose=message.purpose,
        claim_group=message.claim_group,
        campaign_id=message.campaign_id,
        mode="sms",
        promise_id=UUID(about) if about else None,
    )


def _wait_or_give_up(
    conn: Connection, city: City, message: DueMessage, reasons: tuple[Reason, ...], now: datetime
) -> None:
    given_up = suppressing_reason(reasons)
    if given_up is not None:
        suppress(conn, city, message, given_up.value, now)
    else:
        reason = reasons[0].value if reasons else None
        postpone(conn, city, message.message_id, ask_again_at(reasons, city, now), reason or "", now)


def _commit_to(
    conn: Connection, city: City, message: DueMessage, template: Template, attempt_id: UUID, e164: str, now: datetime
) -> Outgoing:
    text = render(template.body, city)
    values = {
        "city": city.id,
        "message": message.message_id,
        "attempt": attempt_id,
        "e164": e164,
        "template": template.template_id,
        "body": text,
        "segments": length(text).segments,
        "leased_until": now + LEASE,
        "now": now,
    }
    conn.exec_driver_sql(_COMMIT_TO, values)
    return Outgoing(message.message_id, attempt_id, e164, text)


def _advance(conn: Connection, city: City, message_id: UUID, attempt_id: UUID, values: dict[str, Any]) -> bool:
    keys = {"city": city.id, "message": message_id, "attempt": attempt_id}
    return bool(conn.exec_driver_sql(_advance_text(tuple(values)), values | keys).rowcount)


@cache
def _advance_text(columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{column} = %({column})s" for column in columns)
    return f"""
UPDATE message SET {changes}
 WHERE municipality_id = %(city)s AND message_id = %(message)s AND attempt_id = %(attempt)s
   AND state IN ('sending', 'unknown')
"""  # noqa: S608  (the columns are ours)


def _record(
    conn: Connection, city: City, message_id: UUID, attempt_id: UUID, answer: GatewayAnswer, now: datetime
) -> UUID:
    """The text becomes part of the case; gives the follow-up it came from."""
    row = conn.exec_driver_sql(_SENT, {"city": city.id, "message": message_id, "attempt": attempt_id}).one()
    said = "送信済" if isinstance(answer, Accepted) else answer.state.label
    record = NewRecord(
        record_id=record_id_of(message_id),
        addressee_no=row.addressee_no,
        household_id=row.household_id,
        purpose=row.purpose,
        claim_group=row.claim_group,
        direction=ContactDirection.SMS.value,
        started_at=row.intended_at,
        e164=row.e164,
        attempt_id=attempt_id,
        campaign_id=row.campaign_id,
        remarks=f"SMS「{row.name}」{said}",
    )
    add_record(conn, city.id, record, recorded_at=now, recorded_by=None)
    return UUID(str(row.follow_up_id))


def record_id_of(message_id: UUID) -> UUID:
    """The one contact record of a message."""
    return stable_id("sms", message_id)


def _word(answer: GatewayAnswer) -> str:
    return answer.state.value if isinstance(answer, NotTaken) else "accepted"

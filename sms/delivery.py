"""配信結果: what networks report, kept as they said it, and what it means for message, number and case."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from casefile.city import City
from casefile.ids import Ids, stable_id
from casefile.records import correct_record, versions
from casefile.tables import Phone
from sms.gateways import DeliveryState, Report
from sms.tables import Message

_REASON = "配信結果の受信"

# Texts, which need not be built for every report.
_KEEP = """
INSERT INTO delivery_report (municipality_id, report_id, message_id, gateway, gateway_ref, state, reported_at, detail)
VALUES (%(city)s, %(report)s, %(message)s, %(gateway)s, %(ref)s, %(state)s, %(at)s, %(detail)s::jsonb)
ON CONFLICT DO NOTHING RETURNING report_id
"""
_EARLY = """
SELECT state, reported_at FROM delivery_report
 WHERE municipality_id = %(city)s AND gateway = %(gateway)s AND gateway_ref = %(ref)s ORDER BY reported_at, report_id
"""
_BY_ID = """
SELECT message_id, state FROM message
 WHERE municipality_id = %(city)s AND message_id = %(message)s ORDER BY message_id FOR UPDATE
"""
_BY_REFERENCE = """
SELECT message_id, state FROM message
 WHERE municipality_id = %(city)s AND gateway = %(gateway)s AND gateway_ref = %(ref)s ORDER BY message_id FOR UPDATE
"""
_FINAL = """
UPDATE message SET state = %(state)s, state_reason = %(reason)s, delivered_at = %(delivered_at)s, changed_at = %(at)s
 WHERE municipality_id = %(city)s AND message_id = %(message)s
"""


def take_report(conn: Connection, city: City, report: Report, ids: Ids) -> bool:
    """Keep a report and apply it. False: the same one is there already, or it says nothing new of the message.

    A report that arrives before we know its reference is kept, and applied once the message has its reference.
    """
    message = _message_of(conn, city, report)
    values = {
        "city": city.id,
        "report": ids.new(),
        "message": None if message is None else message.message_id,
        "gateway": report.gateway,
        "ref": report.ref,
        "state": report.state.value,
        "at": report.at,
        "detail": json.dumps(report.detail),
    }
    stored = conn.exec_driver_sql(_KEEP, values).first()
    if stored is None or message is None:
        return False
    return _apply(conn, city, message, report.state, report.at)


def apply_known_reports(conn: Connection, city: City, message_id: UUID, gateway: str, ref: str, now: datetime) -> None:
    """Apply what came in before the reference of a message was known."""
    early = conn.exec_driver_sql(_EARLY, {"city": city.id, "gateway": gateway, "ref": ref}).all()
    for row in early:
        message = conn.exec_driver_sql(_BY_ID, {"city": city.id, "message": message_id}).first()
        if message is not None:
            _apply(conn, city, message, DeliveryState(row.state), max(row.reported_at, now))


def mark_number(conn: Connection, city: City, message_id: UUID, now: datetime) -> None:
    """A number that does not exist is neither texted nor dialed again for this person (Z9)."""
    message = conn.execute(
        select(Message.addressee_no, Message.e164).where(
            Message.municipality_id == city.id, Message.message_id == message_id
        )
    ).one()
    conn.execute(
        update(Phone)
        .where(
            Phone.municipality_id == city.id,
            Phone.addressee_no == message.addressee_no,
            Phone.e164 == message.e164,
            Phone.ng_reason.is_(None),
        )
        .values(ng_reason=f"SMS{DeliveryState.NO_SUCH_NUMBER.label}", ng_at=now, learned_at=now)
    )


def _apply(conn: Connection, city: City, message: Any, state: DeliveryState, at: datetime) -> bool:
    """到達 goes over a failure that was reported first; nothing goes over 到達."""
    if not state.is_final or message.state == "delivered":
        return False
    delivered = state is DeliveryState.DELIVERED
    if message.state == "failed" and not delivered:
        return False
    values = {
        "city": city.id,
        "message": message.message_id,
        "state": "delivered" if delivered else "failed",
        "reason": None if delivered else state.value,
        "delivered_at": at if delivered else None,
        "at": at,
    }
    conn.exec_driver_sql(_FINAL, values)
    _tell_the_case(conn, city, message.message_id, state, at)
    if state.kills_number:
        mark_number(conn, city, message.message_id, at)
    return True


def _tell_the_case(conn: Connection, city: City, message_id: UUID, state: DeliveryState, at: datetime) -> None:
    record_id = stable_id("sms", message_id)
    known = versions(conn, city.id, record_id)
    if known:
        title = known[0]["remarks"].rpartition("」")[0]
        remarks = {"remarks": f"{title}」{state.label}"}
        correct_record(conn, city.id, record_id, remarks, reason=_REASON, corrected_at=at, corrected_by=None)


def _message_of(conn: Connection, city: City, report: Report) -> Any:
    """The message a report is about, locked; None while its reference is not known here."""
    values = {"city": city.id, "gateway": report.gateway, "ref": report.ref}
    return conn.exec_driver_sql(_BY_REFERENCE, values).first()

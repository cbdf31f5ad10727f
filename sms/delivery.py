"""配信結果: what networks report, kept as they said it, and what it means for message, number and case."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from casefile.city import City
from casefile.ids import Ids, stable_id
from casefile.records import correct_record, versions
from casefile.tables import Phone
from sms.gateways import DeliveryState, Report
from sms.tables import DeliveryReport, Message

_REASON = "配信結果の受信"


def take_report(conn: Connection, city: City, report: Report, ids: Ids) -> bool:
    """Keep a report and apply it. False: the same one is there already, or it says nothing new of the message.

    A report that arrives before we know its reference is kept, and applied once the message has its reference.
    """
    message = _message_of(conn, city, report)
    stored = conn.execute(
        insert(DeliveryReport)
        .values(
            municipality_id=city.id,
            report_id=ids.new(),
            message_id=None if message is None else message.message_id,
            gateway=report.gateway,
            gateway_ref=report.ref,
            state=report.state.value,
            reported_at=report.at,
            detail=report.detail,
        )
        .on_conflict_do_nothing()
        .returning(DeliveryReport.report_id)
    ).first()
    if stored is None or message is None:
        return False
    return _apply(conn, city, message, report.state, report.at)


def apply_known_reports(conn: Connection, city: City, message_id: UUID, gateway: str, ref: str, now: datetime) -> None:
    """Apply what came in before the reference of a message was known."""
    early = conn.execute(
        select(DeliveryReport.state, DeliveryReport.reported_at)
        .where(
            DeliveryReport.municipality_id == city.id,
            DeliveryReport.gateway == gateway,
            DeliveryReport.gateway_ref == ref,
        )
        .order_by(DeliveryReport.reported_at, DeliveryReport.report_id)
    ).all()
    for row in early:
        message = _locked(conn, city, Message.message_id == message_id)
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


def _apply(conn: Connection, city: City, message: Row[*tuple[Any, ...]], state: DeliveryState, at: datetime) -> bool:
    """到達 goes over a failure that was reported first; nothing goes over 到達."""
    if not state.is_final or message.state == "delivered":
        return False
    delivered = state is DeliveryState.DELIVERED
    if message.state == "failed" and not delivered:
        return False
    conn.execute(
        update(Message)
        .where(Message.municipality_id == city.id, Message.message_id == message.message_id)
        .values(
            state="delivered" if delivered else "failed",
            state_reason=None if delivered else state.value,
            delivered_at=at if delivered else None,
            changed_at=at,
        )
    )
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


def _message_of(conn: Connection, city: City, report: Report) -> Row[*tuple[Any, ...]] | None:
    return _locked(conn, city, (Message.gateway == report.gateway) & (Message.gateway_ref == report.ref))


def _locked(conn: Connection, city: City, which: Any) -> Row[*tuple[Any, ...]] | None:
    return conn.execute(
        select(Message.message_id, Message.state)
        .where(Message.municipality_id == city.id, which)
        .order_by(Message.message_id)
        .with_for_update()
    ).first()

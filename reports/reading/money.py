"""Receipts, and every contact a payment may be laid to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from callflow.codes import CallResult, Outcome
from callflow.tables import FollowUp
from casefile.tables import Arrears, Document, DocumentLot, Receipt
from casefile.vocabulary import ContactDirection, Purpose
from reports.attribution import WINDOW_DAYS, Payment, Touch, TouchKind
from reports.facts import RecordFact
from reports.reading.contacts import read_records
from reports.reading.known import Known, as_text, epoch, japanese_day, ordinal
from reports.request import Period
from sms.tables import Message

EXCLUDED_METHODS = ("direct_debit", "seizure", "offset")
"""口座振替, 差押, 充当: paid, but not because somebody was contacted (REPORTS.md §6.0)."""


def payment_window(period: Period, as_of: date, days: int = WINDOW_DAYS) -> Period:
    """The days of payment a form of contacts in `period` can show: to `days` after it, but not past the as-of day."""
    last = min(period.last + timedelta(days=days), as_of)
    return Period(period.first, max(last, period.first))


def read_payments(conn: Connection, known: Known, window: Period) -> list[Payment]:
    """確報 received in the window, in order of day and number.

    With one side of the claim wall asked for, receipts of periods in no arrears file are left out: their side is not
    known.
    """
    query = (
        select(
            Receipt.receipt_no,
            Receipt.addressee_no,
            Arrears.claim_group,
            Receipt.arrears_id,
            ordinal(Arrears.due_date),
            ordinal(Receipt.received_on),
            Receipt.principal_yen,
            Receipt.interest_yen + Receipt.demand_fee_yen,
            Receipt.method.in_(EXCLUDED_METHODS),
        )
        .outerjoin(
            Arrears,
            and_(Arrears.municipality_id == Receipt.municipality_id, Arrears.arrears_id == Receipt.arrears_id),
        )
        .where(
            known.receipt(),
            known.of_claims(Arrears.claim_group),
            Receipt.received_on.between(window.first, window.last),
        )
        .order_by(Receipt.received_on, Receipt.receipt_no)
    )
    return [Payment._make(row) for row in conn.execute(query).all()]


def read_receipt_total(conn: Connection, known: Known, window: Period) -> tuple[int, int, int]:
    """Number, 本税(料) and the rest of the receipts of the window, summed by the database: what the forms must add up to."""
    query = (
        select(
            func.count(),
            func.coalesce(func.sum(Receipt.principal_yen), 0),
            func.coalesce(func.sum(Receipt.interest_yen + Receipt.demand_fee_yen), 0),
        )
        .outerjoin(
            Arrears,
            and_(Arrears.municipality_id == Receipt.municipality_id, Arrears.arrears_id == Receipt.arrears_id),
        )
        .where(
            known.receipt(),
            known.of_claims(Arrears.claim_group),
            Receipt.received_on.between(window.first, window.last),
        )
    )
    count, principal, extras = conn.execute(query).one()
    return int(count), int(principal), int(extras)


def read_receipts_until(conn: Connection, known: Known) -> date | None:
    """Up to which day 確報 was loaded."""
    return conn.execute(select(func.max(Receipt.as_of)).where(known.receipt())).scalar_one()


def read_touches(conn: Connection, known: Known, window: Period) -> tuple[list[Touch], list[RecordFact]]:
    """Every 催告 contact a payment of the window may be laid to, and the records those of them come from.

    Contacts of other purposes (健診, アンケート, 口座振替勧奨) bring no yen.
    """
    before = Period(window.first - timedelta(days=WINDOW_DAYS), window.last)
    records = read_records(conn, known, before, Purpose.DUNNING)
    touches = list(touches_of_records(records))
    touches += _sms_touches(conn, known, before)
    touches += _document_touches(conn, known, before)
    return touches, records


def touches_of_records(records: Iterable[RecordFact]) -> Iterable[Touch]:
    """The touches among 交渉記録: 接触 by call, 返電 and visit, and a message left on a machine."""
    for record in records:
        kind = _touch_kind(record)
        if kind is not None:
            yield Touch(kind, record.record_id, record.addressee_no, record.claim_group, record.day, record.order)


def _touch_kind(record: RecordFact) -> TouchKind | None:
    if record.direction == ContactDirection.OUTBOUND:
        if record.is_contact and record.joined:
            return TouchKind.CALL
        left_message = record.result == CallResult.VOICEMAIL and record.outcome == Outcome.CALL_BACK_ASKED
        return TouchKind.VOICEMAIL if left_message else None
    if record.direction == ContactDirection.INBOUND and record.is_contact:
        return TouchKind.CALL_BACK
    if record.direction == ContactDirection.VISIT and record.is_contact:
        return TouchKind.VISIT
    return None


def _sms_touches(conn: Connection, known: Known, days: Period) -> list[Touch]:
    """SMS到達: by the moment the network reported it."""
    query = (
        select(
            as_text(Message.message_id),
            Message.addressee_no,
            FollowUp.claim_group,
            japanese_day(Message.delivered_at),
            epoch(Message.delivered_at),
        )
        .join(
            FollowUp,
            and_(FollowUp.municipality_id == Message.municipality_id, FollowUp.follow_up_id == Message.follow_up_id),
        )
        .where(
            Message.municipality_id == known.municipality_id,
            FollowUp.purpose == Purpose.DUNNING.value,
            known.of_claims(FollowUp.claim_group),
            Message.delivered_at >= days.begins,
            Message.delivered_at < days.ends,
            Message.delivered_at <= known.moment,
        )
        .order_by(Message.delivered_at, Message.message_id)
    )
    return [Touch(TouchKind.SMS, *row) for row in conn.execute(query).all()]


def _document_touches(conn: Connection, known: Known, days: Period) -> list[Touch]:
    """文書到達: posted, not withdrawn, not back by the as-of day; dated by its 発送日, before any call of that day."""
    query = (
        select(
            Document.lot_no + ":" + Document.document_no,
            Document.addressee_no,
            DocumentLot.claim_group,
            ordinal(DocumentLot.sent_on),
        )
        .join(
            DocumentLot,
            and_(DocumentLot.municipality_id == Document.municipality_id, DocumentLot.lot_no == Document.lot_no),
        )
        .where(
            Document.municipality_id == known.municipality_id,
            DocumentLot.purpose == Purpose.DUNNING.value,
            known.of_claims(DocumentLot.claim_group),
            DocumentLot.sent_on.between(days.first, min(days.last, known.as_of)),
            or_(Document.withdrawn_on.is_(None), Document.withdrawn_on > known.as_of),
            or_(Document.returned_on.is_(None), Document.returned_on > known.as_of),
        )
        .order_by(DocumentLot.sent_on, Document.lot_no, Document.document_no)
    )
    return [Touch(TouchKind.DOCUMENT, *row, 0.0) for row in conn.execute(query).all()]

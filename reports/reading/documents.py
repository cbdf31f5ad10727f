"""Letters by lot, and whoever was texted or called after one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from callflow.codes import CallResult
from callflow.tables import FollowUp
from casefile.tables import Attempt, Document, DocumentLot
from casefile.vocabulary import Purpose
from reports.attribution import WINDOW_DAYS
from reports.reading.contacts import handed_over
from reports.reading.known import AnyColumn, Known, japanese_day
from reports.request import Period
from sms.tables import Message


class Lot(NamedTuple):
    """One 発送ロット."""

    lot_no: str
    kind: str
    sent_on: date
    wording: str
    claim_group: str
    unit_cost_yen: int


class Envelope(NamedTuple):
    """One document of a lot, as known on the as-of day."""

    lot_no: str
    document_no: str
    addressee_no: str
    target_yen: int
    withdrawn: bool
    returned: bool


class Outreach(NamedTuple):
    """A text sent to or a call handed over for a person on a day (proleptic ordinal)."""

    addressee_no: str
    claim_group: str
    day: int


def read_lots(conn: Connection, known: Known, period: Period, purpose: Purpose) -> list[Lot]:
    """Lots sent in the period, by day and number."""
    query = (
        select(
            DocumentLot.lot_no,
            DocumentLot.kind,
            DocumentLot.sent_on,
            DocumentLot.wording,
            DocumentLot.claim_group,
            DocumentLot.unit_cost_yen,
        )
        .where(*_lots(known, period, purpose))
        .order_by(DocumentLot.sent_on, DocumentLot.lot_no)
    )
    return [Lot._make(row) for row in conn.execute(query).all()]


def read_envelopes(conn: Connection, known: Known, period: Period, purpose: Purpose) -> list[Envelope]:
    """Every document drawn for those lots."""
    query = (
        select(
            Document.lot_no,
            Document.document_no,
            Document.addressee_no,
            Document.target_yen,
            and_(Document.withdrawn_on.is_not(None), Document.withdrawn_on <= known.as_of),
            and_(Document.returned_on.is_not(None), Document.returned_on <= known.as_of),
        )
        .join(
            DocumentLot,
            and_(DocumentLot.municipality_id == Document.municipality_id, DocumentLot.lot_no == Document.lot_no),
        )
        .where(*_lots(known, period, purpose))
        .order_by(Document.lot_no, Document.document_no)
    )
    return [Envelope._make(row) for row in conn.execute(query).all()]


def read_outreach(conn: Connection, known: Known, period: Period, purpose: Purpose) -> list[Outreach]:
    """架電 and SMS sent up to 30 days after the period to anybody who was in one of its lots."""
    days = Period(period.first, period.last + timedelta(days=WINDOW_DAYS))
    calls = (
        select(Attempt.addressee_no, Attempt.claim_group, japanese_day(Attempt.handed_at).label("day"))
        .where(
            *handed_over(known, days, purpose),
            Attempt.ended_at <= known.moment,
            or_(Attempt.result.is_(None), Attempt.result.not_in([code.value for code in _not_calls()])),
            _in_a_lot(known, period, purpose, Attempt.addressee_no),
        )
        .distinct()
    )
    texts = (
        select(Message.addressee_no, FollowUp.claim_group, japanese_day(Message.sent_at).label("day"))
        .join(
            FollowUp,
            and_(FollowUp.municipality_id == Message.municipality_id, FollowUp.follow_up_id == Message.follow_up_id),
        )
        .where(
            Message.municipality_id == known.municipality_id,
            FollowUp.purpose == purpose.value,
            known.of_claims(FollowUp.claim_group),
            Message.sent_at >= days.begins,
            Message.sent_at < days.ends,
            Message.sent_at <= known.moment,
            _in_a_lot(known, period, purpose, Message.addressee_no),
        )
        .distinct()
    )
    both = calls.union(texts).subquery()
    query = select(both).order_by(*both.c)
    return [Outreach._make(row) for row in conn.execute(query).all()]


def _not_calls() -> tuple[CallResult, ...]:
    return tuple(code for code in CallResult if not code.handed_to_network)


def _lots(known: Known, period: Period, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
    return (
        DocumentLot.municipality_id == known.municipality_id,
        DocumentLot.purpose == purpose.value,
        known.of_claims(DocumentLot.claim_group),
        DocumentLot.sent_on.between(period.first, min(period.last, known.as_of)),
    )


def _in_a_lot(known: Known, period: Period, purpose: Purpose, addressee_no: AnyColumn) -> ColumnElement[bool]:
    return exists().where(
        Document.municipality_id == known.municipality_id,
        Document.addressee_no == addressee_no,
        DocumentLot.municipality_id == Document.municipality_id,
        DocumentLot.lot_no == Document.lot_no,
        *_lots(known, period, purpose),
    )

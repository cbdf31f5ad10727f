"""What calls led to: promises with their judgement, booked recalls, follow-ups by SMS; and the time operators sat."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from callflow.tables import FollowUp, Recall
from casefile.city import City
from casefile.judgement import Payment as PaidOn
from casefile.judgement import PromiseTerms, judge
from casefile.tables import ContactRecord, Promise, PromiseTarget, Receipt
from casefile.vocabulary import PromiseState
from dialer.tables import SeatChange
from reports.facts import PromiseFact
from reports.reading.known import Known, as_text, epoch
from reports.request import Period
from reports.seat_time import SeatState

_VOID = (PromiseState.CANCELLED, PromiseState.SUPERSEDED)


class Consequence(NamedTuple):
    """A row written because of a call."""

    id: str
    attempt_id: str


def read_promises(conn: Connection, known: Known, city: City, period: Period) -> list[PromiseFact]:
    """Promises registered in the period and by the moment, judged as of the 収納基準日, in order of making.

    The verdict is computed here from the receipts known, by the rule of `casefile.judgement`; the stored one may be of
    another day.
    """
    later = aliased(Promise)
    superseded = exists().where(
        later.municipality_id == Promise.municipality_id,
        later.addressee_no == Promise.addressee_no,
        later.claim_group == Promise.claim_group,
        later.made_at > Promise.made_at,
        later.made_at <= known.moment,
    )
    query = (
        select(
            Promise.promise_id,
            Promise.addressee_no,
            Promise.claim_group,
            func.coalesce(as_text(Promise.attempt_id), as_text(ContactRecord.attempt_id)),
            Promise.made_on,
            Promise.last_due_on,
            Promise.judge_on,
            Promise.promised_yen,
            or_(Promise.state == PromiseState.CANCELLED, and_(Promise.state == PromiseState.SUPERSEDED, superseded)),
        )
        .outerjoin(
            ContactRecord,
            and_(
                ContactRecord.municipality_id == Promise.municipality_id,
                ContactRecord.record_id == Promise.record_id,
                ContactRecord.version == 1,
            ),
        )
        .where(
            Promise.municipality_id == known.municipality_id,
            known.of_claims(Promise.claim_group),
            Promise.made_on.between(period.first, period.last),
            Promise.made_at <= known.moment,
        )
        .order_by(Promise.made_at, Promise.promise_id)
    )
    rows = conn.execute(query).all()
    paid = _paid_to_targets(conn, known, period)
    return [_judged(tuple(row), paid, known, city) for row in rows]


def _judged(row: tuple[object, ...], paid: dict[UUID, list[PaidOn]], known: Known, city: City) -> PromiseFact:
    promise_id, addressee_no, claim_group, attempt_id, made_on, last_due_on, judge_on, promised_yen, void = row
    terms = PromiseTerms(promise_id, made_on, last_due_on, judge_on, promised_yen, ())  # type: ignore[arg-type]
    payments = paid.get(terms.promise_id, [])
    verdict = judge(terms, payments, known.as_of, city.calendar, city.settings.promise_lateness_open_days).promise
    in_time = sum(
        payment.paid_yen
        for payment in payments
        if terms.made_on <= payment.received_on <= min(terms.last_due_on, known.as_of)
    )
    return PromiseFact(
        promise_id=str(promise_id),
        addressee_no=str(addressee_no),
        claim_group=str(claim_group),
        attempt_id=None if attempt_id is None else str(attempt_id),
        made_day=terms.made_on.toordinal(),
        promised_yen=terms.promised_yen,
        state=PromiseState.CANCELLED if void else verdict.state,
        paid_in_time_yen=in_time,
    )


def _paid_to_targets(conn: Connection, known: Known, period: Period) -> dict[UUID, list[PaidOn]]:
    """確報 to the periods each promise of the period is about: 本税(料), 延滞金 and fee together, by day."""
    paid = func.sum(Receipt.principal_yen + Receipt.interest_yen + Receipt.demand_fee_yen)
    query = (
        select(PromiseTarget.promise_id, Receipt.received_on, paid)
        .join(
            Receipt,
            and_(
                Receipt.municipality_id == PromiseTarget.municipality_id,
                Receipt.arrears_id == PromiseTarget.arrears_id,
            ),
        )
        .join(
            Promise,
            and_(
                Promise.municipality_id == PromiseTarget.municipality_id,
                Promise.promise_id == PromiseTarget.promise_id,
            ),
        )
        .where(
            known.receipt(),
            Promise.made_on.between(period.first, period.last),
            Receipt.received_on >= Promise.made_on,
        )
        .group_by(PromiseTarget.promise_id, Receipt.received_on)
        .order_by(PromiseTarget.promise_id, Receipt.received_on)
    )
    found: dict[UUID, list[PaidOn]] = {}
    for promise_id, received_on, yen in conn.execute(query).all():
        found.setdefault(promise_id, []).append(PaidOn(received_on, int(yen)))
    return found


def read_recalls(conn: Connection, known: Known, period: Period) -> list[Consequence]:
    """再コール booked in the call of a record."""
    query = (
        select(as_text(Recall.recall_id), as_text(ContactRecord.attempt_id))
        .join(
            ContactRecord,
            and_(
                ContactRecord.municipality_id == Recall.municipality_id,
                ContactRecord.record_id == Recall.record_id,
                ContactRecord.version == 1,
            ),
        )
        .where(
            Recall.municipality_id == known.municipality_id,
            ContactRecord.attempt_id.is_not(None),
            Recall.created_at >= period.begins,
            Recall.created_at < period.ends + timedelta(days=1),
            Recall.created_at <= known.moment,
        )
        .order_by(Recall.created_at, Recall.recall_id)
    )
    return [Consequence._make(row) for row in conn.execute(query).all()]


def read_sms_follow_ups(conn: Connection, known: Known, period: Period) -> list[Consequence]:
    """SMS移行: follow-ups by SMS queued with the close of a call."""
    query = (
        select(as_text(FollowUp.follow_up_id), as_text(FollowUp.attempt_id))
        .where(
            FollowUp.municipality_id == known.municipality_id,
            FollowUp.channel == "sms",
            FollowUp.attempt_id.is_not(None),
            FollowUp.created_at >= period.begins,
            FollowUp.created_at < period.ends + timedelta(days=1),
            FollowUp.created_at <= known.moment,
        )
        .order_by(FollowUp.created_at, FollowUp.follow_up_id)
    )
    return [Consequence._make(row) for row in conn.execute(query).all()]


def read_seats(conn: Connection, known: Known, period: Period) -> list[SeatState]:
    """Changes of seats, operator by operator in time, from a day before the period so that its beginning is known."""
    query = (
        select(as_text(SeatChange.change_id), as_text(SeatChange.operator_id), epoch(SeatChange.at), SeatChange.state)
        .where(
            SeatChange.municipality_id == known.municipality_id,
            SeatChange.at >= period.begins - timedelta(days=1),
            SeatChange.at < period.ends,
            SeatChange.at <= known.moment,
        )
        .order_by(SeatChange.operator_id, SeatChange.at, SeatChange.change_id)
    )
    return [SeatState._make(row) for row in conn.execute(query).all()]

"""Calls and contact records: who was called, who was reached."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from callflow.codes import CallResult, Outcome
from casefile.tables import Attempt, ContactRecord
from casefile.vocabulary import ContactDirection, Purpose
from reports.facts import JOIN_SECONDS, CallColumns, CallFact, RecordFact
from reports.reading.known import Known, as_text, epoch, japanese_day, japanese_hour, seconds_between
from reports.request import Period


def handed_over(known: Known, period: Period, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
    """The conditions of an outbound call that was handed over to the network in the period."""
    return (
        Attempt.municipality_id == known.municipality_id,
        Attempt.channel == "call",
        Attempt.direction == "outbound",
        Attempt.purpose == purpose.value,
        known.of_claims(Attempt.claim_group),
        Attempt.handed_at >= period.begins,
        Attempt.handed_at < period.ends,
    )


def read_calls(conn: Connection, known: Known, period: Period, purpose: Purpose) -> CallColumns:
    """Outbound calls handed over in the period and ended by the moment, in order of handing over."""
    begins_speech = func.coalesce(Attempt.speech_at, Attempt.answered_at)
    query = (
        select(
            as_text(Attempt.attempt_id),
            Attempt.addressee_no,
            Attempt.household_id,
            func.coalesce(as_text(Attempt.phone_id), Attempt.e164, ""),
            japanese_day(Attempt.handed_at),
            japanese_hour(Attempt.handed_at),
            Attempt.line_type,
            Attempt.attempt_no,
            Attempt.result,
            Attempt.answered_at.is_not(None),
            Attempt.person_answered,
            Attempt.connected_at.is_not(None),
            Attempt.abandoned,
            func.coalesce(seconds_between(begins_speech, Attempt.ended_at), 0.0),
            cast(func.floor(seconds_between(Attempt.connected_at, Attempt.ended_at)), Integer),
            case(
                (
                    Attempt.wrapped_up_at <= known.moment,
                    cast(func.floor(seconds_between(Attempt.ended_at, Attempt.wrapped_up_at)), Integer)
                    - func.coalesce(Attempt.put_off_seconds, 0),
                )
            ),
            func.coalesce(seconds_between(begins_speech, Attempt.connected_at) > JOIN_SECONDS, False),
        )
        .where(
            *handed_over(known, period, purpose),
            Attempt.ended_at <= known.moment,
        )
        .order_by(Attempt.handed_at, Attempt.attempt_id)
    )
    calls = query.subquery().columns
    # One row of arrays: a hundred thousand rows of seventeen values each would cost more to fetch than to count.
    columns = select(*(func.array_agg(column) for column in calls))
    found = conn.execute(columns).one()
    return {name: values or [] for name, values in zip(CallFact._fields, found, strict=True)}


def count_unfinished(conn: Connection, known: Known, period: Period, purpose: Purpose) -> int:
    """Calls handed over by the moment whose end was not known then; they are in no column."""
    query = select(func.count()).where(
        *handed_over(known, period, purpose),
        Attempt.handed_at <= known.moment,
        or_(Attempt.ended_at.is_(None), Attempt.ended_at > known.moment),
    )
    return int(conn.execute(query).scalar_one())


def read_records(conn: Connection, known: Known, period: Period, purpose: Purpose) -> list[RecordFact]:
    """交渉記録 of the period that reached somebody, or left a message on a machine, in order of time."""
    call = aliased(Attempt)
    said_something = or_(
        ContactRecord.contact.is_not(None),
        and_(
            ContactRecord.result == CallResult.VOICEMAIL.value, ContactRecord.outcome == Outcome.CALL_BACK_ASKED.value
        ),
        ContactRecord.direction.in_([ContactDirection.COUNTER.value, ContactDirection.SMS.value]),
    )
    query = (
        select(
            as_text(ContactRecord.record_id),
            ContactRecord.addressee_no,
            ContactRecord.claim_group,
            ContactRecord.direction,
            as_text(ContactRecord.attempt_id),
            japanese_day(ContactRecord.started_at),
            epoch(ContactRecord.started_at),
            ContactRecord.result,
            ContactRecord.contact,
            ContactRecord.outcome,
            func.coalesce(and_(call.connected_at.is_not(None), call.person_answered), False),
        )
        .outerjoin(
            call,
            and_(call.municipality_id == ContactRecord.municipality_id, call.attempt_id == ContactRecord.attempt_id),
        )
        .where(
            known.latest_record(),
            ContactRecord.purpose == purpose.value,
            known.of_claims(ContactRecord.claim_group),
            ContactRecord.started_at >= period.begins,
            ContactRecord.started_at < period.ends,
            said_something,
        )
        .order_by(ContactRecord.started_at, ContactRecord.record_id)
    )
    return [RecordFact._make(row) for row in conn.execute(query).all()]

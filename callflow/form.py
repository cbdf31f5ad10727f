"""From a result form to everything it means, in one transaction (DESIGN.md §2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from callflow import recall
from callflow.codes import CallResult, Outcome
from callflow.consequences import Brought, Saved, carry_out
from callflow.follow_up import cancel_unreached
from callflow.form_reading import Found, lock_person, read_case
from callflow.form_rules import CallFacts, FormFacts, check, outcomes_for
from callflow.result_form import (
    ClaimedPayment,
    LearnedHours,
    LearnedPhone,
    ResultForm,
    UsableHours,
)
from callflow.tables import Recall
from casefile import audit, ledger
from casefile.accounts import User
from casefile.city import City
from casefile.ids import Ids, stable_id
from casefile.problems import EntryRefused, Problem, refuse_if_blocking
from casefile.promises import make_promise
from casefile.records import NewRecord, add_record
from casefile.tables import ContactHold, ServiceRequest

__all__ = [
    "ClaimedPayment",
    "EntryRefused",
    "FormFacts",
    "LearnedHours",
    "LearnedPhone",
    "Problem",
    "ResultForm",
    "Submitted",
    "UsableHours",
    "check",
    "load_facts",
    "outcomes_for",
    "submit",
]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the form brought about. `repeated`: it was saved before; nothing was written this time."""

    record_id: UUID
    promise_id: UUID | None
    recall_id: UUID | None
    holds: tuple[UUID, ...]
    requests: tuple[UUID, ...]
    flags: tuple[str, ...]
    cautions: tuple[Problem, ...]
    repeated: bool


def submit(conn: Connection, city: City, form: ResultForm, now: datetime, ids: Ids, user: User | None) -> Submitted:
    """Save a form with all its consequences, or raise EntryRefused and write nothing.

    Idempotent by (attempt_id, form_id, person): sending it again, after a lost answer or from a second window, gives the
    first answer. `user` None: the operator the ledger has for the call (rehearsals).
    """
    record_id = record_id_of(form)
    lock_person(conn, city, form.addressee_no)
    found = read_case(conn, city, form, record_id, now, user)
    if record_id in found.recorded:
        return _saved_before(conn, city.id, record_id, found.recorded[record_id])
    if found.recorded:
        sentence = "この通話の結果はすでに登録されています。直すときは交渉記録の訂正をしてください。"
        raise EntryRefused([Problem("form", sentence)])
    problems = check(form, found.facts)
    refuse_if_blocking(problems)
    call = found.facts.call
    by = _recorder(user, call)
    saved = Saved(form, record_id, _number(form, found.facts), by)
    promise_id = ids.new() if form.promise is not None else None
    _write_record(conn, city, saved, found.facts, promise_id, now)
    _heard_from(conn, city, form, found, now)
    if form.promise is not None and found.promise_case is not None:
        make_promise(
            conn,
            city,
            case=found.promise_case,
            draft=form.promise,
            now=now,
            ids=ids,
            promise_id=promise_id,
            record_id=record_id,
            attempt_id=form.attempt_id,
            registered_by=by,
        )
    recall_id = _book_recall(conn, city, saved, call, now, ids)
    brought = carry_out(conn, city, saved, now, ids)
    _note(conn, city, saved, brought, user, now, ids)
    return Submitted(
        record_id,
        promise_id,
        recall_id,
        brought.holds,
        brought.requests,
        brought.flags,
        tuple(problem for problem in problems if not problem.blocking),
        repeated=False,
    )


def load_facts(conn: Connection, city: City, form: ResultForm, now: datetime, user: User | None) -> FormFacts:
    """What `check` needs to know of the case, the phones and the call, as it stands now; for checking while typing.

    Raises TsunagaruError when the 宛名番号 is unknown.
    """
    return read_case(conn, city, form, record_id_of(form), now, user).facts


def record_id_of(form: ResultForm) -> UUID:
    """The record a form becomes: the same form on the same call for the same person is the same record.

    The person is part of it, since one call may bring a second record for another member of the household.
    """
    return stable_id("form", form.attempt_id, form.form_id, form.addressee_no)


def _recorder(user: User | None, call: CallFacts | None) -> UUID | None:
    if user is not None:
        return user.user_id
    return call.operator_id if call is not None else None


def _number(form: ResultForm, facts: FormFacts) -> str | None:
    if facts.call is not None and facts.call.e164 is not None:
        return facts.call.e164
    return form.e164 or (facts.phones.get(form.phone_id) if form.phone_id else None)


def _write_record(
    conn: Connection, city: City, saved: Saved, facts: FormFacts, promise_id: UUID | None, now: datetime
) -> None:
    form = saved.form
    record = NewRecord(
        record_id=saved.record_id,
        addressee_no=form.addressee_no,
        household_id=facts.household_id,
        purpose=form.purpose.value,
        claim_group=form.claim_group.value,
        direction=form.direction.value,
        started_at=form.started_at,
        ended_at=form.ended_at,
        e164=saved.e164,
        attempt_id=form.attempt_id,
        campaign_id=facts.call.campaign_id if facts.call else None,
        result=form.result.value,
        contact=form.contact.value if form.contact else None,
        identity_items=tuple(sorted(item.value for item in set(form.identity_items))),
        outcome=form.outcome.value if form.outcome else None,
        delinquency_reason=form.reason.value if form.reason else None,
        promise_id=promise_id,
        next_at=form.recall.call_at if form.recall else None,
        next_channel="call" if form.recall else None,
        remarks=form.remarks,
        complaint=form.complaint or form.outcome is Outcome.COMPLAINT,
        operator_id=saved.by,
    )
    add_record(conn, city.id, record, recorded_at=now, recorded_by=saved.by)


def _heard_from(conn: Connection, city: City, form: ResultForm, found: Found, now: datetime) -> None:
    """What a talk settles: the booked call it was, other bookings once the person was reached, waiting texts."""
    case = {"addressee_no": form.addressee_no, "purpose": form.purpose.value, "claim_group": form.claim_group.value}
    call = found.facts.call
    if form.contact is not None and form.contact.is_contact:
        if found.sms_waits:
            cancel_unreached(conn, city.id, **case, now=now)
        if call is not None and call.recall_id is not None:
            recall.done(conn, city.id, call.recall_id, now)
        if form.contact.is_right_party and found.recall_booked:
            recall.cancel_of_case(conn, city.id, **case, now=now)
    if call is not None and call.result is not None and call.result != form.result.value:
        ledger.amend_result(
            conn, call.attempt_id, form.result.value, person_answered=form.result is CallResult.ANSWERED
        )


def _book_recall(
    conn: Connection, city: City, saved: Saved, call: CallFacts | None, now: datetime, ids: Ids
) -> UUID | None:
    form = saved.form
    if form.recall is None:
        return None
    return recall.book(
        conn,
        city.id,
        addressee_no=form.addressee_no,
        purpose=form.purpose.value,
        claim_group=form.claim_group.value,
        wish=form.recall,
        now=now,
        ids=ids,
        campaign_id=call.campaign_id if call else None,
        record_id=saved.record_id,
    )


def _note(
    conn: Connection, city: City, saved: Saved, brought: Brought, user: User | None, now: datetime, ids: Ids
) -> None:
    audit.note(
        conn,
        city.id,
        ids=ids,
        at=now,
        user_id=saved.by,
        actor=user.login if user else "operator",
        action="record.add",
        addressee_no=saved.form.addressee_no,
        detail={
            "record_id": str(saved.record_id),
            "purpose": saved.form.purpose.value,
            "outcome": saved.form.outcome.value if saved.form.outcome else None,
            "flags": list(brought.flags),
        },
    )


def _saved_before(conn: Connection, municipality_id: int, record_id: UUID, promise_id: UUID | None) -> Submitted:
    """The answer to a form that is in already."""
    recall_id = conn.scalars(
        select(Recall.recall_id).where(Recall.municipality_id == municipality_id, Recall.record_id == record_id)
    ).one_or_none()
    holds = conn.scalars(
        select(ContactHold.hold_id)
        .where(
            ContactHold.municipality_id == municipality_id,
            ContactHold.record_id == record_id,
            ContactHold.exempt_id.is_(None),
        )
        .order_by(ContactHold.hold_id)
    ).all()
    requests = conn.scalars(
        select(ServiceRequest.request_id)
        .where(ServiceRequest.municipality_id == municipality_id, ServiceRequest.record_id == record_id)
        .order_by(ServiceRequest.request_id)
    ).all()
    return Submitted(record_id, promise_id, recall_id, tuple(holds), tuple(requests), (), (), repeated=True)

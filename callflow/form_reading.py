"""What a result form is checked against and what it finds standing, read in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from callflow.form_rules import CallFacts, FormFacts
from callflow.result_form import ResultForm
from callflow.unreached import TRIGGER
from casefile.accounts import User
from casefile.city import City
from casefile.errors import TsunagaruError
from casefile.promises import PromiseCase, read_promise_case
from casefile.vocabulary import ClaimGroup, TaxpayerKind


@dataclass(frozen=True, slots=True)
class Found:
    """How things stand when a form comes in.

    `recorded`: records that stand in the way of a new one, with their promises: this very form's, or another's of the
    call. `promise_case`: read only for a form with a promise. `sms_waits`, `recall_booked`: what a contact would end.
    """

    facts: FormFacts
    recorded: Mapping[UUID, UUID | None]
    promise_case: PromiseCase | None
    sms_waits: bool
    recall_booked: bool


# A statement of its own, before anything is read: what another window wrote while we waited here must be seen.
_LOCK = """
SELECT FROM taxpayer WHERE municipality_id = %(city)s AND addressee_no = %(person)s FOR NO KEY UPDATE
"""
# One call has one result for each person from each who talked (取次 brings a second one), whatever window it comes from;
# what was saved is corrected, not repeated.
_READ = """
SELECT t.household_id, t.kind,
       (SELECT jsonb_agg(jsonb_build_array(p.phone_id, p.e164) ORDER BY p.position, p.phone_id) FROM phone p
         WHERE p.municipality_id = %(city)s AND p.addressee_no = %(person)s AND p.e164 IS NOT NULL
           AND p.line_type <> 'barred' AND p.ng_reason IS NULL AND p.dropped_at IS NULL),
       (SELECT jsonb_agg(jsonb_build_array(r.record_id, r.promise_id) ORDER BY r.record_id) FROM (
               SELECT f.record_id, f.promise_id FROM contact_record f
                WHERE f.municipality_id = %(city)s AND f.record_id = %(record)s AND f.version = 1
               UNION
               SELECT o.record_id, o.promise_id FROM contact_record o
                WHERE o.municipality_id = %(city)s AND o.attempt_id = %(attempt)s AND o.addressee_no = %(person)s
                  AND o.version = 1 AND o.recorded_by = COALESCE(%(by)s::uuid, o.recorded_by)) r),
       EXISTS (SELECT FROM follow_up w
                WHERE w.municipality_id = %(city)s AND w.addressee_no = %(person)s AND w.purpose = %(purpose)s
                  AND w.claim_group = %(group)s AND w.trigger = %(trigger)s AND w.state = 'waiting'),
       EXISTS (SELECT FROM recall b
                WHERE b.municipality_id = %(city)s AND b.addressee_no = %(person)s AND b.purpose = %(purpose)s
                  AND b.claim_group = %(group)s AND b.state = 'booked'),
       c.attempt_id, c.addressee_no, c.household_id, c.phone_id, c.e164, c.campaign_id, c.recall_id, c.operator_id,
       c.result
  FROM taxpayer t
  LEFT JOIN attempt c ON c.municipality_id = t.municipality_id AND c.attempt_id = %(attempt)s
 WHERE t.municipality_id = %(city)s AND t.addressee_no = %(person)s
"""


def lock_person(conn: Connection, city: City, addressee_no: str) -> None:
    """One form at a time for a person: the same form sent twice, or two promises, wait for each other here."""
    conn.exec_driver_sql(_LOCK, {"city": city.id, "person": addressee_no})


def read_case(
    conn: Connection, city: City, form: ResultForm, record_id: UUID, now: datetime, user: User | None
) -> Found:
    """The case, the phones and the call of a form as they stand. Raises TsunagaruError for an unknown 宛名番号."""
    asked = {
        "city": city.id,
        "person": form.addressee_no,
        "attempt": form.attempt_id,
        "record": record_id,
        "by": user.user_id if user is not None else None,
        "purpose": form.purpose.value,
        "group": form.claim_group.value,
        "trigger": TRIGGER,
    }
    row = conn.exec_driver_sql(_READ, asked).one_or_none()
    if row is None:
        raise TsunagaruError(f"宛名番号 {form.addressee_no} は登録されていません。案件を開き直してください。")
    household_id, kind, phones, recorded, sms_waits, recall_booked, *call = row
    promise_case = _promise_case(conn, city, form)
    facts = FormFacts(
        city=city,
        now=now,
        kind=TaxpayerKind(kind),
        household_id=household_id,
        call=CallFacts(*call) if call[0] is not None else None,
        phones={UUID(phone_id): e164 for phone_id, e164 in phones or ()},
        outstanding=promise_case.outstanding if promise_case is not None else {},
        may_see_purpose=user is None or user.may_see(form.purpose),
    )
    return Found(facts, _by_record(recorded or ()), promise_case, sms_waits, recall_booked)


def _promise_case(conn: Connection, city: City, form: ResultForm) -> PromiseCase | None:
    if form.promise is None or form.claim_group is ClaimGroup.NONE:
        return None
    return read_promise_case(conn, city.id, form.addressee_no, form.claim_group)


def _by_record(recorded: Any) -> dict[UUID, UUID | None]:
    return {UUID(record): UUID(promise) if promise else None for record, promise in recorded}

"""What each 交渉結果 brings with it: a request to a section, a hold, a flag. One table, and the hands that carry it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from callflow.codes import Contact, Outcome
from callflow.follow_up import mark_number
from callflow.result_form import LearnedHours, LearnedPhone, ResultForm, UsableHours
from casefile import holds
from casefile.city import City
from casefile.clock import jst_date
from casefile.flags import FlagCode
from casefile.ids import Ids
from casefile.phone_number import read_phone
from casefile.requests import RequestKind, open_request
from casefile.tables import Phone, Taxpayer, TaxpayerFlag
from casefile.vocabulary import HoldKind


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an outcome sets going. `hold_days` None: the hold stands until the request is dealt with."""

    request: RequestKind | None = None
    hold: HoldKind | None = None
    hold_days: int | None = None
    flag: FlagCode | None = None


CONSEQUENCES: dict[Outcome, Consequence] = {
    # The days of this hold are a setting of the city.
    Outcome.CLAIMED_PAID: Consequence(RequestKind.PAYMENT_CHECK, HoldKind.CLAIMED_PAID),
    Outcome.REISSUE: Consequence(RequestKind.SLIP_REISSUE, HoldKind.SLIP_REISSUE, 21),
    Outcome.DIRECT_DEBIT: Consequence(RequestKind.DIRECT_DEBIT, HoldKind.DIRECT_DEBIT, 60),
    Outcome.INSTALMENT: Consequence(RequestKind.INSTALMENT, HoldKind.STAFF),
    Outcome.RELIEF: Consequence(RequestKind.RELIEF, HoldKind.STAFF),
    Outcome.HARDSHIP: Consequence(RequestKind.HARDSHIP, HoldKind.STAFF),
    Outcome.ASSESSMENT_QUERY: Consequence(RequestKind.ASSESSMENT),
    Outcome.REFUND_QUERY: Consequence(RequestKind.REFUND),
    Outcome.COMPLAINT: Consequence(RequestKind.COMPLAINT),
    Outcome.MOVED: Consequence(RequestKind.MOVED),
    Outcome.DECEASED: Consequence(RequestKind.DECEASED, flag=FlagCode.DECEASED),
    Outcome.FOREIGN_LANGUAGE: Consequence(RequestKind.LANGUAGE, flag=FlagCode.FOREIGN_LANGUAGE),
}


@dataclass(frozen=True, slots=True)
class Saved:
    """The record the consequences belong to, and whose it is."""

    form: ResultForm
    record_id: UUID
    e164: str | None
    by: UUID | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What was set going."""

    holds: tuple[UUID, ...]
    requests: tuple[UUID, ...]
    flags: tuple[str, ...]


def carry_out(conn: Connection, city: City, saved: Saved, now: datetime, ids: Ids) -> Brought:
    """Everything but promise and recall: requests, holds, flags, and what was learned of phones and whereabouts."""
    form = saved.form
    consequence = _consequence(form)
    requests = () if consequence.request is None else (_request(conn, city, saved, consequence.request, now, ids),)
    placed = () if consequence.hold is None else (_hold(conn, city, saved, consequence, now, ids),)
    flags = _flags(form, consequence)
    for code in flags:
        learn_flag(conn, city.id, form.addressee_no, code, _flag_note(form, code), saved.by, now, ids)
    _learn_of_the_number(conn, city, saved, now)
    if form.learned_phone is not None:
        learn_phone(conn, city, form.addressee_no, form.learned_phone, saved.by, now, ids)
    if form.learned_hours is not None:
        learn_hours(conn, city.id, form.addressee_no, form.learned_hours)
    if form.outcome is Outcome.MOVED:
        _moved(conn, city.id, form.addressee_no)
    return Brought(placed, requests, tuple(code.value for code in flags))


def _consequence(form: ResultForm) -> Consequence:
    """The table's word; 折返し asks something of the staff only if the person himself wants it."""
    if form.outcome is None:
        return Consequence()
    if form.outcome is Outcome.CALL_BACK_ASKED and form.contact is not None and form.contact.is_right_party:
        return Consequence(RequestKind.CALL_BACK)
    return CONSEQUENCES.get(form.outcome, Consequence())


def _flags(form: ResultForm, consequence: Consequence) -> tuple[FlagCode, ...]:
    """A refusal by the person himself holds for all his numbers; by anybody else, for that number (see below)."""
    himself = form.contact is not None and form.contact.is_right_party
    found = [FlagCode(code) for code in form.learned_flags]
    if consequence.flag is not None:
        found.append(consequence.flag)
    if form.refuses_calls and himself:
        found.append(FlagCode.CALL_REFUSAL)
    if form.refuses_sms and himself:
        found.append(FlagCode.SMS_REFUSAL)
    return tuple(dict.fromkeys(found))


def _request(conn: Connection, city: City, saved: Saved, kind: RequestKind, now: datetime, ids: Ids) -> UUID:
    form = saved.form
    return open_request(
        conn,
        city,
        addressee_no=form.addressee_no,
        purpose=form.purpose.value,
        claim_group=form.claim_group.value,
        kind=kind,
        note=_request_note(form),
        record_id=saved.record_id,
        now=now,
        ids=ids,
    )


def _request_note(form: ResultForm) -> str:
    said = [form.remarks.strip()]
    if form.claimed_payment is not None:
        day = f"{form.claimed_payment.paid_on:%Y-%m-%d}" if form.claimed_payment.paid_on else "日付不明"
        said.insert(0, f"納付したとの申出: {day} {form.claimed_payment.where}".strip())
    if form.outcome is Outcome.MOVED and form.new_whereabouts.strip():
        said.insert(0, form.new_whereabouts.strip())
    if form.outcome is Outcome.FOREIGN_LANGUAGE and form.language:
        said.insert(0, f"言語: {form.language}")
    return "\n".join(line for line in said if line)


def _hold(conn: Connection, city: City, saved: Saved, consequence: Consequence, now: datetime, ids: Ids) -> UUID:
    if consequence.hold is None:
        raise ValueError("no hold follows from this outcome")
    days = consequence.hold_days
    if consequence.hold is HoldKind.CLAIMED_PAID:
        days = city.settings.claimed_paid_days
    return holds.place(
        conn,
        city.id,
        addressee_no=saved.form.addressee_no,
        purpose=saved.form.purpose.value,
        claim_group=saved.form.claim_group.value,
        kind=consequence.hold,
        since=now,
        until=None if days is None else now + timedelta(days=days),
        ids=ids,
        record_id=saved.record_id,
    )


def learn_flag(
    conn: Connection,
    municipality_id: int,
    addressee_no: str,
    code: FlagCode,
    note: str | None,
    by: UUID | None,
    now: datetime,
    ids: Ids,
) -> None:
    """Set a flag the room has learned, from today and without end, unless the same one stands already."""
    today = jst_date(now)
    stands = conn.execute(
        select(TaxpayerFlag.flag_id)
        .where(
            TaxpayerFlag.municipality_id == municipality_id,
            TaxpayerFlag.addressee_no == addressee_no,
            TaxpayerFlag.flag_code == code,
            TaxpayerFlag.valid_from <= today,
            or_(TaxpayerFlag.valid_to.is_(None), TaxpayerFlag.valid_to >= today),
        )
        .limit(1)
    ).first()
    if stands:
        return
    conn.execute(
        insert(TaxpayerFlag),
        {
            "municipality_id": municipality_id,
            "flag_id": ids.new(),
            "addressee_no": addressee_no,
            "flag_code": code.value,
            "valid_from": today,
            "valid_to": None,
            "note": note,
            "source": "learned",
            "set_by": by,
            "set_at": now,
            "as_of": today,
            "import_id": None,
        },
    )


def _flag_note(form: ResultForm, code: FlagCode) -> str | None:
    return form.language if code is FlagCode.FOREIGN_LANGUAGE else None


def _learn_of_the_number(conn: Connection, city: City, saved: Saved, now: datetime) -> None:
    """A wrong number, or one whose owner wants no calls, is never used again for this person; a right one is confirmed."""
    form = saved.form
    if saved.e164 is None:
        return
    if form.result.kills_number:
        mark_number(conn, city.id, form.addressee_no, saved.e164, form.result.label, now, by=saved.by)
    if form.contact is None:
        return
    if form.contact is Contact.WRONG_PERSON:
        mark_number(conn, city.id, form.addressee_no, saved.e164, "番号違い", now, by=saved.by)
    elif form.contact.is_right_party:
        _confirm_number(conn, city.id, form.addressee_no, saved.e164, now)
    elif form.refuses_calls or form.refuses_sms:
        mark_number(conn, city.id, form.addressee_no, saved.e164, "電話の持ち主が拒否", now, by=saved.by)


_CONFIRM = """
UPDATE phone SET confirmed_at = %(now)s
 WHERE municipality_id = %(city)s AND addressee_no = %(person)s AND e164 = %(number)s
"""


def _confirm_number(conn: Connection, municipality_id: int, addressee_no: str, e164: str, now: datetime) -> None:
    conn.exec_driver_sql(_CONFIRM, {"city": municipality_id, "person": addressee_no, "number": e164, "now": now})


def learn_phone(
    conn: Connection, city: City, addressee_no: str, learned: LearnedPhone, by: UUID | None, now: datetime, ids: Ids
) -> None:
    """Add a number that was heard, after the others; one we had is confirmed, and usable again if it was marked NG."""
    read = read_phone(learned.raw, city.area_code, frozenset({city.caller_number}))
    last = conn.execute(
        select(func.coalesce(func.max(Phone.position), 0)).where(
            Phone.municipality_id == city.id, Phone.addressee_no == addressee_no
        )
    ).scalar_one()
    heard: dict[str, Any] = {
        "place": learned.place.value,
        "holder": learned.holder.value,
        "confirmed_at": now,
        "learned_by": by,
        "learned_at": now,
        "ng_reason": None,
        "ng_at": None,
        "dropped_at": None,
    }
    if learned.hours is not None:
        heard["usable_hours"] = hours_json(learned.hours)
    stored = insert_or_update(Phone).values(
        municipality_id=city.id,
        phone_id=ids.new(),
        addressee_no=addressee_no,
        position=last + 1,
        raw=learned.raw,
        raw_digits=read.digits,
        e164=read.e164,
        line_type=read.line_type.value,
        source="learned",
        as_of=jst_date(now),
        import_id=None,
        **{"usable_hours": None, **heard},
    )
    conn.execute(
        stored.on_conflict_do_update(
            index_elements=[Phone.municipality_id, Phone.addressee_no, Phone.raw_digits], set_=heard
        )
    )


def learn_hours(conn: Connection, municipality_id: int, addressee_no: str, learned: LearnedHours) -> None:
    """Keep the hours a resident asked for with the number."""
    conn.execute(
        update(Phone)
        .where(
            Phone.municipality_id == municipality_id,
            Phone.addressee_no == addressee_no,
            Phone.phone_id == learned.phone_id,
        )
        .values(usable_hours=hours_json(learned.hours))
    )


def hours_json(hours: UsableHours) -> dict[str, Any]:
    """As `phone.usable_hours` stores it."""
    days = {"weekdays": sorted(set(hours.weekdays))} if hours.weekdays else {}
    return {**days, "from": hours.opens, "to": hours.closes}


def _moved(conn: Connection, municipality_id: int, addressee_no: str) -> None:
    """The address of the file is known to be wrong (K10); the new one goes to the section as a request."""
    conn.execute(
        update(Taxpayer)
        .where(Taxpayer.municipality_id == municipality_id, Taxpayer.addressee_no == addressee_no)
        .values(whereabouts="moved")
    )

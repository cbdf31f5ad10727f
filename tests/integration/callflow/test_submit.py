"""One form, one transaction, everything that follows from it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, insert, select

from callflow import recall
from callflow.codes import CallResult, Contact, Outcome
from callflow.form import LearnedHours, LearnedPhone, ResultForm, Submitted, UsableHours, submit
from callflow.identity import IdentityItem
from callflow.recall import RecallWish
from callflow.tables import FollowUp, Recall
from casefile import holds, ledger
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.gate import admit
from casefile.ids import TimeOrderedIds
from casefile.problems import EntryRefused
from casefile.promises import PartDraft, PromiseDraft
from casefile.records import versions
from casefile.requests import finish_request, open_requests
from casefile.tables import (
    AuditEntry,
    ContactHold,
    ContactRecord,
    Phone,
    Promise,
    PromisePart,
    PromiseTarget,
    ServiceRequest,
    Taxpayer,
    TaxpayerFlag,
)
from casefile.vocabulary import ClaimGroup, ContactDirection, HoldKind, PhoneHolder, PhonePlace, Purpose
from tests.people import People, call, key, mobile

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)
SELF = mobile(1)


@dataclass
class Room:
    """A person with a phone and a debt, whom we have just spoken with."""

    conn: Connection
    city: City
    people: People
    ids: TimeOrderedIds
    attempt_id: UUID
    now: datetime = NOW

    def form(self, **changes: Any) -> ResultForm:
        form = ResultForm(
            form_id=key("form", changes.get("addressee_no", "A1"), changes.get("outcome"), changes.get("contact")),
            addressee_no="A1",
            purpose=Purpose.DUNNING,
            claim_group=ClaimGroup.COMPULSORY,
            started_at=self.now - timedelta(minutes=4),
            ended_at=self.now,
            result=CallResult.ANSWERED,
            attempt_id=self.attempt_id,
            contact=Contact.SELF,
            identity_items=(IdentityItem.NAME, IdentityItem.BIRTH_DATE),
            outcome=Outcome.INFORMED,
            remarks="備考",
        )
        return replace(form, **changes)

    def submit(self, **changes: Any) -> Submitted:
        return submit(self.conn, self.city, self.form(**changes), self.now, self.ids, None)

    def count(self, table: Any, **values: Any) -> int:
        found = select(func.count()).select_from(table).filter_by(**values)
        return self.conn.execute(found).scalar_one()

    def standing(self) -> list[HoldKind]:
        return [hold.kind for hold in holds.standing(self.conn, self.city.id, "A1", self.now)]


@pytest.fixture
def room(passing: Connection, shared_city: City) -> Room:
    return furnished(passing, shared_city)


def furnished(conn: Connection, city: City) -> Room:
    people = People(conn, city.id, DAY)
    people.city_data()
    people.household("H1", "resident")
    people.debtor("A1", SELF, "H1")
    people.person("A2", "H1")
    people.owes("A2")
    people.person("B1")
    ids = TimeOrderedIds(VirtualClock(NOW).now, random.Random(1))
    rung = NOW - timedelta(minutes=5)
    admission = admit(conn, city, [call("A1", SELF)], rung)[0]
    assert admission.attempt_id is not None, admission.sentences
    attempt_id = admission.attempt_id
    ledger.hand(conn, attempt_id, rung)
    ledger.answered(conn, attempt_id, rung + timedelta(seconds=20), person=True)
    ledger.end(conn, attempt_id, NOW, result="01", cause="200")
    return Room(conn, city, people, ids, attempt_id)


PROMISE = PromiseDraft((PartDraft(date(2026, 9, 15), 10_000), PartDraft(date(2026, 9, 30), 20_000)))


def test_a_promise_is_stored_with_parts_targets_and_record(room: Room) -> None:
    saved = room.submit(outcome=Outcome.PROMISE, promise=PROMISE)
    promise = room.conn.execute(select(*Promise.__table__.columns)).one()
    assert (promise.promise_id, promise.record_id) == (saved.promise_id, saved.record_id)
    assert (promise.promised_yen, promise.last_due_on, promise.state) == (30_000, date(2026, 9, 30), "open")
    assert promise.judge_on == room.city.calendar.add_open_days(date(2026, 9, 30), 10)
    assert (room.count(PromisePart), room.count(PromiseTarget)) == (2, 1)
    record = versions(room.conn, room.city.id, saved.record_id)[0]
    assert (record["promise_id"], record["attempt_id"]) == (saved.promise_id, room.attempt_id)
    assert record["identity_items"] == ["birth_date", "name"]
    assert room.count(AuditEntry, action="record.add", addressee_no="A1") == 1


def test_sending_the_form_twice_saves_it_once(room: Room) -> None:
    first = room.submit(outcome=Outcome.PROMISE, promise=PROMISE)
    second = room.submit(outcome=Outcome.PROMISE, promise=PROMISE)
    assert second.repeated
    assert not first.repeated
    assert (second.record_id, second.promise_id) == (first.record_id, first.promise_id)
    assert (room.count(ContactRecord), room.count(Promise), room.count(AuditEntry, action="record.add")) == (1, 1, 1)


def test_the_same_form_from_two_windows_at_once_saves_it_once(database: Database, city: City) -> None:
    with database.transaction(city.id) as conn:
        room = furnished(conn, city)
        form = room.form(outcome=Outcome.PROMISE, promise=PROMISE)
    answers: list[Submitted] = []
    together = threading.Barrier(2)

    def send(seed: int) -> None:
        ids = TimeOrderedIds(VirtualClock(NOW).now, random.Random(seed))
        with database.transaction(city.id) as conn:
            together.wait(timeout=20)
            answers.append(submit(conn, city, form, NOW, ids, None))

    windows = [threading.Thread(target=send, args=(seed,)) for seed in (2, 3)]
    for window in windows:
        window.start()
    for window in windows:
        window.join(timeout=30)
    assert sorted(answer.repeated for answer in answers) == [False, True]
    assert len({answer.promise_id for answer in answers}) == 1
    with database.transaction(city.id) as conn:
        assert conn.execute(select(func.count()).select_from(ContactRecord)).scalar_one() == 1


def test_a_refused_form_writes_nothing(room: Room) -> None:
    with pytest.raises(EntryRefused) as refused:
        room.submit(outcome=Outcome.PROMISE, promise=PROMISE, identity_items=())
    assert {problem.field for problem in refused.value.problems} == {"identity_items"}
    assert (room.count(ContactRecord), room.count(Promise)) == (0, 0)


def test_a_newer_promise_supersedes_the_open_one(room: Room) -> None:
    room.submit(outcome=Outcome.PROMISE, promise=PROMISE)
    again = PromiseDraft((PartDraft(date(2026, 10, 5), 30_000),))
    room.submit(form_id=key("second"), outcome=Outcome.PROMISE, promise=again)
    states = room.conn.scalars(select(Promise.state).order_by(Promise.made_at, Promise.promise_id)).all()
    assert sorted(states) == ["open", "superseded"]
    assert room.count(PromisePart, state="superseded") == 2


@pytest.mark.parametrize(
    ("outcome", "request_kind", "hold", "until"),
    [
        (Outcome.CLAIMED_PAID, "payment_check", HoldKind.CLAIMED_PAID, NOW + timedelta(days=14)),
        (Outcome.REISSUE, "slip_reissue", HoldKind.SLIP_REISSUE, NOW + timedelta(days=21)),
        (Outcome.DIRECT_DEBIT, "direct_debit", HoldKind.DIRECT_DEBIT, NOW + timedelta(days=60)),
        (Outcome.INSTALMENT, "instalment", HoldKind.STAFF, None),
        (Outcome.RELIEF, "relief", HoldKind.STAFF, None),
        (Outcome.HARDSHIP, "hardship", HoldKind.STAFF, None),
    ],
)
def test_outcomes_that_hold_the_room_back(
    room: Room, outcome: Outcome, request_kind: str, hold: HoldKind, until: datetime | None
) -> None:
    saved = room.submit(outcome=outcome)
    stored = room.conn.execute(select(*ContactHold.__table__.columns)).one()
    assert (stored.kind, stored.until, stored.record_id) == (hold, until, saved.record_id)
    asked = room.conn.execute(select(*ServiceRequest.__table__.columns)).one()
    assert (asked.kind, asked.state, asked.record_id) == (request_kind, "open", saved.record_id)
    assert asked.due_on > DAY


def test_a_finished_request_lifts_its_hold_or_lets_it_end(room: Room) -> None:
    room.submit(outcome=Outcome.INSTALMENT)
    room.submit(form_id=key("slip"), outcome=Outcome.REISSUE)
    assert room.standing() == [HoldKind.STAFF, HoldKind.SLIP_REISSUE]
    for request in open_requests(room.conn, room.city.id):
        finish_request(room.conn, room.city.id, request.request_id, room.now, None)
    assert room.standing() == [HoldKind.SLIP_REISSUE], "the slip is in the post"
    room.now += timedelta(days=10)
    assert not room.standing()
    with pytest.raises(EntryRefused):
        finish_request(room.conn, room.city.id, request.request_id, room.now, None)


def test_a_wrong_number_is_never_used_again(room: Room) -> None:
    room.submit(contact=Contact.WRONG_PERSON, identity_items=(), outcome=None)
    assert room.conn.execute(select(Phone.ng_reason)).scalar_one() == "番号違い"
    refused = admit(room.conn, room.city, [call("A1", SELF, request_id=key("again"))], NOW + timedelta(days=1))[0]
    assert not refused.allowed


def test_a_right_number_is_confirmed(room: Room) -> None:
    room.submit()
    assert room.conn.execute(select(Phone.confirmed_at)).scalar_one() == NOW


def test_an_announcement_heard_by_the_operator_marks_the_number_and_corrects_the_ledger(room: Room) -> None:
    room.submit(result=CallResult.NOT_IN_SERVICE, contact=None, outcome=None, identity_items=())
    assert room.conn.execute(select(Phone.ng_reason)).scalar_one() == CallResult.NOT_IN_SERVICE.label
    assert room.conn.exec_driver_sql("SELECT result FROM attempt").scalar_one() == "05"


def test_refusing_calls_stops_them_all_for_the_person_himself(room: Room) -> None:
    saved = room.submit(outcome=Outcome.COMPLAINT, refuses_calls=True, refuses_sms=True)
    assert set(saved.flags) == {"call_refusal", "sms_refusal"}
    assert room.conn.execute(select(ContactRecord.complaint)).scalar_one()
    room.submit(form_id=key("again"), outcome=Outcome.COMPLAINT, refuses_calls=True)
    assert room.count(TaxpayerFlag, flag_code="call_refusal") == 1, "a flag that stands is not set twice"


def test_family_that_refuses_calls_closes_its_number_only(room: Room) -> None:
    room.submit(contact=Contact.SPOUSE, identity_items=(), outcome=Outcome.COMPLAINT, refuses_calls=True)
    assert room.count(TaxpayerFlag) == 0
    assert room.conn.execute(select(Phone.ng_reason)).scalar_one() == "電話の持ち主が拒否"


def test_a_death_is_flagged_at_once(room: Room) -> None:
    room.submit(contact=Contact.SPOUSE, identity_items=(), outcome=Outcome.DECEASED)
    assert room.count(TaxpayerFlag, flag_code="deceased", source="learned") == 1
    assert room.count(ServiceRequest, kind="deceased") == 1


def test_a_move_is_noted_and_handed_on(room: Room) -> None:
    room.submit(outcome=Outcome.MOVED, new_whereabouts="隣市へ転居", remarks="")
    assert room.conn.execute(select(Taxpayer.whereabouts).filter_by(addressee_no="A1")).scalar_one() == "moved"
    assert room.conn.execute(select(ServiceRequest.note)).scalar_one() == "隣市へ転居"


def test_a_new_number_is_kept_with_holder_and_hours(room: Room) -> None:
    heard = LearnedPhone("090-0765-4321", PhonePlace.CONTACT, PhoneHolder.SPOUSE, UsableHours("18:00", "20:00", (1, 3)))
    room.submit(learned_phone=heard)
    phone = room.conn.execute(select(*Phone.__table__.columns).where(Phone.source == "learned")).one()
    assert (phone.e164, phone.holder, phone.place) == ("+819007654321", "spouse", "contact")
    assert phone.usable_hours == {"weekdays": [1, 3], "from": "18:00", "to": "20:00"}
    assert phone.position == 1 + room.conn.execute(select(Phone.position).where(Phone.source != "learned")).scalar_one()


def test_hearing_a_number_marked_ng_makes_it_usable_again(room: Room) -> None:
    room.submit(contact=Contact.WRONG_PERSON, identity_items=(), outcome=None)
    raw = room.conn.execute(select(Phone.raw_digits)).scalar_one()
    room.conn.exec_driver_sql("UPDATE phone SET raw_digits = '09000000001' WHERE raw_digits = %s", (raw,))
    room.submit(form_id=key("b"), learned_phone=LearnedPhone("090-0000-0001", PhonePlace.MOBILE, PhoneHolder.SELF))
    phone = room.conn.execute(select(*Phone.__table__.columns)).one()
    assert (phone.ng_reason, phone.e164, phone.confirmed_at) == (None, SELF, NOW)


def test_asked_hours_are_kept_with_the_number(room: Room) -> None:
    room.submit(learned_hours=LearnedHours(key("phone", "A1", SELF), UsableHours("18:00", "20:00")))
    assert room.conn.execute(select(Phone.usable_hours)).scalar_one() == {"from": "18:00", "to": "20:00"}


def test_a_recall_is_booked_and_holds_all_but_itself_back(room: Room) -> None:
    wish = RecallWish(at_jst(DAY, 18), key("phone", "A1", SELF), note="夕方なら")
    saved = room.submit(outcome=Outcome.RECALL, recall=wish)
    assert saved.recall_id is not None
    hold = room.conn.execute(select(*ContactHold.__table__.columns)).one()
    assert (hold.kind, hold.exempt_id, hold.until) == ("recall", saved.recall_id, at_jst(DAY + timedelta(days=1)))
    assert room.submit(outcome=Outcome.RECALL, recall=wish).recall_id == saved.recall_id
    assert [booked.note for booked in recall.of_person(room.conn, room.city.id, "A1")] == ["夕方なら"]


def test_speaking_with_the_person_settles_bookings_and_waiting_texts(room: Room) -> None:
    wish = RecallWish(at_jst(DAY, 18), key("phone", "A1", SELF))
    room.submit(outcome=Outcome.RECALL, recall=wish)
    room.conn.execute(
        insert(FollowUp).values(
            municipality_id=room.city.id,
            follow_up_id=key("sms"),
            channel="sms",
            purpose="dunning",
            claim_group="compulsory",
            addressee_no="A1",
            trigger="unreached",
            occasion="unreached:x",
            due_at=NOW,
            state="waiting",
            created_at=NOW,
        )
    )
    room.submit(form_id=key("called back"))
    assert room.conn.execute(select(Recall.state)).scalar_one() == "cancelled"
    assert room.conn.execute(select(FollowUp.state)).scalar_one() == "cancelled"
    assert not room.standing()


def test_another_member_gets_a_second_record_once_verified(room: Room) -> None:
    room.submit(contact=Contact.SPOUSE, identity_items=(), outcome=Outcome.CALL_BACK_ASKED)
    with pytest.raises(EntryRefused):
        room.submit(addressee_no="A2", identity_items=())
    own = PromiseDraft((PartDraft(date(2026, 9, 15), 30_000),))
    saved = room.submit(addressee_no="A2", outcome=Outcome.PROMISE, promise=own)
    stored = room.conn.execute(select(ContactRecord.addressee_no).filter_by(record_id=saved.record_id)).scalar_one()
    assert stored == "A2"
    assert room.count(ContactRecord, attempt_id=room.attempt_id) == 2
    with pytest.raises(EntryRefused):
        room.submit(addressee_no="B1")


def test_a_talk_at_the_counter_needs_no_call(room: Room) -> None:
    saved = room.submit(attempt_id=None, direction=ContactDirection.COUNTER, outcome=Outcome.INFORMED)
    assert versions(room.conn, room.city.id, saved.record_id)[0]["direction"] == "counter"

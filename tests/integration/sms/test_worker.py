"""From a due follow-up to a delivered text, and everything that may come between."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Row, select, text, update

from callflow.tables import FollowUp
from casefile import stops
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import TimeOrderedIds
from casefile.records import NewRecord, add_record, latest_records
from casefile.tables import Arrears, Attempt, GateDecision, Phone
from casefile.vocabulary import Purpose
from sms import scheduling, templates
from sms.delivery import take_report
from sms.gateways import DeliveryState, NullGateway, Report
from sms.seeding import seed_templates
from sms.tables import DeliveryReport, Message
from sms.triggers import Trigger
from sms.worker import Round, run_due
from tests.integration.sms.desk import NotingGateway, follow_up
from tests.people import People, key, landline, mobile

NOW = at_jst(date(2026, 9, 1), 10)
WRITER, CHIEF = key("writer"), key("chief")


class Desk:
    """One room's SMS desk in virtual time."""

    def __init__(self, database: Database, city: City) -> None:
        self.database, self.city = database, city
        self.clock = VirtualClock(NOW)
        self.ids = TimeOrderedIds(self.clock.now, random.Random(7))
        self.gateway = NotingGateway()
        with self.transaction() as conn:
            People(conn, city.id, date(2026, 8, 31)).city_data()
            seed_templates(conn, city, drafted_by=WRITER, approved_by=CHIEF, now=NOW, ids=self.ids)

    def transaction(self) -> Any:
        return self.database.transaction(self.city.id)

    def debtor(self, no: str, nr: int, **due: Any) -> UUID:
        with self.transaction() as conn:
            People(conn, self.city.id, date(2026, 8, 31)).debtor(no, mobile(nr))
            return follow_up(conn, self.city.id, no, due.pop("due_at", NOW), **due)

    def round(self, **limits: int) -> Round:
        return run_due(self.database, self.city, self.clock, self.ids, self.gateway, **limits)

    def messages(self) -> list[Row[Any]]:
        with self.transaction() as conn:
            return list(conn.execute(select(Message).order_by(Message.addressee_no, Message.message_id)))

    def one(self, table: Any) -> Row[Any]:
        with self.transaction() as conn:
            row: Row[Any] = conn.execute(select(table)).one()
            return row

    def report(self, message: Row[Any], state: DeliveryState, seconds: int = 5) -> bool:
        at = self.clock.now() + timedelta(seconds=seconds)
        report = Report("test", f"ref-{message.message_id}", state, at)
        with self.transaction() as conn:
            return take_report(conn, self.city, report, self.ids)


@pytest.fixture
def desk(database: Database, city: City) -> Desk:
    return Desk(database, city)


def test_a_due_follow_up_is_texted_once_and_the_case_knows(desk: Desk) -> None:
    desk.debtor("A", 1)
    assert desk.round() == Round(settled=1)
    assert desk.round().idle
    (message,) = desk.messages()
    assert desk.gateway.taken == {message.message_id: (mobile(1), message.body)}
    assert message.body == (
        "試験市です。お知らせがあります。03-0000-1111へお電話ください。送信専用です。心当たりのない方はご容赦ください。"
    )
    assert (message.state, message.segments, message.sent_at) == ("sent", 1, NOW)
    attempt = desk.one(Attempt)
    assert (attempt.channel, attempt.state, attempt.counted, attempt.attempt_id) == (
        "sms",
        "ended",
        True,
        message.attempt_id,
    )
    assert desk.one(GateDecision).allowed
    assert desk.one(FollowUp).state == "done"
    assert desk.report(message, DeliveryState.DELIVERED)
    with desk.transaction() as conn:
        records = conn.execute(select(latest_records(desk.city.id))).all()
    assert [(row.direction, row.attempt_id, row.remarks, row.version) for row in records] == [
        ("sms", attempt.attempt_id, "SMS「電話がつながらない方へ」到達", 2)
    ]
    assert desk.messages()[0].state == "delivered"


def test_a_payment_imported_meanwhile_suppresses_the_text(desk: Desk) -> None:
    desk.debtor("A", 1)
    with desk.transaction() as conn:
        conn.execute(update(Arrears).values(provisional_paid_yen=30000))
    assert desk.round() == Round(held=1)
    assert desk.gateway.sends == 0
    (message,) = desk.messages()
    assert (message.state, message.state_reason, message.attempt_id) == ("suppressed", "nothing_owed", None)
    assert (desk.one(FollowUp).state, desk.one(FollowUp).state_reason) == ("suppressed", "nothing_owed")


def test_nothing_is_begun_outside_the_hours_or_before_the_time(desk: Desk) -> None:
    desk.debtor("A", 1, due_at=at_jst(date(2026, 9, 1), 19, 59))
    desk.clock.move_to(at_jst(date(2026, 9, 1), 19, 58))
    assert desk.round().idle
    desk.clock.move_to(at_jst(date(2026, 9, 1), 20))
    assert desk.round().idle
    desk.clock.move_to(at_jst(date(2026, 9, 2), 9))
    assert desk.round().settled == 1


def test_a_stop_lets_texts_wait_and_they_go_when_it_ends(desk: Desk) -> None:
    desk.debtor("A", 1)
    with desk.transaction() as conn:
        stop = stops.stop_contacts(conn, desk.city.id, stops.StopKind.DISASTER, "地震", NOW, desk.ids, None)
    assert desk.round() == Round(held=1)
    (message,) = desk.messages()
    assert (message.state, message.state_reason, message.due_at) == (
        "scheduled",
        "stopped_city",
        NOW + timedelta(hours=1),
    )
    with desk.transaction() as conn:
        stops.resume_contacts(conn, desk.city.id, stop, NOW, desk.ids, None)
    assert desk.round().idle
    desk.clock.advance(3600)
    assert desk.round().settled == 1


def test_only_the_persons_own_mobile_is_texted(desk: Desk) -> None:
    with desk.transaction() as conn:
        people = People(conn, desk.city.id, date(2026, 8, 31))
        people.person("A")
        people.owes("A")
        people.phone("A", landline(1))
        people.phone("A", mobile(2), holder="spouse")
        people.phone("A", mobile(3), ng_reason="番号違い")
        people.phone("A", mobile(4))
        people.person("B")
        people.owes("B")
        people.phone("B", mobile(5), holder="family")
        people.person("C")
        people.owes("C")
        for no in "ABC":
            follow_up(conn, desk.city.id, no, NOW)
    desk.round()
    assert [number for number, _ in desk.gateway.taken.values()] == [mobile(4)]
    assert [(row.state, row.state_reason) for row in desk.messages()] == [
        ("sent", None),
        ("suppressed", "sms_not_self"),
        ("suppressed", "no_number"),
    ]


def test_somebody_reached_by_phone_meanwhile_is_not_texted(desk: Desk) -> None:
    desk.debtor("A", 1)
    with desk.transaction() as conn:
        record = NewRecord(
            record_id=key("talk"),
            addressee_no="A",
            household_id="S-A",
            purpose="dunning",
            claim_group="compulsory",
            direction="inbound",
            started_at=NOW + timedelta(minutes=1),
            contact="self",
        )
        add_record(conn, desk.city.id, record, recorded_at=NOW, recorded_by=None)
    desk.round()
    assert [(row.state, row.state_reason) for row in desk.messages()] == [("suppressed", "reached_meanwhile")]


def test_an_answer_that_got_lost_is_looked_up_and_never_sent_again(desk: Desk) -> None:
    desk.debtor("A", 1)
    desk.gateway.lose_answer.add(mobile(1))
    assert desk.round() == Round(unknown=1)
    (message,) = desk.messages()
    assert (message.state, desk.one(Attempt).state, desk.one(Attempt).live) == ("unknown", "unknown", True)
    assert desk.round().idle
    desk.clock.advance(10)
    assert desk.round() == Round(looked_up=1)
    assert (desk.messages()[0].state, desk.one(Attempt).live, desk.gateway.sends) == ("sent", False, 1)


def test_what_the_gateway_never_had_is_asked_of_the_gate_anew(desk: Desk) -> None:
    desk.debtor("A", 1)
    desk.gateway.lose_request.add(mobile(1))
    assert desk.round() == Round(unknown=1)
    desk.gateway.lose_request.clear()
    desk.clock.advance(10)
    assert desk.round() == Round(settled=1, looked_up=1)
    (message,) = desk.messages()
    assert message.state == "sent"
    assert list(desk.gateway.taken) == [message.message_id]
    with desk.transaction() as conn:
        attempts = conn.execute(select(Attempt.counted, Attempt.result).order_by(Attempt.attempt_id)).all()
    assert attempts == [(False, "15"), (True, None)]


def test_a_refused_number_is_dead_for_this_person(desk: Desk) -> None:
    desk.debtor("A", 1)
    desk.gateway.refuse[mobile(1)] = DeliveryState.NO_SUCH_NUMBER
    desk.round()
    (message,) = desk.messages()
    assert (message.state, message.state_reason, desk.one(Attempt).counted) == ("failed", "no_such_number", False)
    assert desk.one(Phone).ng_reason == "SMS不達(番号なし)"


def test_reports_twice_late_or_early_say_the_same(desk: Desk) -> None:
    desk.debtor("A", 1)
    desk.round()
    (message,) = desk.messages()
    assert not desk.report(message, DeliveryState.SENDING)
    assert desk.report(message, DeliveryState.OUT_OF_REACH)
    assert desk.report(message, DeliveryState.DELIVERED)
    assert not desk.report(message, DeliveryState.DELIVERED)
    assert not desk.report(message, DeliveryState.REJECTED)
    assert desk.messages()[0].state == "delivered"
    with desk.transaction() as conn:
        assert len(conn.execute(select(DeliveryReport)).all()) == 4


def test_a_report_before_the_answer_is_kept_and_applied(desk: Desk) -> None:
    desk.debtor("A", 1)
    desk.gateway.lose_answer.add(mobile(1))
    desk.round()
    (message,) = desk.messages()
    assert not desk.report(message, DeliveryState.DELIVERED)
    desk.clock.advance(60)
    desk.round()
    assert desk.messages()[0].state == "delivered"


def test_no_more_a_minute_than_the_throttle(desk: Desk) -> None:
    desk.city = replace(desk.city, settings=replace(desk.city.settings, sms_per_minute=3))
    for nr in range(7):
        desk.debtor(f"P{nr}", nr)
    assert [desk.round().settled, desk.round().settled] == [3, 0]
    desk.clock.advance(60)
    assert desk.round(limit=2).settled == 2
    assert desk.round().settled == 1
    desk.clock.advance(61)
    assert desk.round().settled == 1


def test_no_gateway_and_no_template_let_everything_wait(desk: Desk) -> None:
    desk.debtor("A", 1)
    assert run_due(desk.database, desk.city, desk.clock, desk.ids, NullGateway()).idle
    assert desk.messages() == []
    with desk.transaction() as conn:
        conn.execute(text("UPDATE sms_template SET state = 'retired'"))
    assert desk.round() == Round(held=1)
    assert [(row.state, row.state_reason) for row in desk.messages()] == [("scheduled", "no_template")]


def test_a_promise_reminder_passes_its_own_promise(desk: Desk) -> None:
    with desk.transaction() as conn:
        people = People(conn, desk.city.id, date(2026, 8, 31))
        for no, nr in (("A", 1), ("B", 2)):
            people.debtor(no, mobile(nr))
            promise = people.promise(no, date(2026, 8, 25), date(2026, 9, 2), date(2026, 9, 16))
            occasion = f"promise:{promise}" if no == "A" else "lot:1"
            follow_up(conn, desk.city.id, no, NOW, trigger="promise_eve", occasion=occasion)
    desk.round()
    assert [(row.state, row.state_reason) for row in desk.messages()] == [
        ("sent", None),
        ("suppressed", "promise_open"),
    ]


# -- booked texts -----------------------------------------------------------------------------------------------------


def book(desk: Desk, conn: Connection, no: str, at_hour: int, occasion: str = "event:1") -> UUID | None:
    return scheduling.schedule(
        conn,
        desk.city,
        addressee_no=no,
        trigger=Trigger.EVENT,
        purpose=Purpose.DUNNING,
        claim_group="compulsory",
        occasion=occasion,
        at=at_jst(date(2026, 9, 1), at_hour),
        now=desk.clock.now(),
        ids=desk.ids,
    )


def test_a_booked_text_goes_at_its_time_and_can_be_moved_or_cancelled(desk: Desk) -> None:
    with desk.transaction() as conn:
        people = People(conn, desk.city.id, date(2026, 8, 31))
        for no, nr in (("A", 1), ("B", 2), ("C", 3)):
            people.debtor(no, mobile(nr))
        kept, moved, gone = (book(desk, conn, no, 11) for no in "ABC")
        assert kept is not None
        assert moved is not None
        assert gone is not None
        assert book(desk, conn, "A", 12) is None
        assert scheduling.cancel(conn, desk.city, gone, NOW)
        assert not scheduling.cancel(conn, desk.city, gone, NOW)
        assert scheduling.move(conn, desk.city, moved, at_jst(date(2026, 9, 1), 12), NOW)
    desk.clock.move_to(at_jst(date(2026, 9, 1), 10, 59))
    assert desk.round().idle
    desk.clock.move_to(at_jst(date(2026, 9, 1), 11))
    assert desk.round().settled == 1
    desk.clock.move_to(at_jst(date(2026, 9, 1), 12))
    assert desk.round().settled == 1
    assert [row.state for row in desk.messages()] == ["sent", "sent", "cancelled"]
    with desk.transaction() as conn:
        assert not scheduling.cancel(conn, desk.city, kept, NOW)
        with pytest.raises(TsunagaruError, match="過ぎた日時"):
            book(desk, conn, "C", 11, "event:2")
        with pytest.raises(TsunagaruError, match="時間の外"):
            book(desk, conn, "C", 20, "event:2")


# -- templates --------------------------------------------------------------------------------------------------------


def test_a_template_is_approved_by_a_second_person_and_replaces_the_former(desk: Desk) -> None:
    body = "{sender}です。ご連絡ください。{phone}。送信専用です。"
    with desk.transaction() as conn:
        draft = templates.draft_template(
            conn,
            desk.city,
            name="新しい文面",
            trigger=Trigger.UNREACHED,
            purpose=Purpose.DUNNING,
            body=body,
            by=WRITER,
            now=NOW,
            ids=desk.ids,
        )
        before = templates.approved_template(conn, desk.city.id, "unreached", "dunning")
        assert before is not None
        assert before.template_id != draft
        with pytest.raises(TsunagaruError, match="起案した本人"):
            templates.approve_template(conn, desk.city, draft, by=WRITER, now=NOW, ids=desk.ids)
        templates.approve_template(conn, desk.city, draft, by=CHIEF, now=NOW, ids=desk.ids)
        after = templates.approved_template(conn, desk.city.id, "unreached", "dunning")
        assert after is not None
        assert after.template_id == draft
        with pytest.raises(TsunagaruError, match="見つかりません"):
            templates.approve_template(conn, desk.city, draft, by=CHIEF, now=NOW, ids=desk.ids)
        with pytest.raises(TsunagaruError, match="URL"):
            templates.draft_template(
                conn,
                desk.city,
                name="悪い文面",
                trigger=Trigger.EVENT,
                purpose=Purpose.DUNNING,
                body=body + "https://a.jp",
                by=WRITER,
                now=NOW,
                ids=desk.ids,
            )
        assert templates.retire_template(conn, desk.city, draft, by=CHIEF, now=NOW, ids=desk.ids)
        assert templates.approved_template(conn, desk.city.id, "unreached", "dunning") is None
        states = {row.name: row.state for row in templates.list_templates(conn, desk.city.id)}
        assert states["新しい文面"] == states["電話がつながらない方へ"] == "retired"

"""返電 on a real database: who it may be, what the ledger keeps, what follows when nobody took it in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from agent_ui.floor import call_backs
from callflow import caller
from callflow.codes import Contact
from callflow.events import (
    Ended,
    Hangup,
    Incoming,
    Join,
    Joined,
    Missed,
    Reconcile,
    Reconciled,
    TellClosed,
    TellPlace,
    Wish,
    Wished,
)
from callflow.tables import CallTransition, Recall
from casefile import ledger
from casefile.clock import at_jst, jst_date
from casefile.problems import EntryRefused
from casefile.records import NewRecord, add_record
from casefile.tables import Attempt, ContactRecord, Taxpayer
from dialer.callers import language_skill, tax_skill
from dialer.inbox import Inbox
from dialer.live import take_bunch
from dialer.tables import CampaignEntry, OperatorSkill
from tests.integration.dialer.room import FLOOR, Room
from tests.people import People, key, mobile

CALL = key("call-back")


def comes(room: Room, e164: str | None, attempt_id: UUID = CALL) -> None:
    room.carrier.report(Incoming(attempt_id, room.clock.now(), e164))
    room.shell.flush()


def row(room: Room, attempt_id: UUID = CALL) -> Any:
    with room.transaction() as conn:
        return conn.execute(select(Attempt).where(Attempt.attempt_id == attempt_id)).one()


def rows(room: Room, table: Any) -> list[Any]:
    with room.transaction() as conn:
        return list(conn.execute(select(table)).all())


def take(room: Room, attempt_id: UUID = CALL) -> None:
    """The operator the engine chose and the caller hear each other."""
    (join,) = [told for told in room.carrier.sent if isinstance(told, Join) and told.attempt_id == attempt_id]
    room.carrier.report(Joined(attempt_id, join.operator_id, room.clock.now()))
    room.shell.flush()


def hang_up(room: Room, attempt_id: UUID = CALL) -> None:
    room.carrier.report(Ended(attempt_id, room.clock.now(), "16", None, by_resident=True))
    room.shell.flush()


def test_the_one_person_with_this_number_is_known_at_once(room: Room) -> None:
    room.fill(people=2)
    room.start()
    room.say("sign_in")
    room.say("ready")
    comes(room, mobile(2))
    found = row(room)
    assert (found.direction, found.addressee_no, found.counted, found.floor_id) == ("inbound", "00000002", False, FLOOR)
    take(room)
    found = row(room)
    assert (found.state, found.operator_id, found.connected_at) == ("joined", room.operators[0], room.clock.now())
    assert room.seats()[room.operators[0]].attempt_id == CALL
    room.clock.move_to(room.clock.now() + timedelta(seconds=90))
    hang_up(room)
    room.say("wrapup_done", attempt_id=CALL)
    found = row(room)
    assert (found.state, found.result, found.wrapped_up_at) == ("ended", "01", room.clock.now())


@pytest.mark.parametrize("number", [mobile(1), mobile(777), None], ids=["of two people", "unknown", "withheld"])
def test_where_the_number_does_not_tell_the_caller_does(room: Room, number: str | None) -> None:
    def crowd_in(crowd: People) -> None:
        crowd.household("H-1", "resident")
        crowd.debtor("00000001", mobile(1), "H-1")
        crowd.debtor("00000002", mobile(1), "H-1")

    room.fill_with(crowd_in)
    room.start()
    room.say("sign_in")
    room.say("ready")
    comes(room, number)
    take(room)
    assert row(room).addressee_no is None
    with room.transaction() as conn:
        on_file = [person.addressee_no for person in caller.on_file(conn, room.city, CALL)]
        assert on_file == (["00000001", "00000002"] if number == mobile(1) else [])
        caller.match(conn, room.city, CALL, "00000002")
        caller.match(conn, room.city, CALL, "00000002")
    assert (row(room).addressee_no, row(room).household_id) == ("00000002", "H-1")
    with room.transaction() as conn, pytest.raises(EntryRefused, match="別の人"):
        caller.match(conn, room.city, CALL, "00000001")
    with room.transaction() as conn, pytest.raises(EntryRefused, match="登録されていません"):
        caller.match(conn, room.city, CALL, "99999999")


def test_who_gave_up_waiting_is_in_the_history_and_is_called_back(room: Room) -> None:
    room.fill(people=1)
    room.start()
    comes(room, mobile(1))
    assert TellPlace(CALL, 1) in room.carrier.sent
    room.carrier.report(Wished(CALL, room.clock.now(), Wish.PAID))
    room.run(40)
    hang_up(room)
    (record,) = rows(room, ContactRecord)
    assert (record.direction, record.addressee_no, record.result) == ("inbound", "00000001", "03")
    (booked,) = rows(room, Recall)
    assert (booked.state, booked.addressee_no, booked.operator_id) == ("booked", "00000001", None)
    assert booked.call_at == room.clock.now() + timedelta(minutes=5)
    wishes = [step.detail["wish"] for step in rows(room, CallTransition) if step.event == "wished"]
    assert wishes == [Wish.PAID.value]


def test_a_booking_that_was_agreed_stands_when_its_person_gives_up_waiting(room: Room) -> None:
    room.fill(people=1)
    room.start()
    comes(room, mobile(1))
    hang_up(room)
    (agreed,) = rows(room, Recall)
    again = key("call-back", 2)
    comes(room, mobile(1), again)
    hang_up(room, again)
    assert [booked.recall_id for booked in rows(room, Recall)] == [agreed.recall_id]


def test_a_lost_caller_whom_nobody_knows_is_kept_in_the_ledger_alone(room: Room) -> None:
    room.fill(people=1)
    room.start()
    comes(room, None)
    hang_up(room)
    assert (row(room).result, row(room).counted) == ("03", False)
    assert rows(room, ContactRecord) == rows(room, Recall) == []


def test_a_caller_comes_to_who_knows_them_and_to_who_can_serve_them(room: Room) -> None:
    def crowd_in(crowd: People) -> None:
        crowd.debtor("00000001", mobile(1))

    room.fill_with(crowd_in, operators=3)
    with room.transaction() as conn:
        conn.execute(update(Taxpayer).values(language="vi"))
        for operator, skill in ((1, language_skill("vi")), (1, tax_skill("01")), (2, language_skill("vi"))):
            skilled = {"municipality_id": room.municipality_id, "operator_id": room.operators[operator], "skill": skill}
            conn.execute(insert(OperatorSkill), skilled)
    room.start()
    room.everybody_ready()
    comes(room, mobile(1))
    (first,) = [told for told in room.carrier.sent if isinstance(told, Join)]
    assert first.operator_id == room.operators[1]
    take(room)
    hang_up(room)
    room.say("wrapup_done", 1, attempt_id=CALL)
    again = key("call-back", 2)
    comes(room, mobile(1), again)
    assert [told.operator_id for told in room.carrier.sent if isinstance(told, Join)][1:] == [room.operators[1]]


def test_a_caller_in_the_queue_outlives_the_engine(room: Room) -> None:
    room.fill(people=1)
    room.start()
    comes(room, mobile(1))
    room.close()
    room.start()
    assert Reconcile(CALL) in room.carrier.sent
    room.carrier.report(Reconciled(CALL, room.clock.now(), known=True, live=True))
    room.say("sign_in")
    room.say("ready")
    take(room)
    assert row(room).state == "joined"


def test_the_right_person_who_called_back_is_not_called_about_the_same(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.say("sign_in")
    room.say("ready")
    comes(room, mobile(1))
    take(room)
    with room.transaction() as conn:
        said = NewRecord(
            record_id=key("record"),
            addressee_no="00000001",
            household_id=row(room).household_id,
            purpose="dunning",
            claim_group="compulsory",
            direction="inbound",
            started_at=room.clock.now(),
            attempt_id=CALL,
            contact=Contact.SELF.value,
        )
        add_record(conn, room.municipality_id, said, recorded_at=room.clock.now(), recorded_by=room.operators[0])
    hang_up(room)
    room.say("wrapup_done", attempt_id=CALL)
    (entry,) = rows(room, CampaignEntry)
    assert (entry.state, entry.next_at) == ("reached", None)


def misses(room: Room, e164: str | None, *, wanted: bool = True, attempt_id: UUID = CALL) -> None:
    """Somebody called half an hour ago, and nobody could take them."""
    came = room.clock.now() - timedelta(minutes=30)
    room.carrier.report(Missed(attempt_id, came, e164, came + timedelta(seconds=20), wanted))
    room.shell.flush()


def to_the_evening(room: Room) -> None:
    room.clock.move_to(at_jst(jst_date(room.clock.now()), 21, 30))


def test_who_called_outside_the_hours_is_called_at_the_next_opening(room: Room) -> None:
    room.fill(people=1)
    room.start()
    to_the_evening(room)
    misses(room, mobile(1))
    misses(room, mobile(1))
    found = row(room)
    assert (found.state, found.result, found.counted, found.direction) == ("ended", "03", False, "inbound")
    assert found.ended_at == found.intended_at + timedelta(seconds=20)
    (record,) = rows(room, ContactRecord)
    assert (record.direction, record.addressee_no) == ("inbound", "00000001")
    (booked,) = rows(room, Recall)
    opening = room.city.settings.contact_hours.next_opening(room.clock.now(), room.city.calendar)
    assert opening is not None
    assert (booked.call_at, jst_date(opening)) == (opening, jst_date(room.clock.now()) + timedelta(days=1))


def test_who_was_missed_while_somebody_is_at_work_is_called_soon(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.say("sign_in")
    misses(room, mobile(1))
    (booked,) = rows(room, Recall)
    assert booked.call_at == room.clock.now() + timedelta(minutes=5)


def test_a_caller_told_of_while_the_database_breaks_is_told_to_the_next_engine(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.fill(people=1)
    room.start()
    inbox, came = Inbox(lambda: 0.0), room.clock.now() - timedelta(minutes=30)
    inbox.put(Missed(CALL, came, mobile(1), came + timedelta(seconds=20), wanted=True))
    with monkeypatch.context() as broken:
        broken.setattr("dialer.shell.enter_missed", fails)
        with pytest.raises(OperationalError):
            take_bunch(room.shell, inbox, 0)
    room.shell.close()
    room.start()
    take_bunch(room.shell, inbox, 0)
    assert row(room).state == "ended"
    assert len(rows(room, Recall)) == 1


def test_callers_told_of_again_at_the_start_keep_nobody_waiting(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.fill(people=1)
    room.start()
    misses(room, mobile(1))
    room.shell.close()
    room.start()
    monkeypatch.setattr("dialer.shell.enter_missed", fails)
    misses(room, mobile(1))
    with pytest.raises(OperationalError):
        misses(room, mobile(1), attempt_id=key("another"))


def fails(*_: Any, **__: Any) -> None:
    raise OperationalError("the connection is gone", None, OSError())


@pytest.mark.parametrize(("number", "wanted"), [(mobile(1), False), (mobile(777), True), (None, True)])
def test_nobody_is_called_who_needs_no_call_or_whom_nobody_knows(room: Room, number: str | None, wanted: bool) -> None:
    room.fill(people=1)
    room.start()
    misses(room, number, wanted=wanted)
    assert row(room).state == "ended"
    assert rows(room, Recall) == []


def test_a_caller_finds_nobody_at_night(room: Room) -> None:
    room.fill(people=1)
    room.start()
    to_the_evening(room)
    comes(room, mobile(1))
    assert room.carrier.sent == [TellClosed(CALL)]
    assert rows(room, Attempt) == []
    misses(room, mobile(1))
    assert len(rows(room, Recall)) == 1


def test_whoever_is_at_work_at_night_takes_the_call(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.say("sign_in")
    to_the_evening(room)
    comes(room, mobile(1))
    assert TellPlace(CALL, 1) in room.carrier.sent
    misses(room, mobile(1))
    assert row(room).state != "ended"


def test_a_caller_whose_call_is_over_in_the_books_is_let_go(room: Room) -> None:
    room.fill(people=1)
    room.start()
    comes(room, mobile(1))
    hang_up(room)
    room.carrier.sent.clear()
    comes(room, mobile(1))
    assert room.carrier.sent == [Hangup(CALL)]


def test_a_caller_whom_another_floor_has_is_left_to_it(room: Room) -> None:
    room.fill(people=1)
    room.start()
    with room.transaction() as conn:
        ledger.take_inbound(
            conn,
            room.municipality_id,
            CALL,
            room.clock.now(),
            e164=None,
            purpose="dunning",
            claim_group="compulsory",
        )
    comes(room, mobile(1))
    misses(room, mobile(1))
    assert room.carrier.sent == []
    assert row(room).state == "handed"


def test_the_floor_shows_who_waits_and_what_became_of_todays_callers(room: Room) -> None:
    room.fill(people=2)
    room.start()
    came = room.clock.now()
    comes(room, mobile(1))
    misses(room, mobile(2), attempt_id=key("call-back", 2))
    room.clock.move_to(came + timedelta(seconds=40))
    comes(room, None, key("call-back", 3))
    with room.transaction() as conn:
        shown = call_backs.read(conn, at_jst(jst_date(came)))
    assert (shown.waiting, shown.longest_since, shown.came, shown.talked, shown.lost) == (2, came, 3, 0, 1)
    room.say("sign_in")
    room.say("ready")
    take(room)
    with room.transaction() as conn:
        shown = call_backs.read(conn, at_jst(jst_date(came)))
    assert (shown.waiting, shown.longest_since, shown.talked) == (1, came + timedelta(seconds=40), 1)

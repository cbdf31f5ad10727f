"""Booked calls: whose they are, when they fall due, and what becomes of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from callflow import recall
from callflow.recall import RecallWish
from callflow.tables import Recall
from casefile import holds
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.gate import admit
from casefile.ids import TimeOrderedIds
from tests.people import People, call, key, mobile

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)
AT_SIX = at_jst(DAY, 18)
TANAKA, SATO = key("tanaka"), key("sato")


@dataclass
class Room:
    conn: Connection
    city: City
    ids: TimeOrderedIds

    def book(self, no: str, call_at: datetime, operator: UUID | None = None) -> UUID:
        wish = RecallWish(call_at, key("phone", no, mobile(int(no[1:]))), operator)
        return recall.book(
            self.conn,
            self.city.id,
            addressee_no=no,
            purpose="dunning",
            claim_group="compulsory",
            wish=wish,
            now=NOW,
            ids=self.ids,
        )

    def due(self, now: datetime, operator: UUID | None = None) -> list[UUID]:
        return [booked.recall_id for booked in recall.due(self.conn, self.city.id, now, operator_id=operator)]

    def state(self, recall_id: UUID) -> str:
        return self.conn.execute(select(Recall.state).filter_by(recall_id=recall_id)).scalar_one()

    def held(self, no: str, now: datetime) -> int:
        return len(holds.standing(self.conn, self.city.id, no, now))


@pytest.fixture
def room(passing: Connection, shared_city: City) -> Room:
    people = People(passing, shared_city.id, DAY)
    people.city_data()
    for nr in (1, 2, 3):
        people.debtor(f"A{nr}", mobile(nr))
    return Room(passing, shared_city, TimeOrderedIds(VirtualClock(NOW).now, random.Random(1)))


def test_bookings_fall_due_in_order_of_time(room: Room) -> None:
    late, early = room.book("A1", AT_SIX), room.book("A2", AT_SIX - timedelta(hours=1))
    assert not room.due(AT_SIX - timedelta(hours=2))
    assert room.due(AT_SIX) == [early, late]
    assert [booked.recall_id for booked in recall.upcoming(room.conn, room.city.id, until=AT_SIX)] == [early, late]


def test_the_dialer_learns_whom_to_call_now_and_when_to_ask_again(room: Room) -> None:
    first, second = room.book("A1", AT_SIX), room.book("A2", AT_SIX, TANAKA)
    room.book("A3", AT_SIX + timedelta(hours=1))
    due, next_at = recall.due_and_next(room.conn, room.city.id, AT_SIX)
    assert {call.recall_id: (call.e164, call.operator_id) for call in due} == {
        first: (mobile(1), None),
        second: (mobile(2), TANAKA),
    }
    assert next_at == AT_SIX + timedelta(hours=1)
    assert recall.due_and_next(room.conn, room.city.id, NOW) == ([], AT_SIX)
    assert recall.due_and_next(room.conn, room.city.id, AT_SIX + timedelta(hours=1))[1] is None


def test_a_booking_whose_number_cannot_be_dialed_is_known_without_one(room: Room) -> None:
    room.book("A1", AT_SIX)
    room.conn.exec_driver_sql("UPDATE phone SET e164 = NULL WHERE addressee_no = 'A1'")
    (call,), _ = recall.due_and_next(room.conn, room.city.id, AT_SIX)
    assert call.e164 is None


def test_a_new_booking_of_a_case_takes_the_place_of_the_old_with_its_hold(room: Room) -> None:
    old, other = room.book("A1", AT_SIX), room.book("A2", AT_SIX)
    new = room.book("A1", AT_SIX + timedelta(hours=1))
    assert (room.state(old), room.state(other), room.state(new)) == ("cancelled", "booked", "booked")
    (hold,) = holds.standing(room.conn, room.city.id, "A1", NOW)
    assert hold.exempt_id == new
    assert room.held("A2", NOW) == 1


def test_an_operators_booking_is_his_until_it_waits_too_long(room: Room) -> None:
    own, anybodys = room.book("A1", AT_SIX, TANAKA), room.book("A2", AT_SIX)
    assert set(room.due(AT_SIX, TANAKA)) == {own, anybodys}
    assert room.due(AT_SIX, SATO) == [anybodys]
    assert room.due(AT_SIX) == [anybodys]
    assert set(room.due(AT_SIX + timedelta(minutes=15), SATO)) == {own, anybodys}


def test_only_the_booked_call_passes_the_gate(room: Room) -> None:
    booked = room.book("A1", AT_SIX)
    other = call("A1", mobile(1), request_id=key("other"))
    its_own = call("A1", mobile(1), request_id=key("own"), recall_id=booked)
    refused, allowed = (admit(room.conn, room.city, [request], AT_SIX)[0] for request in (other, its_own))
    assert not refused.allowed
    assert allowed.allowed, allowed.sentences


def test_it_is_taken_once(room: Room) -> None:
    booked = room.book("A1", AT_SIX)
    assert recall.start(room.conn, room.city.id, booked)
    assert not recall.start(room.conn, room.city.id, booked)
    assert not room.due(AT_SIX)


def test_busy_puts_it_back(room: Room) -> None:
    booked = room.book("A1", AT_SIX)
    recall.start(room.conn, room.city.id, booked)
    assert recall.put_back(room.conn, room.city.id, booked, AT_SIX + timedelta(minutes=5))
    assert not room.due(AT_SIX)
    assert room.due(AT_SIX + timedelta(minutes=5)) == [booked]


@pytest.mark.parametrize(
    ("close", "state"), [(recall.done, "done"), (recall.missed, "missed"), (recall.cancel, "cancelled")]
)
def test_closing_it_lifts_its_hold_once(room: Room, close: object, state: str) -> None:
    booked = room.book("A1", AT_SIX)
    assert room.held("A1", NOW) == 1
    assert callable(close)
    assert close(room.conn, room.city.id, booked, AT_SIX)
    assert room.state(booked) == state
    assert room.held("A1", AT_SIX) == 0
    assert not close(room.conn, room.city.id, booked, AT_SIX)


def test_a_new_booking_takes_the_place_of_the_old_one(room: Room) -> None:
    first, second = room.book("A1", AT_SIX), room.book("A1", AT_SIX + timedelta(hours=1))
    assert (room.state(first), room.state(second)) == ("cancelled", "booked")
    assert room.held("A1", NOW) == 1


def test_what_nobody_called_is_missed_the_next_morning(room: Room) -> None:
    forgotten, tomorrows = room.book("A1", AT_SIX), room.book("A2", AT_SIX + timedelta(days=1))
    calling = room.book("A3", AT_SIX)
    recall.start(room.conn, room.city.id, calling)
    assert not recall.sweep_missed(room.conn, room.city, AT_SIX + timedelta(hours=2))
    swept = recall.sweep_missed(room.conn, room.city, at_jst(DAY + timedelta(days=1), 8))
    assert set(swept) == {forgotten, calling}
    assert room.state(tomorrows) == "booked"


def test_an_unswept_booking_silences_nobody_beyond_its_day(room: Room) -> None:
    room.book("A1", AT_SIX)
    assert room.held("A1", at_jst(DAY, 20)) == 1
    assert room.held("A1", at_jst(DAY + timedelta(days=1), 0)) == 0

"""Four eyes on a case under 支援措置."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from casefile.accounts import User
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.ids import TimeOrderedIds
from casefile.problems import EntryRefused
from casefile.protected import OPEN_FOR, allow_opening, applications, ask_to_open, is_open_to
from casefile.roles import Right
from casefile.tables import AuditEntry, ProtectedOpening, UserAccount
from casefile.vocabulary import Purpose
from tests.people import People, key

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)


@dataclass
class Office:
    conn: Connection
    city: City
    ids: TimeOrderedIds

    def user(self, login: str, *rights: Right) -> User:
        user_id = key("user", login)
        values = {"login": login, "display_name": login, "password_hash": "", "session_key": login, "failed_count": 0}
        stamps = {"password_changed_at": NOW, "created_at": NOW}
        self.conn.execute(
            insert(UserAccount).values(municipality_id=self.city.id, user_id=user_id, active=True, **values, **stamps)
        )
        return User(user_id, login, login, True, login, (), frozenset(rights), frozenset({Purpose.DUNNING}), NOW)


@pytest.fixture
def office(passing: Connection, shared_city: City) -> Office:
    people = People(passing, shared_city.id, DAY)
    people.city_data()
    people.person("A1")
    people.flag("A1", "dv_support")
    return Office(passing, shared_city, TimeOrderedIds(VirtualClock(NOW).now, random.Random(1)))


def test_it_takes_a_second_person_and_ends_by_itself(office: Office) -> None:
    asker, second = office.user("sato", Right.OPEN_PROTECTED), office.user("mori", Right.OPEN_PROTECTED)
    conn, city_id = office.conn, office.city.id
    opening = ask_to_open(conn, city_id, "A1", "本人から納付相談の返電", asker, NOW, office.ids)
    assert not is_open_to(conn, city_id, "A1", asker, NOW)
    assert not applications(conn, city_id, asker, NOW), "nobody allows his own"
    assert [waiting.opening_id for waiting in applications(conn, city_id, second, NOW)] == [opening]
    allow_opening(conn, city_id, opening, second, NOW, office.ids)
    assert is_open_to(conn, city_id, "A1", asker, NOW + OPEN_FOR - timedelta(seconds=1))
    assert not is_open_to(conn, city_id, "A1", asker, NOW + OPEN_FOR)
    assert not is_open_to(conn, city_id, "A1", second, NOW), "it is open to him who asked"
    noted = conn.scalars(select(AuditEntry.action).filter_by(addressee_no="A1").order_by(AuditEntry.audit_id)).all()
    assert noted == ["protected.asked", "protected.allowed"]


def test_ones_own_application_cannot_be_allowed(office: Office) -> None:
    asker = office.user("sato", Right.OPEN_PROTECTED)
    opening = ask_to_open(office.conn, office.city.id, "A1", "相談", asker, NOW, office.ids)
    with pytest.raises(EntryRefused):
        allow_opening(office.conn, office.city.id, opening, asker, NOW, office.ids)
    with pytest.raises(IntegrityError), office.conn.begin_nested():
        office.conn.execute(update(ProtectedOpening).values(allowed_by=asker.user_id, allowed_at=NOW, open_until=NOW))


def test_an_operator_neither_asks_nor_allows(office: Office) -> None:
    operator, asker = office.user("kudo", Right.PANEL), office.user("sato", Right.OPEN_PROTECTED)
    with pytest.raises(EntryRefused):
        ask_to_open(office.conn, office.city.id, "A1", "見たい", operator, NOW, office.ids)
    opening = ask_to_open(office.conn, office.city.id, "A1", "相談", asker, NOW, office.ids)
    with pytest.raises(EntryRefused):
        allow_opening(office.conn, office.city.id, opening, operator, NOW, office.ids)
    assert not applications(office.conn, office.city.id, operator, NOW)


def test_an_application_grows_old(office: Office) -> None:
    asker, second = office.user("sato", Right.OPEN_PROTECTED), office.user("mori", Right.OPEN_PROTECTED)
    opening = ask_to_open(office.conn, office.city.id, "A1", "相談", asker, NOW, office.ids)
    with pytest.raises(EntryRefused):
        allow_opening(office.conn, office.city.id, opening, second, NOW + timedelta(hours=9), office.ids)
    with pytest.raises(EntryRefused):
        ask_to_open(office.conn, office.city.id, "A1", " ", asker, NOW, office.ids)

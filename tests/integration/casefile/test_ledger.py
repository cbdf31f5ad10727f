"""The life of an attempt, step by step, and what may not happen to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Row, select, text

from casefile import ledger
from casefile.city import City
from casefile.clock import at_jst
from casefile.db import Database
from casefile.gate import admit
from casefile.tables import Attempt
from tests.people import People, key, mobile

NOW = at_jst(date(2026, 9, 1), 10)
LATER = NOW + timedelta(seconds=30)
FLOOR, OPERATOR = key("floor"), key("operator")


@pytest.fixture
def conn(database: Database, municipality: int) -> Iterator[Connection]:
    with database.transaction(municipality) as connection:
        People(connection, municipality, date(2026, 8, 31)).city_data()
        connection.execute(
            text(
                "INSERT INTO floor (municipality_id, floor_id, name, epoch, figures, pacer_reasons)"
                " VALUES (:m, :f, '1', 1, '{}', '{}')"
            ),
            {"m": municipality, "f": FLOOR},
        )
        yield connection


def opened(conn: Connection, city: City, no: str = "A", nr: int = 1) -> UUID:
    request = People(conn, city.id, date(2026, 8, 31)).debtor(no, mobile(nr))
    (admission,) = admit(conn, city, [request], NOW, floor_id=FLOOR, epoch=1)
    assert admission.attempt_id is not None
    return admission.attempt_id


def state_of(conn: Connection, attempt_id: UUID) -> Row[Any]:
    return conn.execute(select(Attempt).where(Attempt.attempt_id == attempt_id)).one()


def test_from_intent_to_wrap_up(conn: Connection, city: City) -> None:
    attempt = opened(conn, city)
    assert ledger.hand(conn, attempt, NOW)
    assert ledger.answered(conn, attempt, LATER)
    assert ledger.heard(conn, attempt, LATER, person=True)
    assert ledger.joined(conn, attempt, LATER, OPERATOR)
    assert ledger.end(conn, attempt, LATER + timedelta(minutes=3), result="01", cause="200")
    assert ledger.wrapped_up(conn, attempt, LATER + timedelta(minutes=4))
    row = state_of(conn, attempt)
    assert (row.state, row.live, row.person_answered, row.operator_id) == ("ended", False, True, OPERATOR)
    assert (row.connected_at, row.ended_at) == (LATER, LATER + timedelta(minutes=3))


def test_a_step_in_the_wrong_state_changes_nothing(conn: Connection, city: City) -> None:
    attempt = opened(conn, city)
    assert not ledger.heard(conn, attempt, NOW, person=True)
    assert ledger.hand(conn, attempt, NOW)
    assert not ledger.hand(conn, attempt, LATER)
    assert ledger.end(conn, attempt, LATER, result="03", cause="19")
    for step in (
        ledger.hand(conn, attempt, LATER),
        ledger.answered(conn, attempt, LATER),
        ledger.joined(conn, attempt, LATER, OPERATOR),
        ledger.make_unknown(conn, attempt, LATER),
        ledger.end(conn, attempt, LATER, result="01", cause=None),
    ):
        assert not step
    assert state_of(conn, attempt).result == "03"


def test_an_operator_corrects_the_networks_word_but_not_the_caps(conn: Connection, city: City) -> None:
    attempt = opened(conn, city)
    ledger.end(conn, attempt, LATER, result="01", cause="200", person_answered=True)
    assert ledger.amend_result(conn, attempt, "04", person_answered=False)
    assert not ledger.amend_result(conn, attempt, "02", person_answered=False)
    assert not ledger.amend_result(conn, attempt, "12", person_answered=False)
    assert state_of(conn, attempt).result == "04"


def test_what_an_earlier_engine_left_is_unknown_until_reconciled(conn: Connection, city: City) -> None:
    left, ended = opened(conn, city), opened(conn, city, "B", 2)
    ledger.hand(conn, left, NOW)
    ledger.end(conn, ended, LATER, result="03", cause=None)
    assert ledger.mark_unknown(conn, FLOOR, 1, LATER) == []
    assert [attempt.attempt_id for attempt in ledger.mark_unknown(conn, FLOOR, 2, LATER)] == [left]
    assert [attempt.state for attempt in ledger.live_attempts(conn, FLOOR)] == ["unknown"]
    assert ledger.answered(conn, left, LATER, person=True)
    assert state_of(conn, left).unknown_since is None


def test_an_intent_nobody_took_is_closed_and_counts_no_cap(conn: Connection, city: City) -> None:
    waiting, taken = opened(conn, city), opened(conn, city, "B", 2)
    ledger.hand(conn, taken, NOW)
    assert ledger.close_unhanded(conn, NOW + timedelta(seconds=3)) == []
    assert ledger.close_unhanded(conn, NOW + timedelta(seconds=4), floor_id=FLOOR) == [waiting]
    row = state_of(conn, waiting)
    assert (row.result, row.counted, row.live) == ("15", False, False)


def test_a_call_back_is_entered_without_a_decision_and_matched_once(conn: Connection, city: City) -> None:
    People(conn, city.id, date(2026, 8, 31)).person("A")
    ledger.take_inbound(
        conn, city.id, key("in"), NOW, e164=None, purpose="dunning", claim_group="compulsory", floor_id=FLOOR, epoch=1
    )
    assert ledger.joined(conn, key("in"), NOW, OPERATOR)
    assert ledger.match_inbound(conn, key("in"), "A", "S-A")
    assert not ledger.match_inbound(conn, key("in"), "A", "S-A")
    assert state_of(conn, key("in")).addressee_no == "A"

"""What the database itself refuses, even to those who go round the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from casefile import audit, ledger
from casefile.city import City
from casefile.clock import VirtualClock, at_jst, jst_date
from casefile.db import Database, sqlalchemy_url
from casefile.gate import admit
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt, GateDecision
from tests.people import People, call, key, mobile
from tests.people import text as sms

NOW = at_jst(date(2026, 9, 1), 10)


@pytest.fixture
def conn(database: Database, municipality: int) -> Iterator[Connection]:
    with database.transaction(municipality) as connection:
        yield connection


@pytest.fixture
def people(conn: Connection, municipality: int) -> People:
    people = People(conn, municipality, date(2026, 8, 31))
    people.city_data()
    return people


def refused(conn: Connection, act: Callable[[], Any]) -> bool:
    """Whether the database refused; the transaction goes on either way."""
    try:
        with conn.begin_nested():
            act()
    except DBAPIError:
        return True
    return False


def decision(city: City, no: str = "A", nr: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "municipality_id": city.id,
        "decision_id": key("forged", no),
        "channel": "call",
        "purpose": "dunning",
        "claim_group": "compulsory",
        "addressee_no": no,
        "e164": mobile(nr),
        "household_id": f"S-{no}",
        "allowed": True,
        "reasons": [],
        "detail": {},
        "mode": "auto",
        "decided_at": NOW,
    } | changes


def attempt(city: City, no: str = "A", nr: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "municipality_id": city.id,
        "attempt_id": key("forged", no),
        "decision_id": key("forged", no),
        "gate_allowed": True,
        "channel": "call",
        "direction": "outbound",
        "purpose": "dunning",
        "claim_group": "compulsory",
        "addressee_no": no,
        "household_id": f"S-{no}",
        "e164": mobile(nr),
        "attempt_no": 1,
        "mode": "auto",
        "state": "intended",
        "live": True,
        "counted": True,
        "intended_at": NOW,
        "person_answered": False,
        "abandoned": False,
    } | changes


@pytest.mark.parametrize(
    ("of_decision", "of_attempt"),
    [
        ({"allowed": False, "reasons": ["not_due"]}, {}),
        ({"allowed": True, "reasons": ["not_due"]}, {}),
        ({"household_id": "S-B"}, {}),
        ({"addressee_no": "B"}, {}),
        ({"e164": mobile(2)}, {}),
        ({"channel": "sms"}, {}),
        ({"purpose": "survey"}, {}),
        ({"decided_at": NOW - timedelta(seconds=4)}, {}),
        ({"decided_at": NOW + timedelta(seconds=1)}, {}),
        ({"decision_id": key("other")}, {}),
        ({}, {"decision_id": None}),
        ({}, {"gate_allowed": None}),
        ({}, {"gate_allowed": False}),
        ({}, {"counted": False}),
        ({}, {"state": "ended", "live": False, "ended_at": NOW, "result": "12", "counted": False}),
        ({"decided_at": at_jst(date(2026, 9, 1), 21)}, {"intended_at": at_jst(date(2026, 9, 1), 21)}),
        ({"decided_at": at_jst(date(2026, 9, 1), 7, 59)}, {"intended_at": at_jst(date(2026, 9, 1), 7, 59)}),
    ],
)
def test_no_attempt_without_its_own_allowing_decision(
    people: People, conn: Connection, city: City, of_decision: dict[str, Any], of_attempt: dict[str, Any]
) -> None:
    people.debtor("A", mobile(1))
    people.debtor("B", mobile(2))

    def forge() -> None:
        conn.execute(insert(GateDecision).values(**decision(city, **of_decision)))
        conn.execute(insert(Attempt).values(**attempt(city, **of_attempt)))

    assert refused(conn, forge)


def test_a_decision_serves_one_attempt(people: People, conn: Connection, city: City) -> None:
    request = people.debtor("A", mobile(1))
    admit(conn, city, [request], NOW)
    ledger.end(conn, request.request_id, NOW, result="12", cause=None, counted=False)
    second = attempt(city, attempt_id=key("second"), decision_id=request.request_id)
    assert refused(conn, lambda: conn.execute(insert(Attempt).values(**second)))


@pytest.mark.parametrize(
    "change",
    [
        {"e164": mobile(2)},
        {"decision_id": None},
        {"addressee_no": "B"},
        {"household_id": "S-B"},
        {"channel": "sms"},
        {"direction": "inbound"},
        {"intended_at": NOW - timedelta(days=1)},
        {"counted": False},
    ],
)
def test_what_was_decided_stays(people: People, conn: Connection, city: City, change: dict[str, Any]) -> None:
    request = people.debtor("A", mobile(1))
    people.debtor("B", mobile(2))
    admit(conn, city, [request], NOW)
    assert refused(conn, lambda: conn.execute(update(Attempt).values(**change)))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "handed", "live": True, "ended_at": None},
        {"counted": False, "result": "12"},
        {"result": "02"},
        {"abandoned": True},
        {"ended_at": NOW + timedelta(hours=1)},
    ],
)
def test_what_has_ended_stays_ended(people: People, conn: Connection, city: City, change: dict[str, Any]) -> None:
    request = people.debtor("A", mobile(1))
    admit(conn, city, [request], NOW)
    ledger.end(conn, request.request_id, NOW, result="03", cause=None)
    assert refused(conn, lambda: conn.execute(update(Attempt).values(**change)))


def test_not_even_the_owner_changes_what_was_recorded(
    people: People, conn: Connection, city: City, database: Database, database_url: str
) -> None:
    request = people.debtor("A", mobile(1))
    admit(conn, city, [request], NOW)
    people.promise("A", date(2026, 8, 1), date(2026, 8, 10), date(2026, 8, 24))
    ids = TimeOrderedIds(VirtualClock(NOW).now)
    audit.note(conn, city.id, ids=ids, at=NOW, user_id=None, actor="test", action="test")
    conn.commit()
    owner = create_engine(sqlalchemy_url(database_url))
    for statement in (
        "UPDATE gate_decision SET allowed = false",
        "DELETE FROM gate_decision",
        "UPDATE audit_entry SET action = ''",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "TRUNCATE contact_record CASCADE",
        "DELETE FROM attempt",
        "DELETE FROM promise",
    ):
        with owner.connect() as by_owner, pytest.raises(IntegrityError, match="not allowed"):
            by_owner.execute(text(statement))
    owner.dispose()


# -- a whole day of trying to get around it ---------------------------------------------------------------------------

PEOPLE = ("A", "B", "C")
# A and B live together, C shares a number with A.
NUMBERS = {"A": (1, 9), "B": (2,), "C": (3, 9)}

STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(PEOPLE), st.integers(0, 1), st.sampled_from(["auto", "manual", "sms"])),
    st.tuples(st.just("forge"), st.sampled_from(PEOPLE), st.integers(0, 1), st.sampled_from(["call", "sms"])),
    st.tuples(st.just("end"), st.sampled_from(["01", "02", "03", "12", "13", "15"]), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 6, 40, 125, 900])),
    st.tuples(
        st.just("tamper"),
        st.sampled_from(
            [
                "UPDATE attempt SET counted = false",
                "UPDATE attempt SET counted = false, result = '12' WHERE state = 'ended'",
                "UPDATE attempt SET result = '02'",
                "UPDATE attempt SET intended_at = intended_at - interval '40 days'",
                "UPDATE attempt SET household_id = 'S-C'",
                "UPDATE attempt SET live = false",
                "UPDATE gate_decision SET allowed = true, reasons = '[]'",
                "DELETE FROM attempt",
                "DELETE FROM gate_decision",
            ]
        ),
    ),
)


@settings(
    max_examples=20,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=5, max_size=30))
def test_no_way_around_the_gate(
    database: Database, municipality: int, city: City, steps: list[tuple[Any, ...]]
) -> None:
    """Whatever the application's role does in a day or two: decisions, caps and uniqueness hold."""
    with database.engine.connect() as conn, conn.begin() as transaction:
        conn.execute(text("SELECT set_config('app.municipality', :m, true)"), {"m": str(municipality)})
        people = People(conn, municipality, date(2026, 8, 31))
        people.city_data(date(2026, 9, 4))
        people.household("H")
        for no in PEOPLE:
            people.person(no, "H" if no != "C" else None)
            people.owes(no)
            for nr in NUMBERS[no]:
                people.phone(no, mobile(nr))
        clock = NOW
        for count, step in enumerate(steps):
            clock = _take(conn, city, step, count, clock)
            _check(conn)
        transaction.rollback()


def _take(conn: Connection, city: City, step: tuple[Any, ...], count: int, now: datetime) -> datetime:
    kind, *what = step
    if kind == "wait":
        return now + timedelta(minutes=what[0])
    if kind == "ask":
        no, nr, mode = what
        number = mobile(NUMBERS[no][nr % len(NUMBERS[no])])
        request = (sms if mode == "sms" else call)(no, number, request_id=key(count), mode=mode)
        refused(conn, lambda: admit(conn, city, [request, request_of_neighbour(no, count)], now))
    elif kind == "forge":
        no, nr, channel = what
        number = NUMBERS[no][nr % len(NUMBERS[no])]
        same = {"household_id": "S-C" if no == "C" else "H", "channel": channel}
        refused(
            conn,
            lambda: (
                conn.execute(
                    insert(GateDecision).values(
                        **decision(city, no, number, decision_id=key(count), decided_at=now, **same)
                    )
                ),
                conn.execute(
                    insert(Attempt).values(
                        **attempt(
                            city, no, number, attempt_id=key(count), decision_id=key(count), intended_at=now, **same
                        )
                    )
                ),
            ),
        )
    elif kind == "end":
        result, counted = what
        live = conn.execute(select(Attempt.attempt_id).where(Attempt.live).order_by(Attempt.attempt_id)).scalars().all()
        for attempt_id in live:
            end = partial(ledger.end, conn, attempt_id, now, result=result, cause=None, counted=counted)
            refused(conn, end)
    else:
        refused(conn, lambda: conn.execute(text(what[0])))
    return now


def request_of_neighbour(no: str, count: int) -> Any:
    other = "B" if no == "A" else "A"
    return call(other, mobile(NUMBERS[other][0]), request_id=key("neighbour", count))


def _check(conn: Connection) -> None:
    rows = conn.execute(
        select(Attempt, GateDecision.allowed, GateDecision.household_id.label("decided_for"))
        .outerjoin(GateDecision, Attempt.decision_id == GateDecision.decision_id)
        .order_by(Attempt.intended_at)
    ).all()
    assert all(row.allowed and row.decided_for == row.household_id for row in rows)
    for field in ("household_id", "e164"):
        live = [getattr(row, field) for row in rows if row.live]
        assert len(live) == len(set(live))
    counted = [row for row in rows if row.counted and row.channel == "call"]
    _at_most(2, [(row.e164, jst_date(row.intended_at)) for row in counted if row.result != "02"])
    _at_most(3, [(row.household_id, jst_date(row.intended_at)) for row in counted if row.result != "02"])
    _at_most(6, [(row.addressee_no, jst_date(row.intended_at).month) for row in counted])
    texts = [row for row in rows if row.counted and row.channel == "sms"]
    _at_most(1, [(row.addressee_no, jst_date(row.intended_at)) for row in texts])


def _at_most(cap: int, keys: list[Any]) -> None:
    assert all(keys.count(one) <= cap for one in set(keys))


def test_deleting_is_not_even_granted(people: People, conn: Connection, city: City) -> None:
    admit(conn, city, [people.debtor("A", mobile(1))], NOW)
    assert refused(conn, lambda: conn.execute(delete(Attempt)))

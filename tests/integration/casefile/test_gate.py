"""The gate on a real database: what it reads, stores and locks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, insert, select, text, update

from casefile import ledger
from casefile.city import City
from casefile.clock import at_jst
from casefile.db import Database
from casefile.gate import LostFloor, Reason, admit, decide, screen
from casefile.tables import Arrears, Attempt, GateDecision, UserAccount, UserRole
from tests.people import People, call, key, landline, mobile
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


def test_a_yes_is_stored_with_an_attempt_of_the_same_id(people: People, conn: Connection, city: City) -> None:
    request = people.debtor("A", mobile(1))
    (admission,) = admit(conn, city, [request], NOW)
    assert admission.allowed
    assert admission.attempt_id == request.request_id
    assert (admission.household_id, admission.attempt_no, admission.line_type) == ("S-A", 1, "mobile")
    decision = conn.execute(select(GateDecision)).one()
    assert (decision.decision_id, decision.allowed, decision.reasons) == (request.request_id, True, [])
    attempt = conn.execute(select(Attempt)).one()
    assert attempt.decision_id == decision.decision_id
    assert (attempt.state, attempt.live, attempt.counted, attempt.intended_at) == ("intended", True, True, NOW)


def test_a_no_is_stored_with_its_reasons_and_no_attempt(people: People, conn: Connection, city: City) -> None:
    request = people.debtor("A", mobile(1))
    people.flag("A", "deceased", valid_to=date(2026, 12, 31))
    people.plan("A")
    (admission,) = admit(conn, city, [request], NOW)
    assert admission.attempt_id is None
    decision = conn.execute(select(GateDecision)).one()
    assert decision.reasons == ["plan_kept", "flag_refuses"]
    assert decision.detail == {"flag_refuses": "死亡・相続、2026-12-31 まで", "plan_kept": "分納番号 P-A"}
    assert conn.execute(select(Attempt)).all() == []


def test_a_list_is_looked_at_ahead_and_only_lasting_refusals_are_stored(
    people: People, conn: Connection, city: City
) -> None:
    requests = [people.debtor(no, mobile(ord(no))) for no in "ABCD"]
    earlier = NOW - timedelta(minutes=30)
    tried = [replace(request, request_id=key("earlier", request.addressee_no)) for request in requests[2:]]
    for request in admit(conn, city, tried, earlier):
        assert ledger.end(conn, request.request_id, earlier, result="03", cause="19")
    people.flag("B", "deceased")
    people.flag("D", "deceased")
    refused = screen(conn, city, requests, NOW, {Reason.NUMBER_GAP})
    assert {answer.request_id: answer.reasons for answer in refused} == {
        requests[1].request_id: (Reason.FLAG_REFUSES,),
        requests[3].request_id: (Reason.FLAG_REFUSES, Reason.NUMBER_GAP),
    }
    stored = conn.execute(
        select(GateDecision.decision_id, GateDecision.allowed).where(GateDecision.decided_at == NOW)
    ).all()
    assert {tuple(row) for row in stored} == {(answer.request_id, False) for answer in refused}
    assert conn.execute(select(Attempt).where(Attempt.intended_at == NOW)).all() == []


def test_every_fact_is_read_from_its_table(people: People, conn: Connection, city: City) -> None:
    for no in "ABCDEFGHIJ":
        people.debtor(no, mobile(ord(no)))
    people.promise("A", date(2026, 8, 20), date(2026, 8, 31), date(2026, 9, 14))
    people.promise("B", date(2026, 8, 20), date(2026, 8, 31), date(2026, 9, 14), claim_group="ordinary")
    people.plan("C", state="broken")
    people.hold("D", "claimed_paid", NOW - timedelta(days=1), until=NOW + timedelta(days=13))
    people.hold("E", "claimed_paid", NOW - timedelta(days=20), until=NOW)
    people.hold("F", "staff", NOW - timedelta(days=1), released_at=NOW)
    people.flag("G", "lawyer", valid_to=date(2026, 8, 31))
    people.flag("H", "returned_mail")
    people.flag("I", "of_another_system")
    people.flag("J", "high_amount", valid_from=date(2026, 9, 2))
    answers = decide(conn, city, [call(no, mobile(ord(no))) for no in "ABCDEFGHIJ"], NOW)
    refused = {no: set(answer.reasons) for no, answer in zip("ABCDEFGHIJ", answers, strict=True) if answer.reasons}
    assert refused == {"A": {Reason.PROMISE_OPEN}, "D": {Reason.CLAIMED_PAID}, "I": {Reason.FLAG_STAFF}}
    assert answers[7].warnings == ("返戻・居所不明",)
    assert conn.execute(select(GateDecision)).all() == []


def test_a_payment_stops_the_call_and_its_cancellation_reopens_it(people: People, conn: Connection, city: City) -> None:
    request = people.debtor("A", mobile(1))
    conn.execute(update(Arrears).values(provisional_paid_yen=30000))
    assert decide(conn, city, [request], NOW)[0].reasons == (Reason.NOTHING_OWED,)
    conn.execute(update(Arrears).values(provisional_paid_yen=0))
    assert decide(conn, city, [request], NOW)[0].allowed


def test_the_wall_lets_no_debt_of_the_other_side_through(people: People, conn: Connection, city: City) -> None:
    people.person("A")
    people.phone("A", mobile(1))
    people.owes("A", tax_code="91", claim_group="ordinary")
    assert decide(conn, city, [call("A", mobile(1))], NOW)[0].reasons == (Reason.NOTHING_OWED,)
    assert decide(conn, city, [call("A", mobile(1), claim_group="ordinary")], NOW)[0].allowed


def test_two_of_one_household_in_one_batch_cannot_both_pass(people: People, conn: Connection, city: City) -> None:
    people.household("H")
    requests = [people.debtor("A", mobile(1), "H"), people.debtor("B", mobile(2), "H"), people.debtor("C", mobile(3))]
    answers = admit(conn, city, requests, NOW)
    assert [answer.allowed for answer in answers] == [True, False, True]
    assert answers[1].reasons == (Reason.LIVE_HOUSEHOLD,)


def test_one_number_of_two_households_is_called_once_in_a_batch(people: People, conn: Connection, city: City) -> None:
    requests = [people.debtor("A", mobile(1)), people.debtor("B", mobile(1))]
    assert [answer.reasons for answer in admit(conn, city, requests, NOW)] == [
        (),
        (Reason.LIVE_NUMBER, Reason.NUMBER_GAP),
    ]


def test_an_unknown_person_is_answered(people: People, conn: Connection, city: City) -> None:
    answers = admit(conn, city, [call("NOBODY", mobile(1)), people.debtor("A", mobile(2))], NOW)
    assert answers[0].reasons[0] is Reason.UNKNOWN_PERSON
    assert answers[1].allowed


def test_staff_is_known_by_role(people: People, conn: Connection, city: City, municipality: int) -> None:
    request = people.debtor("A", mobile(1))
    people.flag("A", "lawyer")
    for login, role in (("op", "operator"), ("zei", "collector")):
        conn.execute(
            insert(UserAccount).values(
                municipality_id=municipality,
                user_id=key(login),
                login=login,
                display_name=login,
                password_hash="",
                active=True,
                session_key=login,
                failed_count=0,
                password_changed_at=NOW,
                created_at=NOW,
            )
        )
        conn.execute(insert(UserRole).values(municipality_id=municipality, user_id=key(login), role_code=role))
    by_hand = replace(request, mode="manual")
    assert decide(conn, city, [replace(by_hand, requested_by=key("op"))], NOW)[0].reasons == (Reason.FLAG_STAFF,)
    assert decide(conn, city, [replace(by_hand, requested_by=key("zei"))], NOW)[0].allowed


def finished(conn: Connection, city: City, request_id: UUID, at: datetime, result: str, **facts: bool) -> None:
    request = call("A", mobile(1), request_id=request_id)
    (admission,) = admit(conn, city, [request], at)
    assert admission.allowed, admission.sentences
    assert ledger.end(conn, request_id, at + timedelta(seconds=20), result=result, cause=None, **facts)


def test_caps_are_counted_from_the_ledger(people: People, conn: Connection, city: City) -> None:
    request = people.debtor("A", mobile(1))
    finished(conn, city, key(1), NOW, "03")
    finished(conn, city, key(2), NOW + timedelta(hours=2), "02")
    finished(conn, city, key(3), NOW + timedelta(hours=2, minutes=6), "12", counted=False)
    finished(conn, city, key(4), NOW + timedelta(hours=2, minutes=7), "03")
    (answer,) = decide(conn, city, [request], NOW + timedelta(hours=6))
    assert answer.reasons == (Reason.NUMBER_DAY_CAP,)
    assert answer.attempt_no == 4
    assert decide(conn, city, [request], NOW + timedelta(days=1))[0].allowed


def test_after_an_abandoned_call_only_a_reserved_operator_may_call(
    people: People, conn: Connection, city: City
) -> None:
    request = people.debtor("A", mobile(1))
    finished(conn, city, key(1), NOW, "13", abandoned=True, person_answered=True)
    tomorrow = NOW + timedelta(days=1)
    assert decide(conn, city, [request], tomorrow)[0].reasons == (Reason.RESERVED_ONLY,)
    reserved = replace(request, mode="preview")
    assert decide(conn, city, [reserved], tomorrow)[0].allowed
    assert admit(conn, city, [reserved], tomorrow)[0].allowed
    ledger.end(conn, reserved.request_id, tomorrow, result="03", cause=None)
    assert decide(conn, city, [request], tomorrow + timedelta(days=1))[0].allowed


def test_calls_and_texts_wait_for_one_another(people: People, conn: Connection, city: City) -> None:
    people.debtor("A", mobile(1))
    assert admit(conn, city, [sms("A", mobile(1), request_id=key("sms"))], NOW)[0].allowed
    assert decide(conn, city, [call("A", mobile(1))], NOW)[0].reasons == (Reason.LIVE_HOUSEHOLD, Reason.LIVE_NUMBER)


# -- a lost floor -----------------------------------------------------------------------------------------------------


def test_an_engine_that_lost_its_floor_cannot_dial(
    people: People, conn: Connection, city: City, municipality: int
) -> None:
    request = people.debtor("A", mobile(1))
    floor = uuid4()
    conn.execute(
        text(
            "INSERT INTO floor (municipality_id, floor_id, name, epoch, figures, pacer_reasons)"
            " VALUES (:m, :f, '1', 7, '{}', '{}')"
        ),
        {"m": municipality, "f": floor},
    )
    for epoch in (6, 8, None):
        with pytest.raises(LostFloor):
            admit(conn, city, [request], NOW, floor_id=floor, epoch=epoch)
    with pytest.raises(LostFloor):
        admit(conn, city, [request], NOW, floor_id=uuid4(), epoch=7)
    assert admit(conn, city, [request], NOW, floor_id=floor, epoch=7)[0].allowed
    assert conn.execute(select(Attempt.floor_id, Attempt.epoch)).one() == (floor, 7)


# -- two at once ------------------------------------------------------------------------------------------------------


def test_racing_channels_never_break_a_cap(database: Database, municipality: int, city: City) -> None:
    """Six threads call and text three households, whose members share numbers, as fast as they can."""
    members = [(f"{h}{m}", f"H{h}", mobile(h), landline(m)) for h in range(3) for m in range(3)]
    with database.transaction(municipality) as conn:
        people = People(conn, municipality, date(2026, 8, 31))
        people.city_data()
        for number in range(3):
            people.household(f"H{number}")
        for no, household, own, shared in members:
            people.person(no, household)
            people.phone(no, own)
            people.phone(no, shared)
            people.owes(no)
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def work(thread: int) -> None:
        opened = Database(database.url.replace("+psycopg", ""), pool_size=1)
        try:
            start.wait()
            for step in range(24):
                at = NOW + timedelta(minutes=5 * step)
                batch = [
                    (sms if (thread + step + i) % 4 == 0 else call)(
                        no, own if (thread + i) % 2 else shared, request_id=uuid4()
                    )
                    for i, (no, _, own, shared) in enumerate(members[thread:] + members[:thread])
                ]
                with opened.transaction(municipality) as mine:
                    admitted = [answer.attempt_id for answer in admit(mine, city, batch, at) if answer.attempt_id]
                for attempt_id in admitted:
                    with opened.transaction(municipality) as mine:
                        ledger.end(mine, attempt_id, at, result="03", cause=None)
        except BaseException as failure:
            failures.append(failure)
        finally:
            opened.close()

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with database.transaction(municipality) as conn:
        calls = conn.execute(
            select(Attempt.household_id, Attempt.e164, Attempt.intended_at, Attempt.channel).order_by(
                Attempt.intended_at
            )
        ).all()
    assert calls
    for household in {row.household_id for row in calls}:
        of_household = [row for row in calls if row.household_id == household and row.channel == "call"]
        assert len(of_household) <= 3
    for number in {row.e164 for row in calls}:
        times = [row.intended_at for row in calls if row.e164 == number and row.channel == "call"]
        assert len(times) <= 2
        assert all(abs(b - a) >= timedelta(hours=2) for a, b in pairwise(times))

"""Promises stored and judged against final receipts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select

from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.ids import TimeOrderedIds
from casefile.judgement import JudgedPromise, judge_promises
from casefile.problems import EntryRefused
from casefile.promises import PartDraft, PromiseDraft, cancel_promise, make_promise, read_promise_case
from casefile.tables import Arrears, Promise, PromisePart, PromiseTarget, Receipt
from casefile.vocabulary import ClaimGroup, PromiseState
from tests.people import FEE, TAX, People, mobile

MADE = date(2026, 9, 8)
DUE = date(2026, 9, 15)
JUDGE = date(2026, 10, 2)


@dataclass
class Room:
    conn: Connection
    city: City
    people: People
    ids: TimeOrderedIds

    def promise(self, *parts: tuple[date, int], no: str = "A1", targets: tuple[int, ...] | None = None) -> UUID:
        draft = PromiseDraft(tuple(PartDraft(*part) for part in parts), targets)
        return make_promise(
            self.conn,
            self.city,
            case=read_promise_case(self.conn, self.city.id, no, ClaimGroup.COMPULSORY),
            draft=draft,
            now=at_jst(MADE, 10),
            ids=self.ids,
        ).promise_id

    def arrears(self, no: str = "A1", claim_group: str = "compulsory") -> list[int]:
        wanted = select(Arrears.arrears_id).filter_by(addressee_no=no, claim_group=claim_group)
        return list(self.conn.scalars(wanted.order_by(Arrears.arrears_id)))

    def pay(self, number: str, arrears_id: int, received_on: date, yen: int, **changes: Any) -> None:
        values = {
            "municipality_id": self.city.id,
            "receipt_no": number,
            "arrears_id": arrears_id,
            "addressee_no": "A1",
            "tax_code": TAX,
            "levy_year": 2026,
            "assessed_year": 2026,
            "period": 1,
            "notice_no": "",
            "received_on": received_on,
            "principal_yen": yen,
            "interest_yen": 0,
            "demand_fee_yen": 0,
            "stage": "final",
            "method": "窓口",
            "fiscal_year": 2026,
            "as_of": JUDGE,
            "loaded_at": at_jst(JUDGE, 7),
        }
        self.conn.execute(insert(Receipt).values(values | changes))

    def judge(self, as_of: date = JUDGE) -> list[JudgedPromise]:
        return judge_promises(self.conn, self.city, as_of, at_jst(as_of, 8))

    def stored(self, promise_id: UUID) -> tuple[str, int, date | None]:
        row = self.conn.execute(select(*Promise.__table__.columns).filter_by(promise_id=promise_id)).one()
        return row.state, row.paid_yen, row.judged_as_of

    def parts(self) -> list[tuple[str, int]]:
        rows = self.conn.execute(select(PromisePart.state, PromisePart.paid_yen).order_by(PromisePart.part_no))
        return [(row.state, row.paid_yen) for row in rows]


@pytest.fixture
def room(passing: Connection, shared_city: City) -> Room:
    people = People(passing, shared_city.id, MADE)
    people.city_data()
    for nr in (1, 2):
        people.debtor(f"A{nr}", mobile(nr))
    people.owes("A1", 5_000)
    people.owes("A1", 7_000, tax_code=FEE, claim_group="ordinary")
    return Room(passing, shared_city, people, TimeOrderedIds(VirtualClock(at_jst(MADE)).now, random.Random(1)))


def test_nothing_is_judged_before_its_day(room: Room) -> None:
    promise = room.promise((DUE, 30_000))
    assert not room.judge(JUDGE - timedelta(days=1))
    assert room.stored(promise) == ("open", 0, None)


def test_a_date_in_the_future_judges_nothing_early(room: Room) -> None:
    room.promise((DUE, 30_000))
    assert not judge_promises(room.conn, room.city, JUDGE, at_jst(JUDGE - timedelta(days=1), 8))


def test_final_payments_to_the_targets_keep_it(room: Room) -> None:
    promise = room.promise((DUE, 35_000))
    first, second = room.arrears()
    room.pay("R1", first, MADE, 30_000)
    room.pay("R2", second, DUE, 4_000, interest_yen=900, demand_fee_yen=100)
    (judged,) = room.judge()
    assert (judged.promise_id, judged.state, judged.paid_yen) == (promise, PromiseState.KEPT, 35_000)
    assert room.stored(promise) == ("kept", 35_000, JUDGE)
    assert room.parts() == [("kept", 35_000)]


def test_other_money_does_not_keep_it(room: Room) -> None:
    first, second = room.arrears()
    (fee,) = room.arrears(claim_group="ordinary")
    promise = room.promise((DUE, 5_000), targets=(second,))
    room.pay("other period", first, DUE, 5_000)
    room.pay("other claim", fee, DUE, 5_000, tax_code=FEE)
    room.pay("flash", second, DUE, 5_000, stage="flash")
    room.pay("cancelled", second, DUE, 5_000, cancelled_on=DUE)
    room.pay("before", second, MADE - timedelta(days=1), 5_000)
    room.judge()
    assert room.stored(promise)[0] == "broken"


def test_judging_twice_writes_nothing_new(room: Room) -> None:
    room.promise((DUE, 30_000))
    assert len(room.judge()) == 1
    assert not room.judge()


def test_a_receipt_that_comes_in_late_corrects_the_verdict(room: Room) -> None:
    promise = room.promise((DUE, 30_000))
    room.judge()
    assert room.stored(promise)[0] == "broken"
    later = JUDGE + timedelta(days=5)
    room.pay("R1", room.arrears()[0], DUE, 30_000, as_of=later)
    (judged,) = room.judge(later)
    assert judged.state is PromiseState.KEPT
    assert room.stored(promise) == ("kept", 30_000, later)


def test_parts_are_judged_as_their_days_come(room: Room) -> None:
    promise = room.promise((DUE, 10_000), (date(2026, 10, 15), 20_000))
    room.pay("R1", room.arrears()[0], DUE, 10_000)
    room.judge()
    assert room.stored(promise)[0] == "open"
    assert room.parts() == [("kept", 10_000), ("open", 0)]
    end = room.city.calendar.add_open_days(date(2026, 10, 15), 10)
    room.judge(end)
    assert room.stored(promise) == ("partly", 10_000, end)
    assert room.parts() == [("kept", 10_000), ("broken", 0)]


def test_everyone_is_judged_by_his_own_money(room: Room) -> None:
    mine, theirs = room.promise((DUE, 30_000)), room.promise((DUE, 30_000), no="A2")
    room.pay("R1", room.arrears("A2")[0], DUE, 30_000, addressee_no="A2")
    assert {judged.promise_id: judged.state for judged in room.judge()} == {
        mine: PromiseState.BROKEN,
        theirs: PromiseState.KEPT,
    }


def test_cancelled_and_superseded_promises_are_not_judged(room: Room) -> None:
    first = room.promise((DUE, 30_000))
    second = room.promise((DUE, 20_000))
    cancel_promise(room.conn, room.city.id, second)
    assert not room.judge()
    assert (room.stored(first)[0], room.stored(second)[0]) == ("superseded", "cancelled")
    with pytest.raises(EntryRefused):
        cancel_promise(room.conn, room.city.id, second)


def test_targets_default_to_all_unpaid_periods_of_the_case(room: Room) -> None:
    room.promise((DUE, 30_000))
    assert (
        list(room.conn.scalars(select(PromiseTarget.arrears_id).order_by(PromiseTarget.arrears_id))) == room.arrears()
    )


def test_a_promise_that_may_not_be_taken_leaves_the_old_one_open(room: Room) -> None:
    promise = room.promise((DUE, 30_000))
    with pytest.raises(EntryRefused):
        room.promise((MADE - timedelta(days=1), 30_000))
    assert room.stored(promise)[0] == "open"

"""The reach model in an engine: every call goes into it, the night's rebuild replaces it, each pick is on record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from callflow.codes import Contact
from callflow.events import Answered, Detected, Dial, Ended, Heard, Join, Joined
from casefile.clock import at_jst
from casefile.records import NewRecord, add_record
from dialer.reach.book import ReachBook
from dialer.reach.rebuild import read_book
from dialer.tables import ReachBeliefs, ReachPick
from tests.integration.dialer.room import DAY, Room
from tests.people import key


def _rows(room: Room, table: Any) -> list[Any]:
    with room.transaction() as conn:
        return list(conn.execute(select(table.__table__)).all())


def _first_call(room: Room) -> Dial:
    room.start()
    room.everybody_ready()
    room.run(2)
    (dial,) = room.carrier.dialed()
    return dial


def _talk(room: Room, dial: Dial, contact: Contact) -> str:
    """A talk of a minute with a record of who it was; gives the 宛名番号."""
    now = room.clock.now
    room.carrier.report(Answered(dial.attempt_id, now()))
    room.carrier.report(Heard(dial.attempt_id, now(), Detected.PERSON))
    (join,) = (told for told in room.carrier.sent if isinstance(told, Join))
    room.carrier.report(Joined(dial.attempt_id, join.operator_id, now()))
    room.run(60)
    room.carrier.report(Ended(dial.attempt_id, now(), "16", None, by_resident=True))
    (attempt,) = room.attempts()
    said = NewRecord(
        record_id=key("record"),
        addressee_no=attempt.addressee_no,
        household_id=attempt.household_id,
        purpose="dunning",
        claim_group="compulsory",
        direction="outbound",
        started_at=now(),
        attempt_id=dial.attempt_id,
        contact=contact.value,
    )
    with room.transaction() as conn:
        add_record(conn, room.municipality_id, said, recorded_at=now(), recorded_by=room.operators[0])
    room.say("wrapup_done")
    return str(attempt.addressee_no)


def _chances(room: Room, book: ReachBook) -> list[tuple[float, float]]:
    """Of every attempt's number, at seven in the evening."""
    rows = room.attempts()
    at = at_jst(DAY, 19)
    whom = book.candidates(
        [row.addressee_no for row in rows],
        [row.household_id for row in rows],
        [row.e164 for row in rows],
        np.full(len(rows), DAY.toordinal()),
    )
    live, right = book.model.chances(whom, at)
    return list(zip(live.tolist(), right.tolist(), strict=True))


def test_what_was_expected_of_a_call_is_on_record(room: Room) -> None:
    room.fill(people=3)
    dial = _first_call(room)
    (pick,) = _rows(room, ReachPick)
    assert pick.attempt_id == dial.attempt_id
    assert 0 < pick.p_right_party <= pick.p_live < 1
    assert 0 < pick.propensity <= 1
    assert pick.eligible == 3


@pytest.mark.parametrize("contact", [Contact.SELF, Contact.SPOUSE])
def test_a_book_read_anew_says_the_same_as_one_that_heard_the_calls(room: Room, contact: Contact) -> None:
    room.fill(people=1)
    _talk(room, _first_call(room), contact)
    heard = room.shell.reach.book
    with room.transaction() as conn:
        read = read_book(conn, room.city, room.clock.now())
    (live, right), (live_read, right_read) = _chances(room, heard)[0], _chances(room, read)[0]
    assert (live_read, right_read) == pytest.approx((live, right), rel=1e-4)
    assert (right / live > 0.9) == (contact is Contact.SELF)
    with room.transaction() as conn:
        known = read_book(conn, room.city, room.clock.now())
    assert known.evidence(room.attempts()[0].e164, room.clock.now()).endswith("全体 1回中1回応答")


def test_the_night_learns_the_city_before_it_opens(room: Room) -> None:
    room.fill(people=1)
    _talk(room, _first_call(room), Contact.SELF)
    room.say("sign_out")
    before = room.shell.reach.book
    assert _rows(room, ReachBeliefs) == []
    wakes = room.shell.next_wakeup()
    room.clock.move_to(at_jst(DAY.replace(day=6), 7, 59))
    room.shell.tick()
    assert room.shell.reach.book is before
    room.run(120)
    assert room.shell.reach.book is not before
    (stored,) = _rows(room, ReachBeliefs)
    assert stored.learned_at == at_jst(DAY.replace(day=6), 8)
    assert wakes is not None
    again = room.shell.reach.book
    room.run(600)
    assert room.shell.reach.book is again
    with room.transaction() as conn:
        read = read_book(conn, room.city, room.clock.now())
    np.testing.assert_allclose(read.model.beliefs.near, again.model.beliefs.near, atol=1e-5)
    assert _chances(room, read)[0] == pytest.approx(_chances(room, again)[0], rel=1e-3)

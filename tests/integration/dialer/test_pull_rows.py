"""Wrap-up pull and timed wrap-up on rows: consent is obeyed at once, a new engine knows whose wrap-up follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from callflow.events import Answered, Detected, Ended, Heard, Join, Joined
from casefile.clock import jst_date
from dialer import campaigns, pull_consent
from dialer.pacing import FixedRatioPacer
from dialer.past_timings import past_timings
from dialer.tables import Floor, Seat
from tests.integration.dialer.room import Room
from tests.people import key


def seat_of(room: Room, operator: int = 0) -> Any:
    with room.transaction() as conn:
        return conn.execute(select(Seat).where(Seat.operator_id == room.operators[operator])).one()


def talk(room: Room, attempt_id: UUID, operator: int = 0, seconds: int = 60) -> None:
    """The resident answers, is joined and hangs up."""
    answer(room, attempt_id)
    room.carrier.report(Joined(attempt_id, room.operators[operator], room.clock.now()))
    room.run(seconds)
    room.carrier.report(Ended(attempt_id, room.clock.now(), "16", None, by_resident=True))
    room.shell.flush()


def answer(room: Room, attempt_id: UUID) -> None:
    now = room.clock.now()
    room.carrier.report(Answered(attempt_id, now))
    room.carrier.report(Heard(attempt_id, now, Detected.PERSON))


@pytest.fixture
def timed(room: Room) -> Room:
    """One operator, a campaign whose wrap-up ends by itself after 20 s, and the first talk over."""
    room.fill(people=4, operators=1, wrapup_seconds=20, timed_wrapup=True)
    room.start()
    room.say("sign_in")
    room.say("ready")
    room.run(2)
    talk(room, room.carrier.dialed()[0].attempt_id)
    return room


def test_a_put_off_wrapup_outlives_the_engine_and_is_done_in_its_turn(timed: Room) -> None:
    first = timed.carrier.dialed()[0].attempt_id
    timed.run(22)
    assert (seat_of(timed).state, seat_of(timed).put_off_attempt_id) == ("ready", first)
    second = timed.carrier.dialed()[1].attempt_id
    timed.shell.flush()
    timed.shell.close()
    timed.start()
    with timed.transaction() as conn:
        assert conn.execute(select(Floor.epoch)).scalar_one() == 2
    assert seat_of(timed).put_off_attempt_id == first
    answer(timed, second)
    timed.run(1)
    timed.say("wrapup_done", attempt_id=first)
    assert seat_of(timed).put_off_attempt_id is None
    done = next(row for row in timed.attempts() if row.attempt_id == first)
    assert done.wrapped_up_at is not None


@pytest.mark.parametrize("agreed", [True, False])
def test_a_call_comes_out_of_a_wrapup_only_while_its_operator_agrees(room: Room, agreed: bool) -> None:
    room.fill(people=6, operators=1, mode="predictive")
    room.start()
    room.say("sign_in")
    room.shell.close()
    with room.transaction() as conn:
        today = jst_date(room.clock.now())
        conn.execute(update(Seat).values(calls_on=today, calls=20))
    room.start(pacer_for=lambda _, __: FixedRatioPacer(2.0))
    room.say("ready")
    room.run(2)
    first, second = [dial.attempt_id for dial in room.carrier.dialed()]
    with room.transaction() as conn:
        assert pull_consent.give(conn, room.municipality_id, room.operators[0], room.clock.now())
        assert not pull_consent.give(conn, room.municipality_id, room.operators[0], room.clock.now())
    room.say("reload")
    if not agreed:
        with room.transaction() as conn:
            assert pull_consent.take_back(conn, room.municipality_id, room.operators[0])
            assert not pull_consent.take_back(conn, room.municipality_id, room.operators[0])
        room.say("reload")
    talk(room, first, seconds=3)
    room.run(11)
    answer(room, second)
    assert [told.attempt_id for told in room.carrier.sent if isinstance(told, Join)] == [first, second][: 1 + agreed]
    if agreed:
        room.carrier.report(Joined(second, room.operators[0], room.clock.now()))
        room.shell.flush()
        seat = seat_of(room)
        assert (seat.put_off_attempt_id, seat.calls, seat.pulled, seat.pulled_last) == (first, 22, 1, True)


def test_what_calls_took_is_read_from_the_ledger(timed: Room) -> None:
    first = timed.carrier.dialed()[0].attempt_id
    timed.run(5)
    timed.say("wrapup_done", attempt_id=first)
    timed.run(1)
    timed.shell.flush()
    with timed.transaction() as conn:
        past = past_timings(conn, timed.municipality_id, timed.campaign_id, "dunning", timed.clock.now())
        later = timed.clock.now() + timedelta(days=31)
        forgotten = past_timings(conn, timed.municipality_id, timed.campaign_id, "dunning", later)
        like_it = past_timings(conn, timed.municipality_id, key("another"), "dunning", timed.clock.now())
        unlike = past_timings(conn, timed.municipality_id, key("another"), "survey", timed.clock.now())
    assert len(past.answer) == 1
    assert past.talk == (60.0,)
    assert len(past.wrapup) == 1
    assert past.release == ()
    assert forgotten.talk == ()
    assert like_it == past, "a campaign without calls of its own begins with what others of its purpose have learned"
    assert unlike.talk == ()


def test_reasons_of_running_campaigns_are_on_the_floors_row(room: Room) -> None:
    room.fill(people=3, operators=1)
    room.start()
    room.say("sign_in")
    room.say("ready")
    room.run(12)
    with room.transaction() as conn:
        reasons = conn.execute(select(Floor.pacer_reasons)).scalar_one()
        assert list(reasons) == [str(room.campaign_id)]
        assert reasons[str(room.campaign_id)].startswith("1対1")
        campaigns.stop(conn, room.municipality_id, room.campaign_id, room.clock.now())
    room.run(12)
    with room.transaction() as conn:
        assert conn.execute(select(Floor.pacer_reasons)).scalar_one() == {}

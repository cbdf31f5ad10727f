"""Wrap-up pull: only with consent, after 10 s, never twice in a row, never more than 15 % of a person's calls of a day."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.states import CallState
from dialer.messages import CallRow, PullsAgreed, SeatRow, StoreWrappedUp
from dialer.pull import MOST_OF_A_DAY, PullTally, longest_in_wrapup, next_ripe
from dialer.seat import Seat
from tests.unit.dialer.stage import START, Stage, attempt, candidate, operator

A, B = operator("A"), operator("B")
MUCH = PullTally(START.date(), calls=20)
"""Twenty calls of today, none of them in the middle of a wrap-up."""


def in_wrapup(name: str, seconds: float, **changes: object) -> Seat:
    seat = Seat(operator(name), "wrapup", START - timedelta(seconds=seconds), pulls=MUCH)
    for what, value in changes.items():
        setattr(seat, what, value)
    return seat


def chosen(*seats: Seat, consenting: frozenset[UUID] = frozenset({A, B})) -> UUID | None:
    seat = longest_in_wrapup(seats, None, consenting, START)
    return seat.operator_id if seat else None


def test_whoever_is_longest_in_wrapup_is_chosen() -> None:
    assert chosen(in_wrapup("A", 12), in_wrapup("B", 30)) == B


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": 9.9},
        {"pausing": "break"},
        {"part": "left"},
        {"put_off": attempt(1)},
        {"stood_aside": 40},
        {"pulls": PullTally(START.date(), calls=20, last=True)},
        {"pulls": PullTally(START.date(), calls=5)},
        {"pulls": PullTally(START.date(), calls=20, pulled=3)},
        {"assigned_campaign_id": UUID(int=9)},
        {"state": "ready"},
    ],
)
def test_not_too_soon_nor_against_a_wish_nor_too_often(changes: dict[str, object]) -> None:
    seat = in_wrapup("A", float(str(changes.pop("seconds", 30))), **changes)
    assert longest_in_wrapup([seat], UUID(int=7), frozenset({A}), START) is None


def test_nobody_is_called_who_has_not_agreed() -> None:
    assert chosen(in_wrapup("A", 30), consenting=frozenset({B})) is None


def test_a_call_that_waits_is_looked_at_again_when_ten_seconds_are_over() -> None:
    seats = [in_wrapup("A", 8.5), in_wrapup("B", 7)]
    assert next_ripe(seats, frozenset({A, B}), START) == START + timedelta(seconds=1.5)


@given(st.lists(st.booleans(), max_size=200))
def test_never_twice_in_a_row_and_never_more_than_its_share(wishes: list[bool]) -> None:
    tally, at = PullTally(), START
    history = []
    for wish in wishes:
        pulled = wish and tally.allows_another(at)
        tally = tally.after_call(at, pulled=pulled)
        history.append(pulled)
        assert sum(history) <= MOST_OF_A_DAY * len(history)
    assert not any(first and second for first, second in itertools.pairwise(history))


def test_a_new_day_counts_anew_but_a_row_goes_over_midnight() -> None:
    yesterday = PullTally(START.date(), calls=20, pulled=3, last=True)
    next_day: datetime = START + timedelta(days=1)
    assert yesterday.on(next_day.date()) == PullTally(next_day.date(), last=True)
    assert not yesterday.allows_another(next_day)


# -- on the floor -----------------------------------------------------------------------------------------------------


def floor_with_a_wrapup(pulls: PullTally = MUCH) -> Stage:
    """A writes up call 1 and has agreed; B talks; call 2 rings."""
    stage = Stage(mode="predictive")
    stage.open()
    rows = [
        SeatRow(A, "wrapup", START, attempt_id=attempt(1), pulls=pulls),
        SeatRow(B, "talking", START, attempt_id=attempt(3)),
    ]
    calls = [
        CallRow(attempt(1), candidate(901), START, True, 5, CallState.WRAPUP, A),
        CallRow(attempt(2), candidate(902), START, True, 3, CallState.RINGING),
        CallRow(attempt(3), candidate(903), START, True, 5, CallState.TALKING, B),
    ]
    stage.restore(rows, calls)
    stage.do("2", "live")
    stage.do("3", "live", "0.1:answered", "0.2:person", "0.3:joined=B")
    stage.handle(PullsAgreed(stage.now, frozenset({A})))
    stage.take()
    return stage


def answered_at(stage: Stage, seconds: float) -> None:
    stage.at(seconds)
    stage.do("2", "answered")
    stage.do("2", "person")


def test_an_answered_call_comes_out_of_the_wrapup_and_its_rest_follows() -> None:
    stage = floor_with_a_wrapup()
    answered_at(stage, 12)
    assert stage.take() == ["join 2 A"]
    stage.do("2", "joined", "A")
    assert stage.seat("A") == "talking"
    stage.at(60)
    stage.do("2", "ended")
    stage.at(70)
    stage.do("A", "wrapup_done")
    seat = stage.engine.seats.get(A)
    assert seat is not None
    assert (seat.state, seat.attempt_id, seat.put_off) == ("wrapup", attempt(1), None), "the first call's rest"
    stage.at(80)
    stage.do("A", "wrapup_done")
    assert stage.seat("A") == "ready"
    assert stage.engine.calls.get(attempt(1)) is None
    stood_aside = {
        done.attempt_id: done.put_off_seconds for done in stage.everything if isinstance(done, StoreWrappedUp)
    }
    assert stood_aside == {attempt(1): 58, attempt(2): None}


def test_a_wrapup_whose_line_is_not_free_yet_is_left_alone() -> None:
    stage = floor_with_a_wrapup()
    stage.at(5)
    stage.do("B", "hang_up")
    stage.handle(PullsAgreed(stage.now, frozenset({B})))
    seat = stage.engine.seats.get(B)
    assert seat is not None
    seat.pulls = MUCH
    answered_at(stage, 16)
    assert "join 2 B" not in stage.take(), "the network has not freed B's line"


def test_a_wrapup_of_less_than_ten_seconds_is_waited_for_within_the_patience() -> None:
    stage = floor_with_a_wrapup()
    answered_at(stage, 8.5)
    assert stage.take() == []
    wakeup = stage.engine.next_wakeup(stage.now)
    assert wakeup is not None
    assert wakeup <= START + timedelta(seconds=10)
    stage.at(10)
    stage.do("tick", "")
    assert stage.take() == ["join 2 A"]


def test_without_consent_whoever_answered_is_told_who_called() -> None:
    stage = floor_with_a_wrapup()
    stage.handle(PullsAgreed(stage.now, frozenset()))
    answered_at(stage, 12)
    assert stage.take() == []
    stage.at(14.1)
    stage.do("tick", "")
    assert "announce 2" in stage.take()


def test_the_call_after_a_pulled_one_waits_for_somebody_else() -> None:
    stage = floor_with_a_wrapup(PullTally(START.date(), calls=20, last=True))
    answered_at(stage, 30)
    assert stage.take() == []


def test_what_was_put_off_may_be_written_before_its_turn() -> None:
    stage = floor_with_a_wrapup()
    answered_at(stage, 12)
    stage.do("2", "joined", "A")
    seat = stage.engine.seats.get(A)
    assert seat is not None
    stage.say_done(seat.operator_id, attempt(1))
    assert seat.put_off is None
    assert stage.engine.calls.get(attempt(1)) is None
    assert stage.seat("A") == "talking"


def test_a_pulled_call_that_ends_at_once_leads_back_to_the_wrapup() -> None:
    stage = floor_with_a_wrapup()
    answered_at(stage, 12)
    stage.at(12.3)
    stage.do("2", "ended")
    seat = stage.engine.seats.get(A)
    assert seat is not None
    assert (seat.state, seat.attempt_id) == ("wrapup", attempt(1))
    assert seat.pulls == MUCH, "no call came"


def test_a_new_engine_knows_whose_wrapup_follows() -> None:
    stage = Stage(mode="predictive")
    stage.open()
    seats = [SeatRow(A, "talking", START, attempt_id=attempt(2), put_off=attempt(1), pulls=MUCH)]
    calls = [
        CallRow(attempt(1), candidate(901), START, True, 5, CallState.WRAPUP, A),
        CallRow(attempt(2), candidate(902), START, True, 5, CallState.TALKING, A),
    ]
    stage.restore(seats, calls)
    stage.do("2", "live", "0.1:answered", "0.2:person", "0.3:joined=A")
    stage.at(30)
    stage.do("2", "ended")
    stage.do("A", "wrapup_done")
    seat = stage.engine.seats.get(A)
    assert seat is not None
    assert (seat.state, seat.attempt_id) == ("wrapup", attempt(1))
    stage.do("A", "wrapup_done")
    assert stage.seat("A") == "ready"


def test_a_wrapup_put_off_that_is_done_already_is_forgotten_by_a_new_engine() -> None:
    stage = Stage(mode="predictive")
    stage.open()
    stage.restore([SeatRow(A, "ready", START, put_off=attempt(1))], [])
    seat = stage.engine.seats.get(A)
    assert seat is not None
    assert seat.put_off is None


# -- timed wrap-up ----------------------------------------------------------------------------------------------------


def timed(stage: Stage) -> None:
    stage.open(timed_wrapup=True)


def after_a_talk(stage: Stage) -> None:
    """A has talked with 1 and is in wrap-up since 40 s."""
    for line in (("A", "sign_in"), ("A", "ready"), ("tick", "")):
        stage.do(*line)
    for verb in ("answered", "person"):
        stage.do("1", verb)
    stage.do("1", "joined", "A")
    stage.at(40)
    stage.do("1", "ended")
    stage.take()


def test_a_timed_wrapup_ends_by_itself_and_what_is_not_written_follows() -> None:
    stage = Stage()
    timed(stage)
    after_a_talk(stage)
    assert stage.engine.next_wakeup(stage.now) == START + timedelta(seconds=100)
    stage.at(100)
    stage.do("tick", "")
    assert stage.take() == ["dial 2"], "the room goes on"
    seat = stage.engine.seats.get(A)
    assert seat is not None
    assert (seat.state, seat.put_off) == ("ready", attempt(1))
    stage.do("2", "answered")
    stage.do("2", "person")
    stage.do("2", "joined", "A")
    stage.at(130)
    stage.do("2", "ended")
    stage.do("A", "wrapup_done")
    assert (seat.state, seat.attempt_id) == ("wrapup", attempt(1))
    stage.at(400)
    stage.do("tick", "")
    assert seat.state == "wrapup", "the rest has no end but its own"


def test_a_timed_wrapup_that_is_done_in_time_leaves_nothing() -> None:
    stage = Stage()
    timed(stage)
    after_a_talk(stage)
    stage.at(60)
    stage.do("A", "wrapup_done")
    stage.at(101)
    stage.do("tick", "")
    seat = stage.engine.seats.get(A)
    assert seat is not None
    assert seat.put_off is None


def test_whoever_wants_to_leave_writes_up_what_was_put_off_first() -> None:
    stage = Stage(people=1)
    timed(stage)
    after_a_talk(stage)
    stage.at(101)
    stage.do("tick", "")
    stage.do("A", "pause", "lunch")
    assert stage.seat("A") == "wrapup"
    stage.at(120)
    stage.do("A", "wrapup_done")
    assert stage.seat("A") == "paused"


def test_nobody_goes_home_with_a_record_unwritten() -> None:
    stage = Stage(people=1)
    timed(stage)
    after_a_talk(stage)
    stage.at(101)
    stage.do("tick", "")
    stage.do("A", "sign_out")
    assert "後処理を終えてから" in stage.answers[-1]
    assert stage.seat("A") == "ready"

"""The pacer a campaign really uses: small rooms, spent budgets, a new day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from dialer.pacing import AgentView, CallView, DayBudget, FloorView, RoomPacer, Timings


def floor(ready: int, paused: int = 0, ringing: int = 0, candidates: int = 40) -> FloorView:
    agents = [AgentView("ready", 90.0)] * ready + [AgentView("paused", 0.0)] * paused
    calls = [CallView(n, 95.0, 0.35) for n in range(ringing)]
    return FloorView(100.0, agents, calls, [0.35] * candidates)


def test_a_room_of_three_is_dialed_one_to_one_and_says_so() -> None:
    room = RoomPacer(0.03, Timings())
    decision = room.decide(floor(3, paused=5))
    assert decision.dial == 3
    assert decision.reason.startswith("席が 3 つ(4 席未満)のため1対1")
    assert room.decide(floor(4)).dial > 4


def test_a_spent_budget_makes_the_room_one_to_one_until_more_is_earned() -> None:
    room = RoomPacer(0.01, Timings(), live_answers=350, abandoned=3)
    assert room.budget.spent
    decision = room.decide(floor(6, ringing=2))
    assert decision.dial == 4
    assert (
        "本日の放棄枠を使い切ったため(応答 350 件のうち放棄 3 件、目標 1.0%、あと 50 件の応答まで)" in decision.reason
    )
    for _ in range(50):
        room.answered()
    assert room.budget.live_until_allowed == 0
    assert room.decide(floor(6, ringing=2)).reason.startswith("予測")


def test_a_new_day_starts_with_nothing_lost() -> None:
    room = RoomPacer(0.01, Timings(), live_answers=50, abandoned=2)
    assert room.budget.spent
    room.begin_day()
    assert (room.budget.live, room.budget.lost, room.budget.spent) == (0, 0, False)


@pytest.mark.parametrize("target", [0.0, 0.031])
def test_no_campaign_may_lose_more_than_three_in_a_hundred(target: float) -> None:
    with pytest.raises(ValueError, match="3%以下"):
        RoomPacer(target, Timings())


def test_the_first_three_losses_may_come_one_ahead() -> None:
    allowed = [DayBudget(0.01, live).allowed for live in (0, 99, 100, 199, 200, 300, 399, 400)]
    assert allowed == [1, 1, 2, 2, 3, 3, 3, 4]


def test_it_tells_how_many_answers_are_missing() -> None:
    for live in range(0, 700, 7):
        for lost in range(9):
            budget = DayBudget(0.01, live, lost)
            missing = budget.live_until_allowed
            assert (missing > 0) == budget.spent
            assert not DayBudget(0.01, live + missing, lost).spent
            if missing > 1:
                assert DayBudget(0.01, live + missing - 1, lost).spent


class _Caller:
    """A floor on which every second answer is lost, whatever is done: the worst of days."""

    def __init__(self, room: RoomPacer) -> None:
        self.room = room
        self.decided: list[bool] = []

    def answer(self, lost: bool) -> None:
        self.room.answered()
        if lost:
            self.room.abandoned()
        self.decided.append(self.room.decide(floor(6)).dial > 6)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.booleans(), max_size=60), st.sampled_from([0.01, 0.03]))
def test_the_budget_is_never_overspent_twice_in_a_row(losses: list[bool], target: float) -> None:
    """Nothing is risked while the day's losses are at what is allowed, whatever comes; and then only one more at a time."""
    caller = _Caller(RoomPacer(target, Timings()))
    for lost in losses:
        caller.answer(lost)
        budget = caller.room.budget
        assert caller.decided[-1] == (budget.lost < budget.allowed)
        assert budget.allowed <= max(target * budget.live, min(target * budget.live + 1, 3.0)) + 1e-9


def test_a_shift_that_begins_loses_no_larger_share_than_the_rest_of_the_day() -> None:
    """Ten ready, nobody talking: of all answers to so many dials at once at most the target comes beyond the tenth."""
    decision = RoomPacer(0.01, Timings()).decide(floor(10, candidates=200))
    answers = np.arange(decision.dial + 1)
    lost = (binom.pmf(answers, decision.dial, 0.35) * np.maximum(answers - 10, 0)).sum()
    assert decision.dial > 10
    assert lost / (0.35 * decision.dial) < 0.01

"""Properties of the hazard policy, on floors of any kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing import AgentView, CallView, FloorView, HazardPacer, Timings

NOW = 1000.0
_TIMINGS = Timings()
ages = st.floats(0.0, 400.0)
pulls = st.sampled_from([None, None, 10.0])
busy = st.builds(
    lambda state, age, pull: AgentView(state, NOW - age, pull), st.sampled_from(["talking", "wrapup"]), ages, pulls
)
ringing = st.builds(lambda age, p: CallView("c", NOW - age, p), st.floats(0.0, 35.0), st.floats(0.02, 0.9))
waiting = st.builds(
    lambda age, p: CallView("w", NOW - 10 - age, p, "waiting", NOW - age), st.floats(0.0, 2.0), st.floats(0.02, 0.9)
)
calls = st.one_of(ringing, ringing, ringing, waiting)


@st.composite
def floors(draw: Any) -> FloorView:
    agents = [AgentView("ready", NOW - 5.0)] * draw(st.integers(0, 6)) + draw(st.lists(busy, max_size=10))
    p = draw(st.floats(0.05, 0.8))
    claims = draw(st.lists(st.floats(NOW, NOW + 60.0), max_size=2))
    return FloorView(NOW, agents, draw(st.lists(calls, max_size=12)), [p] * 60, claims)


thetas = st.sampled_from([0.01, 0.03])
many = settings(derandomize=True, max_examples=60, deadline=None)


def dials(floor: FloorView, target: float = 0.03) -> int:
    return HazardPacer(target, 2.0, _TIMINGS).decide(floor).dial


@many
@given(floors(), thetas)
def test_one_more_ready_operator_never_means_fewer_dials(floor: FloorView, target: float) -> None:
    more = replace(floor, agents=[*floor.agents, AgentView("ready", NOW)])
    assert dials(more, target) >= dials(floor, target)


@many
@given(floors(), busy, thetas)
def test_one_more_busy_operator_never_means_fewer_dials(floor: FloorView, agent: AgentView, target: float) -> None:
    assert dials(replace(floor, agents=[*floor.agents, agent]), target) >= dials(floor, target)


@many
@given(floors(), calls, thetas)
def test_one_more_call_never_means_more_dials(floor: FloorView, call: CallView, target: float) -> None:
    assert dials(replace(floor, calls=[*floor.calls, call]), target) <= dials(floor, target)


@many
@given(floors(), st.floats(NOW, NOW + 40.0), thetas)
def test_a_booked_recall_never_means_more_dials(floor: FloorView, claim: float, target: float) -> None:
    assert dials(replace(floor, claims=[*floor.claims, claim]), target) <= dials(floor, target)


@many
@given(floors(), st.floats(1.0, 1.3), thetas)
def test_numbers_that_answer_more_often_never_mean_more_dials(floor: FloorView, times: float, target: float) -> None:
    better = [min(p * times, 1.0) for p in floor.candidate_probabilities]
    assert dials(replace(floor, candidate_probabilities=better), target) <= dials(floor, target)


@many
@given(floors())
def test_a_stricter_target_never_means_more_dials(floor: FloorView) -> None:
    assert dials(floor, 0.01) <= dials(floor, 0.03)


@many
@given(floors(), st.randoms(use_true_random=False))
def test_the_order_of_operators_and_calls_means_nothing(floor: FloorView, rng: Any) -> None:
    agents, in_flight = list(floor.agents), list(floor.calls)
    rng.shuffle(agents)
    rng.shuffle(in_flight)
    assert dials(replace(floor, agents=agents, calls=in_flight)) == dials(floor)


@many
@given(floors(), ages)
def test_paused_operators_count_for_nothing(floor: FloorView, age: float) -> None:
    paused = AgentView("paused", NOW - age, 10.0)
    assert dials(replace(floor, agents=[paused, *floor.agents, paused])) == dials(floor)


@many
@given(floors())
def test_who_does_not_consent_is_never_taken_out_of_a_wrapup(floor: FloorView) -> None:
    """Without consent nobody is free earlier; with everybody's consent there are as many dials or more."""
    nobody = replace(floor, agents=[replace(agent, pull_after=None) for agent in floor.agents])
    all_of_them = replace(floor, agents=[replace(agent, pull_after=10.0) for agent in floor.agents])
    assert dials(nobody) <= dials(floor) <= dials(all_of_them)


def test_an_operator_in_wrapup_counts_as_ready_only_with_consent() -> None:
    def in_wrapup(pull_after: float | None) -> FloorView:
        return FloorView(NOW, [AgentView("wrapup", NOW - 21.0, pull_after)] * 4, [], [0.35] * 20)

    ready = FloorView(NOW, [AgentView("ready", NOW)] * 4, [], [0.35] * 20)
    assert dials(in_wrapup(10.0)) == dials(ready)
    assert dials(in_wrapup(None)) < dials(ready)


@many
@given(floors())
def test_the_reason_is_one_line(floor: FloorView) -> None:
    decision = HazardPacer(0.03, 2.0, _TIMINGS).decide(floor)
    assert decision.cancel == ()
    assert decision.reason
    assert "\n" not in decision.reason
    assert 0 <= decision.dial <= len(floor.candidate_probabilities)


def test_the_reason_names_the_figures() -> None:
    floor = FloorView(NOW, [AgentView("ready", NOW)] * 10, [], [0.35] * 60)
    decision = HazardPacer(0.01, 2.0, _TIMINGS).decide(floor)
    assert decision.reason.startswith("予測: 待機 10 席、呼出 0 件。30秒の見込み: 空く席 0.0、応答 0.0 件。")
    assert decision.reason.endswith(f"{decision.dial} 件を発信")
    empty = replace(floor, candidate_probabilities=[])
    assert "発信できる番号がない" in HazardPacer(0.01, 2.0, _TIMINGS).decide(empty).reason


def test_answers_loosen_and_losses_tighten() -> None:
    floor = FloorView(NOW, [AgentView("ready", NOW)] * 10, [], [0.35] * 90)
    pacer = HazardPacer(0.03, 2.0, _TIMINGS, 0.1)
    before = pacer.decide(floor).dial
    for _ in range(10):
        pacer.abandoned()
    strict = pacer.decide(floor).dial
    assert strict < before
    for _ in range(600):
        pacer.answered()
    assert pacer.decide(floor).dial > strict


def test_a_restart_goes_on_with_the_counts_of_the_day() -> None:
    bad, good = HazardPacer(0.03), HazardPacer(0.03)
    bad.resume(100, 12)
    good.resume(100, 0)
    assert bad.theta < HazardPacer(0.03).theta < good.theta


@pytest.mark.parametrize(("target", "patience", "eta"), [(0.0, 2.0, 0.1), (0.01, -1.0, 0.1), (0.01, 2.0, -0.1)])
def test_it_takes_shares_and_seconds_only(target: float, patience: float, eta: float) -> None:
    with pytest.raises(ValueError, match=r"negative|between 0 and 1"):
        HazardPacer(target, patience, _TIMINGS, eta)

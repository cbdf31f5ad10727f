"""The pacer's interface and one-to-one dialing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing import AgentView, CallView, FloorView, ProgressivePacer


def floor(ready: int, calls: int, candidates: int) -> FloorView:
    agents = [AgentView("ready", 0.0)] * ready + [AgentView("talking", 0.0), AgentView("wrapup", 0.0)]
    return FloorView(100.0, agents, [CallView(n, 90.0, 0.3) for n in range(calls)], [0.3] * candidates)


@given(st.integers(0, 30), st.integers(0, 40), st.integers(0, 40))
def test_one_call_for_each_ready_operator(ready: int, calls: int, candidates: int) -> None:
    decision = ProgressivePacer().decide(floor(ready, calls, candidates))
    assert decision.dial == min(max(ready - calls, 0), candidates)
    assert decision.cancel == ()


def test_the_reason_is_one_line() -> None:
    assert ProgressivePacer().decide(floor(3, 1, 9)).reason == "1対1: 待機 3 席、呼出・応答待ち 1 件、新たに 2 件を発信"

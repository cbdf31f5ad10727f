"""What the soak and the bench of real calls judge by, without a telephone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from dialer.pacing import AgentView, FloorView
from tsunagaru.trial.books import Balance, BookedCall, balance
from tsunagaru.trial.engine import AtMost
from tsunagaru.trial.rate import Rate, Rates
from tsunagaru.trial.soak import Held, Life, SoakPlan, SoakReport, _Floor

_EVEN = Balance(attempts=2, rung=1, open=0, no_result=0, rung_twice=0, rung_unbooked=0, answered_unrung=0)
_REPORT = SoakReport(_EVEN, 20.0, ("ami_cut",), (), 0.0, Held(5, 9), Held(5, 9))


def _booked(number: str, *, over: bool = True, result: str | None = "03", answered: bool = False) -> BookedCall:
    return BookedCall(number, over, result, answered)


def test_books_and_ledger_agree_also_where_a_call_never_reached_the_far_end() -> None:
    booked = [_booked("1", answered=True), _booked("1"), _booked("2")]
    assert balance(booked, Counter({"1": 2})).even


@pytest.mark.parametrize(
    ("booked", "rung", "what"),
    [
        ([_booked("1", over=False, result=None)], {"1": 1}, "open"),
        ([_booked("1", result=None)], {"1": 1}, "no_result"),
        ([_booked("1")], {"1": 2}, "rung_twice"),
        ([_booked("1")], {"1": 1, "2": 1}, "rung_unbooked"),
        ([_booked("1", answered=True)], {}, "answered_unrung"),
    ],
)
def test_whatever_does_not_agree_is_counted_under_its_name(
    booked: list[BookedCall], rung: dict[str, int], what: str
) -> None:
    found = balance(booked, Counter(rung))
    assert not found.even
    assert [
        name for name in ("open", "no_result", "rung_twice", "rung_unbooked", "answered_unrung") if getattr(found, name)
    ] == [what]


def test_growth_is_told_from_noise_and_from_warming_up() -> None:
    noise = [0.0, 0.5, -0.5, 0.25] * 10
    assert Life(1, [100 + 30 * (at < 5) + noise[at] for at in range(40)]).growth < 1
    assert Life(1, [100 + at + noise[at] for at in range(40)]).growth == pytest.approx(20, abs=1)
    assert Life(1, [100.0, 200.0]).growth == 0.0


def test_a_report_says_each_thing_that_is_not_as_it_must_be() -> None:
    assert _REPORT.failures() == []
    broken = replace(
        _REPORT,
        balance=replace(_EVEN, rung_twice=1),
        channels=("PJSIP/city-1",),
        growth_mib=50.0,
        after=Held(6, 20),
    )
    assert len(broken.failures()) == 5


def test_every_fault_of_the_plan_is_one_the_floor_knows() -> None:
    plan = SoakPlan.read(180, 60)
    assert {fault.name for fault in plan.faults} == {
        name for name in vars(_Floor) if name.endswith(("_cut", "_mute", "_killed"))
    }
    assert plan.floor["calls_a_second"] == 20


def test_no_more_than_so_many_calls_are_begun_in_a_second() -> None:
    pacer = AtMost(3)
    floor = FloorView(10.0, [AgentView("ready", 0.0)] * 5, [], [0.5] * 9)
    assert [pacer.decide(replace(floor, now=now)).dial for now in (10.0, 10.9, 11.0)] == [3, 0, 3]


def test_a_rate_is_good_only_where_nothing_was_lost() -> None:
    good = Rates(Rate(100, 1.0, {}), Rate(100, 1.5, {}), rung=200, unclosed=0)
    assert good.good
    assert not replace(good, unclosed=1).good
    assert not replace(good, rung=199).good
    assert not replace(good, whole=Rate(100, 2.6, {})).good

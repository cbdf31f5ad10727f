"""The baselines: a fixed ratio, and the adaptive dial level of PACING.md §3."""

from __future__ import annotations

import pytest

from dialer.pacing import AdaptiveLevelPacer, AdaptiveTerms, AgentView, CallView, FixedRatioPacer, FloorView
from dialer.pacing.adaptive_rules import hhmm_left, level_after, lines_wanted, tapered


def floor(now: float, ready: int, talking: int = 0, calls: int = 0) -> FloorView:
    agents = [AgentView("ready", 0.0)] * ready + [AgentView("talking", 0.0)] * talking
    return FloorView(now, agents, [CallView(n, now, 0.3) for n in range(calls)], [0.3] * 50)


def test_a_fixed_ratio_keeps_so_many_lines_for_each_ready_operator() -> None:
    assert FixedRatioPacer(2.5).decide(floor(0.0, 3, calls=2)).dial == 6
    assert FixedRatioPacer(2.5).decide(floor(0.0, 0, calls=2)).dial == 0
    with pytest.raises(ValueError, match="ratio"):
        FixedRatioPacer(0.5)


@pytest.mark.parametrize(
    ("ready", "waiting", "difference", "intensity", "expected"),
    [
        (4, 0, 0, 0, 1.4),
        (4, 0, 0, 50, 1.6),
        (0, 4, 0, 0, 1.0),
        (2, 0, -4, 50, 1.0),
        (0, 0, 2, 0, 1.2),
        (9, 0, 9, 0, 2.5),
    ],
)
def test_the_level_follows_who_is_ready(
    ready: float, waiting: float, difference: float, intensity: float, expected: float
) -> None:
    assert level_after(1.0, ready, waiting, 10.0, difference, intensity, 2.5) == pytest.approx(expected)


def test_below_the_wish_the_intensity_counts_the_other_way() -> None:
    """x = −0.4, I = 50: |0.5 − 1| = 0.5, level 2 · (1 − 0.2)."""
    assert level_after(2.0, 0.0, 4.0, 10.0, 0.0, 50.0, 3.0) == pytest.approx(1.6)


def test_the_level_multiplies_all_or_only_those_who_are_ready() -> None:
    assert lines_wanted(1.5, 4, 10, available_only=False) == 21
    assert lines_wanted(1.5, 4, 10, available_only=True) == 16


def test_near_the_end_hhmm_integers_are_subtracted_as_they_are() -> None:
    assert hhmm_left(2000, 13.5 * 3600) == 670
    assert (tapered(670), tapered(1200), tapered(-30)) == (0.67, 1.0, 0.0)


def test_it_samples_every_second_changes_every_fifteen_and_dials_every_two_and_a_half() -> None:
    pacer = AdaptiveLevelPacer(AdaptiveTerms(level_max=3.0))
    dialed = [pacer.decide(floor(float(second), 5, 5)).dial for second in range(31)]
    assert [second for second, dial in enumerate(dialed) if dial][:5] == [0, 3, 5, 8, 10]
    assert dialed[0] == 5
    assert pacer.level == pytest.approx(1.5**2)


def test_many_drops_tighten_it() -> None:
    pacer = AdaptiveLevelPacer(AdaptiveTerms(law="hard"))
    for second in range(15):
        pacer.decide(floor(float(second), 9, 1))
    for _ in range(60):
        pacer.answered()
    for _ in range(3):
        pacer.abandoned()
    pacer.decide(floor(15.0, 9, 1))
    assert pacer.level == 1.0

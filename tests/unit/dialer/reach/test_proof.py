"""The worth of the order, measured from the log by the random share."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dialer.reach.choice import choose
from dialer.reach.proof import LoggedPicks, prove


def logged(days: int, seed: int, *, share: float = 0.05, slope: float = 0.4) -> tuple[LoggedPicks, float]:
    """A log of `days` lists of 200 with 40 picks each, in order of true chance, and the true lift of the order."""
    rng = random.Random(seed)
    chances = np.linspace(0.1 + slope, 0.1, 200)
    rows, ordered, anyone = [], 0.0, 0.0
    for _ in range(days):
        waiting = chances.copy()
        for pick in choose(np.arange(200), share, rng, count=40):
            ordered += float(waiting.max())
            anyone += float(waiting.sum()) / pick.eligible
            waiting[pick.place] = 0.0
            rows.append((rng.random() < chances[pick.place], pick.propensity, pick.eligible, pick.top))
    return LoggedPicks.of(rows), ordered / anyone if rows else 1.0


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        picks, truth = logged(30, seed)
        proof = prove(picks)
        covered += proof.low <= truth <= proof.high
    assert 88 <= covered <= 99


def test_a_useful_order_is_known_to_be_useful() -> None:
    picks, truth = logged(120, 1)
    proof = prove(picks)
    assert proof.known
    assert proof.low > 1.0
    assert proof.lift == pytest.approx(truth, rel=0.15)
    assert "倍で多い" in proof.sentence


def test_an_order_without_worth_is_not_praised() -> None:
    picks, _ = logged(200, 2, slope=0.0)
    proof = prove(picks)
    assert proof.low < 1.0 < proof.high
    assert "多い" not in proof.sentence


@pytest.mark.parametrize("days", [0, 1, 2])
def test_little_is_not_yet_known(days: int) -> None:
    picks, _ = logged(days, 3)
    proof = prove(picks)
    assert not proof.known
    assert proof.sentence.startswith("まだ分からない")


def test_a_log_without_any_contact_is_not_yet_known() -> None:
    nobody = LoggedPicks.of([(False, 0.95, 10, True)] * 50 + [(False, 0.005, 10, False)] * 5)
    assert not prove(nobody).known

"""The threshold's law."""

from __future__ import annotations

import math
import random

import pytest

from dialer.pacing.threshold import (
    LEAST_THETA,
    LOG_THETA,
    MOST_LESS,
    MOST_MORE,
    MOST_THETA,
    after_answer,
    after_dials,
    after_loss,
    after_restart,
    threshold_at,
)


def test_answers_loosen_and_losses_tighten_as_the_house_rule_says() -> None:
    threshold = threshold_at(0.01, 2.0)
    assert math.exp(threshold[LOG_THETA]) == pytest.approx(0.01)
    for _ in range(100):
        after_answer(threshold, 0.01, 0.1)
    assert threshold[LOG_THETA] == pytest.approx(math.log(0.01) + 0.1)
    after_loss(threshold, 0.1)
    assert threshold[LOG_THETA] == pytest.approx(math.log(0.01))


def test_a_debt_weighs_twice_what_was_saved() -> None:
    saved, owed = threshold_at(0.01, 2.0), threshold_at(0.01, 2.0)
    after_restart(saved, 0.01, 0.1, 200, 0)
    after_restart(owed, 0.01, 0.1, 200, 4)
    assert saved[LOG_THETA] == pytest.approx(math.log(0.01) + 0.2)
    assert owed[LOG_THETA] == pytest.approx(math.log(0.01) - 0.4)


def test_it_stays_within_its_bounds() -> None:
    threshold = threshold_at(0.03, 2.0)
    for _ in range(500):
        after_dials(threshold, 0.03, 0.1, 0.0, 1.0)
    assert math.exp(threshold[LOG_THETA]) == pytest.approx(LEAST_THETA)
    for _ in range(5000):
        after_dials(threshold, 0.03, 0.1, 1.0, 0.0)
    assert math.exp(threshold[LOG_THETA]) == pytest.approx(MOST_THETA)


def test_hours_of_one_to_one_do_not_buy_hours_of_losses() -> None:
    """What was saved moves θ by a factor of two at most; what is owed by e², and it is paid back."""
    threshold = threshold_at(0.03, 2.0)
    for _ in range(5000):
        after_answer(threshold, 0.03, 0.1)
    assert math.exp(threshold[LOG_THETA]) == pytest.approx(0.03 * math.exp(MOST_MORE))
    for _ in range(5000):
        after_loss(threshold, 0.1)
    assert math.exp(threshold[LOG_THETA]) == pytest.approx(0.03 * math.exp(-MOST_LESS))


@pytest.mark.parametrize("bias", [0.7, 1.0, 1.8, 2.6])
@pytest.mark.parametrize("target", [0.01, 0.03])
def test_whatever_the_foreseeing_is_wrong_by_the_target_is_kept(bias: float, target: float) -> None:
    """A floor on which an answer dialed at θ is foreseen lost with θ/2, and really is with bias times that."""
    rng = random.Random(4)
    threshold = threshold_at(target, 2.0)
    lost = 0
    for _ in range(20_000):
        foreseen = math.exp(threshold[LOG_THETA]) / 2
        after_dials(threshold, target, 0.02, 1.0, foreseen)
        after_answer(threshold, target, 0.02)
        if rng.random() < min(bias * foreseen, 1.0):
            lost += 1
            after_loss(threshold, 0.02)
    assert lost / 20_000 == pytest.approx(target, rel=0.06)


def test_it_arrives_within_a_morning_of_a_small_room() -> None:
    """150 answers after a start at a third of where θ belongs; the law of counts alone would have moved it by a tenth."""
    threshold = threshold_at(0.03, 2.0)
    for _ in range(150):
        after_dials(threshold, 0.03, 0.02, 1.0, math.exp(threshold[LOG_THETA]) / 6)
    assert math.exp(threshold[LOG_THETA]) > 0.06

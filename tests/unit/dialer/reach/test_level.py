"""Today's level: chances follow what comes within a hundred calls, and stay what they were relative to one another."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.reach.level import LAST_STEP, Level

CHANCES = st.floats(0.01, 0.95)


def after(calls: int, modelled: float, true: float, seed: int = 1) -> Level:
    """A level that has seen so many calls of which a share `true` was answered, where the model said `modelled`."""
    rng, level = random.Random(seed), Level()
    for _ in range(calls):
        level.note(level.one(modelled), rng.random() < true)
    return level


def test_nothing_is_shifted_before_the_first_call() -> None:
    assert Level().one(0.37) == pytest.approx(0.37)


@pytest.mark.parametrize(("modelled", "true"), [(0.18, 0.34), (0.41, 0.32), (0.05, 0.3), (0.6, 0.1)])
def test_the_level_is_found_within_a_hundred_calls_and_kept(modelled: float, true: float) -> None:
    found = [after(100, modelled, true, seed).one(modelled) for seed in range(40)]
    assert np.mean(found) == pytest.approx(true, abs=0.05)
    later = [after(1000, modelled, true, seed).one(modelled) for seed in range(40)]
    assert np.mean(later) == pytest.approx(true, abs=0.02)
    assert np.std(later) < 0.05


def test_a_level_that_changes_is_followed() -> None:
    level, rng = after(500, 0.3, 0.4), random.Random(2)
    for _ in range(400):
        level.note(level.one(0.3), rng.random() < 0.2)
    assert level.one(0.3) == pytest.approx(0.2, abs=0.07)


@given(st.floats(-3, 3), CHANCES, CHANCES)
def test_the_order_of_chances_stays(shift: float, one: float, other: float) -> None:
    level = Level()
    level.shift = shift
    shifted = level.one(one), level.one(other)
    assert all(0 < chance < 1 for chance in shifted)
    assert (one <= other) == (shifted[0] <= shifted[1])


def test_one_call_moves_little_once_the_level_is_steady() -> None:
    level = after(2000, 0.3, 0.3)
    before = level.shift
    level.note(level.one(0.3), answered=True)
    assert level.shift - before == pytest.approx(LAST_STEP * (1 - after(2000, 0.3, 0.3).one(0.3)))

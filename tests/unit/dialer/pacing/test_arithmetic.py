"""The hazard policy's arithmetic against counting by hand."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing.arithmetic import answer_chances, dials_within, one_answer_more, operators_left, rows_of

chances = st.lists(st.floats(0.0, 1.0), max_size=5)


def left_by_counting(spare: int, frees: list[float], answers: list[float]) -> float:
    """P(D ≤ 0), every case one by one."""
    lost = 0.0
    events = [*frees, *answers]
    for came in product((0, 1), repeat=len(events)):
        probability = math.prod(p if c else 1 - p for p, c in zip(events, came, strict=True))
        if spare + sum(came[: len(frees)]) - sum(came[len(frees) :]) <= 0:
            lost += probability
    return lost


def column(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64).reshape(-1, 1)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(-3, 4), chances, chances)
def test_nobody_left_is_exact(spare: int, frees: list[float], answers: list[float]) -> None:
    left = operators_left(spare, column(frees), column(answers))
    assert left.sum() == pytest.approx(1.0)
    assert left[0, 0] == pytest.approx(left_by_counting(spare, frees, answers), abs=1e-12)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(-3, 4), chances, chances, st.floats(0.0, 1.0))
def test_one_answer_more_is_counted_like_those_before(
    spare: int, frees: list[float], answers: list[float], more: float
) -> None:
    left = operators_left(spare, column(frees), column(answers))
    one_answer_more(left, np.array([more]))
    assert left == pytest.approx(operators_left(spare, column(frees), column([*answers, more])))


def test_dials_stop_where_one_more_would_be_lost_too_often() -> None:
    """One operator, answers certain and at once: one dial; with two operators two; a coin each: by binomial."""
    answered, weights = np.array([1.0]), np.array([1.0])
    for ready in (0, 1, 2):
        left = operators_left(ready, column([]), column([]))
        assert dials_within(left, np.ones(9), answered, weights, 0.01)[0] == ready
    left = operators_left(2, column([]), column([]))
    dial, hazard, answers, losses = dials_within(left, np.full(9, 0.5), answered, weights, 0.3)
    assert dial == 3
    assert hazard == pytest.approx(0.5)
    assert answers == pytest.approx(1.5)
    assert losses == pytest.approx(0.5 * 0.25)


def test_a_dial_that_has_rung_long_is_less_likely_to_be_answered() -> None:
    """Answers all come within 10 s, releases at 30 s: at age 20 nobody will answer, at age 0 p will."""
    answered = np.array([[1.0], [0.0]])
    chance = answer_chances(np.array([0.4, 0.4]), answered, np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    assert chance[:, 0] == pytest.approx([0.4, 0.0])


def test_ages_beyond_the_table_take_its_last_row() -> None:
    assert rows_of(np.array([-1.0, 0.1, 0.3, 99.0]), 0.25, np.array([0, 0, 0, 40]), 10).tolist() == [0, 0, 1, 49]

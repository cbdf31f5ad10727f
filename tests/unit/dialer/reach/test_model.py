"""The reach model: what calls tell of a number, of its household, and of nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst
from dialer.reach import LANDLINE, MOBILE, NOT_KNOWN, Attempts, Candidates, Moments, ReachModel

_CALENDAR = OfficeCalendar()
_MONDAY = date(2026, 10, 5)
_EVENING, _MORNING = at_jst(_MONDAY, 19), at_jst(_MONDAY, 10)
# Persons 0 and 1 live together, 2 alone; each has a number of his own.
_PEOPLE = Candidates.of([0, 1, 2], [0, 0, 1], [0, 1, 2], [LANDLINE, MOBILE, MOBILE])

Call = tuple[int, int, int, int]
"""Person, hours before the Monday, result, right party."""


def _attempts(calls: Sequence[Call]) -> Attempts:
    clock = Moments.at([_MORNING], _CALENDAR).clock[0] - 60 * np.array([before for _, before, _, _ in calls], np.int64)
    when = Moments.on(clock // 1440, clock % 1440, _CALENDAR)
    person = np.array([who for who, _, _, _ in calls], np.int64)
    right = [right if result == 1 else NOT_KNOWN for _, _, result, right in calls]
    return Attempts.of(when, _PEOPLE[person], [result for _, _, result, _ in calls], right)


def _model(calls: Sequence[Call]) -> ReachModel:
    model = ReachModel(_CALENDAR)
    if calls:
        model.learn(_attempts(calls))
    return model


def _live(calls: Sequence[Call], at: datetime = _EVENING) -> np.ndarray:
    return _model(calls).chances(_PEOPLE, at)[0]


_RESULTS = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14])
_CALLS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 2000), _RESULTS, st.sampled_from([0, 1, NOT_KNOWN])), max_size=12
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(_CALLS)
def test_chances_are_chances_and_the_right_party_is_one_who_answers(calls: list[Call]) -> None:
    live, right = _model(calls).chances(_PEOPLE, _EVENING)
    assert ((live > 0) & (live < 1) & (right > 0) & (right <= live)).all()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(_CALLS, st.randoms(use_true_random=False))
def test_the_order_in_which_calls_are_told_does_not_matter(calls: list[Call], rng: object) -> None:
    shuffled = list(calls)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    np.testing.assert_allclose(_live(calls), _live(shuffled), rtol=1e-4)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(_CALLS)
def test_one_call_at_a_time_is_the_same_as_all_at_once(calls: list[Call]) -> None:
    at_once = _model(calls)
    one_by_one = ReachModel(_CALENDAR)
    for call in sorted(calls, key=lambda call: (-call[1], call[2])):
        one_by_one.learn(_attempts([call]))
    for ours, theirs in zip(one_by_one.chances(_PEOPLE, _EVENING), at_once.chances(_PEOPLE, _EVENING), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(_CALLS, st.integers(0, 2))
def test_one_answer_more_at_seven_never_makes_seven_worse(calls: list[Call], who: int) -> None:
    # 15 h before Monday 10 h is Sunday 19 h; so go back to Friday's 19 h.
    friday_evening = 15 + 48
    earlier = [call for call in calls if call[1] > friday_evening]
    assert _live([*earlier, (who, friday_evening, 1, NOT_KNOWN)])[who] >= _live(earlier)[who] - 1e-6


@pytest.mark.parametrize("result", [5, 6, 9, 10, 12, 15])
def test_what_is_no_try_tells_nothing_of_the_household(result: int) -> None:
    np.testing.assert_allclose(_live([(1, 15, result, NOT_KNOWN)])[[0, 2]], _live([])[[0, 2]])


def test_a_dead_number_is_not_expected_to_answer_until_it_does() -> None:
    dead = [(2, 70, 5, NOT_KNOWN)]
    assert _live(dead)[2] < 0.01
    assert _live([*dead, (2, 40, 3, NOT_KNOWN)])[2] > 0.05


def test_misses_in_the_morning_speak_for_the_evening() -> None:
    missed = [(2, 24 * days, 3, NOT_KNOWN) for days in (3, 4, 5, 6)]
    before, after = _model([]), _model(missed)
    ratio = [
        model.chances(_PEOPLE, _EVENING)[0][2] / model.chances(_PEOPLE, _MORNING)[0][2] for model in (before, after)
    ]
    assert ratio[1] > 1.2 * ratio[0]


def test_a_household_shares_what_its_numbers_tell() -> None:
    answered_by_day = [(0, 24 * days, 1, 0) for days in (3, 4, 5, 6)]
    assert _live(answered_by_day, _MORNING)[1] > _live([], _MORNING)[1]
    assert _live(answered_by_day, _MORNING)[2] == pytest.approx(_live([], _MORNING)[2])


def test_busy_is_somebody_at_home_and_switched_off_is_nobody() -> None:
    assert _live([(2, 24 * 3, 2, NOT_KNOWN)], _MORNING)[2] > _live([], _MORNING)[2]
    assert _live([(2, 24 * 3, 7, NOT_KNOWN)], _MORNING)[2] < _live([(2, 24 * 3, 3, NOT_KNOWN)], _MORNING)[2] + 0.02


def test_who_answered_is_learned_when_it_becomes_known() -> None:
    at_once, later = _model([(2, 30, 1, 1)]), _model([(2, 30, 1, NOT_KNOWN)])
    later.learn_right_party(_attempts([(2, 30, 1, 1)]))
    for ours, theirs in zip(later.chances(_PEOPLE, _EVENING), at_once.chances(_PEOPLE, _EVENING), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    wrong = _model([(2, 30 + 24 * day, 1, 0) for day in range(3)])
    assert wrong.chances(_PEOPLE, _EVENING)[1][2] < 0.5 * at_once.chances(_PEOPLE, _EVENING)[1][2]


def test_what_was_told_long_ago_counts_less() -> None:
    lately = [(2, 24 * days, 3, NOT_KNOWN) for days in (3, 4, 5, 6)]
    long_ago = [(2, 24 * (days + 364), 3, NOT_KNOWN) for days in (3, 4, 5, 6)]
    assert _live(lately, _MORNING)[2] < _live(long_ago, _MORNING)[2] < _live([], _MORNING)[2]


def test_evidence_is_a_sentence() -> None:
    model = _model([(2, 63, 1, 1), (2, 63 + 24, 1, 1), (2, 63 + 48, 3, 0), (2, 72, 3, 0)])
    assert model.evidence(2, _EVENING) == "平日18–20時 3回中2回応答、全体 4回中2回応答"
    assert model.evidence(2, at_jst(_MONDAY, 15)) == "平日14–16時は初めて、全体 4回中2回応答"
    assert "まだありません" in model.evidence(0, _EVENING)
    assert model.best_parts(2)[0].sentence == "平日18–20時 3回中2回応答"


def test_draws_are_as_likely_as_they_are() -> None:
    model = _model([(2, 63, 1, 1), (0, 40, 3, 0)])
    many = Candidates.of([2] * 4000, [1] * 4000, [2] * 4000, [MOBILE] * 4000)
    slots = Moments.at([_EVENING], _CALENDAR)
    drawn, right = model.draw(many, slots, np.random.default_rng(3))
    live, mean_right = model.chances_by_slot(_PEOPLE, slots)
    assert drawn.mean() == pytest.approx(live[2, 0], abs=0.02)
    assert right.mean() == pytest.approx(mean_right[2, 0], abs=0.02)
    assert drawn.std() == pytest.approx(model.spread(_PEOPLE, _EVENING)[2], rel=0.1)

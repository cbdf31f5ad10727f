"""The nightly rebuild: it finds a city's habits again, and forgets nothing a single number told."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst
from dialer.reach import LANDLINE, MOBILE, Attempts, Candidates, Moments, ReachModel
from dialer.reach.effects import Effects
from dialer.reach.habits import first_beliefs

_CALENDAR = OfficeCalendar()
_FIRST = date(2026, 7, 1)
_NUMBERS = 600


def _city(calls: int = 12_000, days: int = 40) -> tuple[Candidates, Attempts, np.ndarray]:
    """Two kinds of people: half take calls by day and never in the evening, half the other way round; by district."""
    rng = np.random.default_rng(5)
    people = np.arange(_NUMBERS)
    by_day = people % 2 == 0
    whom = Candidates.of(people, people, people, np.full(_NUMBERS, MOBILE), district=np.where(by_day, 1, 2))
    who = rng.integers(0, _NUMBERS, calls)
    day = _FIRST.toordinal() + rng.integers(0, days, calls)
    minute = rng.choice([10, 14, 18, 19], calls) * 60
    chance = np.where((minute < 17 * 60) == by_day[who], 0.55, 0.06)
    answered = rng.random(calls) < chance
    right = np.where(answered, rng.random(calls) < 0.9, -1)
    attempts = Attempts.of(Moments.on(day, minute, _CALENDAR), whom[who], np.where(answered, 1, 3), right)
    return whom, attempts, by_day


@pytest.fixture(scope="module")
def city() -> tuple[Candidates, ReachModel, np.ndarray, Attempts]:
    whom, attempts, by_day = _city()
    model = ReachModel(_CALENDAR)
    model.fit(attempts, at_jst(date(2026, 8, 11)))
    return whom, model, by_day, attempts


_City = tuple[Candidates, ReachModel, np.ndarray, Attempts]
_MORNING, _EVENING = at_jst(date(2026, 8, 12), 10), at_jst(date(2026, 8, 12), 19)


def test_who_takes_calls_when_is_found(city: _City) -> None:
    whom, model, by_day, _ = city
    for at, high in ((_MORNING, by_day), (_EVENING, ~by_day)):
        live, right = model.chances(whom, at)
        assert live[high].mean() == pytest.approx(0.55, abs=0.06)
        assert live[~high].mean() == pytest.approx(0.06, abs=0.05)
        assert right[high].mean() == pytest.approx(0.55 * 0.9, abs=0.07)


def test_a_newcomer_is_taken_for_one_of_his_district(city: _City) -> None:
    _, model, _, _ = city
    new = Candidates.of([9001, 9002], [9001, 9002], [9001, 9002], [MOBILE, MOBILE], district=[1, 2])
    by_day, by_evening = model.chances(new, _MORNING)[0]
    assert by_day > 2 * by_evening


def test_a_rebuild_and_calls_learned_one_hour_at_a_time_come_to_the_same(city: _City) -> None:
    whom, model, _, attempts = city
    hourly = ReachModel(_CALENDAR, model.beliefs)
    order = np.argsort(attempts.when.clock, kind="stable")
    for part in np.array_split(order, 300):
        hourly.learn(attempts[part])
    for ours, theirs in zip(hourly.chances(whom, _EVENING), model.chances(whom, _EVENING), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=5e-3, atol=1e-4)


def test_the_same_calls_give_the_same_city(city: _City) -> None:
    whom, model, _, attempts = city
    again = ReachModel(_CALENDAR)
    again.fit(attempts, at_jst(date(2026, 8, 11)))
    np.testing.assert_array_equal(again.chances(whom, _EVENING)[1], model.chances(whom, _EVENING)[1])


def test_only_what_happened_before_counts(city: _City) -> None:
    whom, _, _, attempts = city
    model = ReachModel(_CALENDAR)
    model.fit(attempts, at_jst(_FIRST))
    for each in fields(Effects):
        np.testing.assert_array_equal(getattr(model.beliefs.effects, each.name), 1.0)
    np.testing.assert_array_equal(model.beliefs.near, first_beliefs().near)
    assert model.tries(whom.phone).sum() == 0


def test_a_letter_that_helps_is_noticed() -> None:
    rng = np.random.default_rng(8)
    calls = 20_000
    who = rng.integers(0, 1000, calls)
    fresh = rng.random(calls) < 0.3
    days = np.where(fresh, 2, 30)
    called = Candidates.of(who, who, who, np.full(calls, LANDLINE), letter_days=days)
    answered = rng.random(calls) < np.where(fresh, 0.36, 0.24)
    when = Moments.on(_FIRST.toordinal() + rng.integers(0, 20, calls), rng.integers(9, 17, calls) * 60, _CALENDAR)
    model = ReachModel(_CALENDAR)
    model.fit(Attempts.of(when, called, np.where(answered, 1, 3), np.full(calls, -1)), at_jst(date(2026, 8, 1)))
    assert model.beliefs.effects.letter[1] == pytest.approx(1.5, abs=0.15)
    assert model.beliefs.effects.letter[2] == 1.0
    soon = Candidates.of([0], [0], [0], [LANDLINE], letter_days=[-2])
    slots = Moments.on(np.array([1, 3]) + date(2026, 8, 3).toordinal(), np.array([600, 600]), _CALENDAR)
    before, after = model.chances_by_slot(soon, slots)[0][0]
    assert after > 1.3 * before

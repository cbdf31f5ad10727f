"""What a number does at its own hours, beyond its kind of household."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np

from casefile.calendar import OfficeCalendar
from casefile.clock import JST
from dialer.reach import MOBILE, Attempts, Candidates, Moments, ReachModel
from dialer.reach.habits import KINDS, first_beliefs
from dialer.reach.own_hours import OWN_WEIGHT, own_factors
from dialer.reach.tallies import Tallies

MONDAY = date(2026, 9, 7).toordinal()
CALENDAR = OfficeCalendar()
MORNING, EVENING = 10, 19


def calls(hour: int, results: list[int], phone: int = 0) -> Attempts:
    """One a week on Mondays at this hour."""
    count = len(results)
    who = np.full(count, phone)
    when = Moments.on(MONDAY + 7 * np.arange(count), np.full(count, 60 * hour), CALENDAR)
    return Attempts.of(when, Candidates.of(who, who, who, np.full(count, MOBILE)), results, np.array(results) == 1)


def factors(tallies: Tallies, phone: int = 0) -> tuple[float, float]:
    """On a weekday morning and evening."""
    weights = np.full((1, KINDS), 0.5 / KINDS)
    slots = np.array([MORNING, EVENING])
    found = own_factors(first_beliefs(), tallies, np.array([phone]), np.array([MOBILE]), weights, slots)
    return float(found[0, 0]), float(found[0, 1])


def test_a_number_never_tried_is_like_its_kind() -> None:
    assert factors(Tallies()) == (1.0, 1.0)


def test_answers_beyond_the_kind_raise_their_part_of_the_week_and_no_other() -> None:
    tallies = Tallies()
    tallies.add(calls(EVENING, [1, 1, 1, 1]))
    morning, evening = factors(tallies)
    assert morning == 1.0
    assert 1.0 < evening < (4 + OWN_WEIGHT) / OWN_WEIGHT
    assert factors(tallies, phone=1) == (1.0, 1.0)


def test_misses_lower_it_and_every_answer_raises_it() -> None:
    found = []
    for answers in range(5):
        tallies = Tallies()
        tallies.add(calls(MORNING, [1] * answers + [3] * (4 - answers)))
        found.append(factors(tallies)[0])
    assert found[0] < 1.0
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_the_model_uses_it_for_this_number_at_these_hours() -> None:
    model = ReachModel(CALENDAR)
    model.learn(calls(MORNING, [1, 3] * 4))
    model.learn(calls(EVENING, [1, 3] * 4, phone=1))
    both = Candidates.of([0, 1], [0, 1], [0, 1], [MOBILE, MOBILE])
    morning, evening = (model.chances(both, datetime(2026, 11, 9, hour, tzinfo=JST))[0] for hour in (MORNING, EVENING))
    assert morning[0] > morning[1]
    assert evening[1] > evening[0]

"""How close a city of a kind comes to what was published: 国税庁's answer rates after misses, and the evening of the survey.

Exact expectation over many households, no calls are made: the weight of a number is its chance of having missed so often in office hours
(DOMAIN.md §2.8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.city import SHAPE_SHARES, TWO_EARNER_SHARES, drawn_habits, segments
from rehearsal.reach_cities.hours import SATURDAY, SUNDAY, WEEKDAY, every_hour
from rehearsal.reach_cities.households import found_households

PUBLISHED = {2: (23.0, 34.0, 41.2), 3: (14.7, 26.4, 28.6)}
"""Percent answered on a weekday, a Saturday, a Sunday after so many unanswered weekday calls (国税庁, FY2005)."""

Reals = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Measured:
    """`after`: as PUBLISHED; `evening`: percent of weekday calls answered by anybody at 18, 19 and 20 h; `first`: of a first weekday
    call, by anybody and by the right party."""

    after: dict[int, tuple[float, float, float]]
    evening: tuple[float, float, float]
    first: tuple[float, float]


def measured(name: str, seed: int = 1, households: int = 6000) -> Measured:
    """What a city of this name shows; numbers that are dead are left out, days away are not."""
    hours = every_hour()
    live, right = _chances(name, seed, households)
    office = (hours.kind == WEEKDAY) & (hours.hour < 17) & (hours.hour != 12)
    by_day = live[:, office].mean(axis=1)
    weekend = live[:, hours.kind == SATURDAY].mean(axis=1), live[:, hours.kind == SUNDAY].mean(axis=1)
    after = {}
    for misses in PUBLISHED:
        weight = (1 - by_day) ** misses
        monday, saturday, sunday = (float(100 * (weight @ rate) / weight.sum()) for rate in (by_day, *weekend))
        after[misses] = (monday, saturday, sunday)
    evening = [float(100 * live[:, (hours.kind == WEEKDAY) & (hours.hour == hour)].mean()) for hour in (18, 19, 20)]
    first = (float(100 * by_day.mean()), float(100 * right[:, office].mean()))
    return Measured(after, (evening[0], evening[1], evening[2]), first)


def _chances(name: str, seed: int, households: int) -> tuple[Reals, Reals]:
    rng = np.random.default_rng(seed)
    shares = TWO_EARNER_SHARES if name == "correlated" else SHAPE_SHARES
    roster = found_households(households, shares, rng)
    hours, live, right = every_hour(), [], []
    for shape, age in segments():
        count = int(((roster.shape == shape) & (roster.age == age)).sum())
        habits = drawn_habits(name, rng, shape, age, count, hours)
        there = (1 - habits.away)[:, None, None]
        live.append((habits.live * there).reshape(-1, len(hours)))
        right.append((habits.right * there).reshape(-1, len(hours)))
    return np.concatenate(live), np.concatenate(right)

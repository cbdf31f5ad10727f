"""What all generators draw alike: how willingly unknown numbers are answered, and who else is at home."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.households import Shape
from rehearsal.reach_cities.weeks import SHARES_BY_AGE

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

NEVER_ANSWER = 0.19
"""People who take up no number they do not know, or hardly ever."""


def willingness(rng: np.random.Generator, count: int) -> Floats:
    """(count, 2) of two adults: most answer nearly always, some never; spouses are alike in half of the houses."""
    never = rng.random((count, 2)) < NEVER_ANSWER
    same = rng.random(count) < 0.5
    never[same, 1] = never[same, 0]
    values = np.where(never, rng.uniform(0.0, 0.06, (count, 2)), rng.beta(9.0, 1.6, (count, 2)))
    return values.astype(np.float32)


def kinds_of_week(rng: np.random.Generator, age: int, count: int, people: int = 2) -> Whole:
    """(count, people) places in `WEEKS`."""
    return rng.choice(SHARES_BY_AGE.shape[1], size=(count, people), p=SHARES_BY_AGE[age])


def second_adult(rng: np.random.Generator, shape: Shape, age: int, count: int) -> npt.NDArray[np.bool_]:
    """Whether there is one: always in a house of two debtors, seldom where only a mobile is known."""
    share = {Shape.MOBILE_ONLY: 0.35, Shape.FIXED_ONLY: 0.55, Shape.BOTH: 0.7, Shape.TWO_DEBTORS: 1.0}[shape]
    return rng.random(count) < (share if age != 2 else max(share - 0.1, 0.3) if share < 1 else 1.0)


def family_at_home(rng: np.random.Generator, home: Floats) -> Floats:
    """(count, t): a child or parent takes up the fixed line, in one house of five, where it is likelier when adults are home."""
    has = (rng.random(len(home)) < 0.2)[:, None]
    return np.where(has, 0.10 + 0.15 * home.mean(axis=1), 0.0).astype(np.float32)

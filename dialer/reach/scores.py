"""How good chances were that came true or not: log loss, Brier score, calibration, with intervals by bootstrap over days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialer.reach.slots import Flags, Floats, Ints

BINS = 10
DRAWS = 2000
_SEED = 20_270_201
"""Of the bootstrap: the same log gives the same interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Calls whose chance lay between `low` and `high`: how many, the mean chance, the share that came true."""

    low: float
    high: float
    calls: int
    chance: float
    happened: float


def log_losses(chance: Floats, happened: Flags) -> Floats:
    """-log of the chance that was given to what came, in nats, each call's own."""
    inside = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(-np.log(np.where(happened, inside, 1 - inside)))


def brier(chance: Floats, happened: Flags) -> float:
    """Mean squared distance of the chance from what came."""
    return float(((chance - happened) ** 2).mean())


def over_days(values: Floats, day: Ints) -> Interval:
    """The mean of a value per call, its interval by drawing days with replacement: calls of a day share its weather."""
    _, where = np.unique(day, return_inverse=True)
    sums, counts = np.bincount(where, weights=values), np.bincount(where)
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1.0 / len(sums)), size=DRAWS)
    means = (drawn @ sums) / np.maximum(drawn @ counts, 1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(values.mean()), float(low), float(high))


def calibration(chance: Floats, happened: Flags) -> list[Bin]:
    """Ten bins of equal width; those without calls are left out."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    found = []
    for number in range(BINS):
        inside = place == number
        if inside.any():
            rate = float(happened[inside].mean())
            found.append(Bin(number / BINS, (number + 1) / BINS, int(inside.sum()), float(chance[inside].mean()), rate))
    return found

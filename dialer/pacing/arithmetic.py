"""The hazard policy's arithmetic (PACING.md §4): pure functions over arrays, without objects.

The reference world compiles these very functions, so they keep to what a compiler of numpy understands, and know no other
module. Columns are horizons; a `chance` is one probability for each horizon.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_THETA = 1e-4
MOST_THETA = 0.9


def rows_of(ages: Floats, step: float, first: Ints, count: int) -> Ints:
    """Rows of a table for these ages (seconds), by each one's first row."""
    return first + np.minimum((np.maximum(ages, 0.0) / step + 0.5).astype(np.int64), count - 1)


def answer_chances(probability: Floats, answered: Floats, unanswered: Floats, held: Floats) -> Floats:
    """a_j(s) = p·[Fa(e+s) − Fa(e)] ÷ (p·[1 − Fa(e)] + (1 − p)·[1 − Fn(e)]): answered within s, given it still rings at e."""
    still = probability * unanswered + (1.0 - probability) * held
    return np.minimum(probability.reshape(-1, 1) * answered / np.maximum(still, 1e-9).reshape(-1, 1), 1.0)


def counted(chances: Floats, room: int) -> Floats:
    """Distribution of how many of these come true, in the first len(chances) + 1 of `room` rows (exact Poisson-binomial)."""
    spread = np.zeros((room, chances.shape[1]))
    spread[0] = 1.0
    for number in range(len(chances)):
        one_more(spread, number + 1, chances[number])
    return spread


def one_more(spread: Floats, top: int, chance: Floats) -> None:
    """Count one more event into the distribution, in place; `top`: how many there are then."""
    spread[1 : top + 1] = spread[1 : top + 1] * (1.0 - chance) + spread[:top] * chance
    spread[0] = spread[0] * (1.0 - chance)


def nobody_left(spread: Floats, top: int, spare: Floats) -> Floats:
    """P(D ≤ 0) for each horizon, D = spare + what is counted in `spread`."""
    counts = np.arange(top + 1).astype(np.float64).reshape(-1, 1)
    chance: Floats = (spread[: top + 1] * (counts <= -spare.reshape(1, -1))).sum(axis=0)
    return chance


def dials_within(
    spread: Floats, top: int, spare: Floats, new_answers: Floats, weights: Floats, theta: float
) -> tuple[int, float, float]:
    """How many dials more keep the loss probability of the last one at most θ.

    Gives their number, the loss probability of the one that was too much (or of the last), and the sum over those launched.
    G = Σ w_s·P(D_s ≤ 0). A dial takes one from D where it is answered: counted as one operator less, and one more where it
    is not. `spread` is used up and needs len(new_answers) rows more than it has counted.
    """
    left = spare.copy()
    expected = 0.0
    hazard = 1.0
    for number in range(len(new_answers)):
        hazard = (weights * nobody_left(spread, top, left)).sum()
        if hazard > theta:
            return number, hazard, expected
        expected += hazard
        top += 1
        left = left - 1.0
        one_more(spread, top, 1.0 - new_answers[number])
    return len(new_answers), hazard, expected


def theta_after_answer(log_theta: float, eta: float, target: float) -> float:
    """log θ += η·target at each live answer, clipped to [1e−4, .9]."""
    return min(log_theta + eta * target, math.log(MOST_THETA))


def theta_after_loss(log_theta: float, eta: float) -> float:
    """log θ −= η at each abandonment, clipped to [1e−4, .9]."""
    return max(log_theta - eta, math.log(LEAST_THETA))

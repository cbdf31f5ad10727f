"""The hazard policy's arithmetic (PACING.md §4): pure functions over arrays, without objects.

The reference world compiles these very functions, so they keep to what a compiler of numpy understands, and know no other
module. Columns are horizons; a `chance` is one probability for each horizon.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def rows_of(ages: Floats, step: float, first: Ints, count: int) -> Ints:
    """Rows of a table for these ages (seconds), by each one's first row."""
    return first + np.minimum((np.maximum(ages, 0.0) / step + 0.5).astype(np.int64), count - 1)


def answer_chances(probability: Floats, answered: Floats, unanswered: Floats, held: Floats) -> Floats:
    """a_j(s) = p·[Fa(e+s) − Fa(e)] ÷ (p·[1 − Fa(e)] + (1 − p)·[1 − Fn(e)]): answered within s, given it still rings at e."""
    still = probability * unanswered + (1.0 - probability) * held
    return np.minimum(probability.reshape(-1, 1) * answered / np.maximum(still, 1e-9).reshape(-1, 1), 1.0)


def operators_left(spare: int, frees: Floats, answers: Floats) -> Floats:
    """Distribution of D = spare + those who become free − answers, one row for each D: 0 (or fewer), 1, 2, …; exact.

    `spare`: operators ready less callers waiting. Nobody comes after the answers are taken off, so once D is 0 it stays.
    """
    free = np.zeros((len(frees) + 1, frees.shape[1]))
    free[0] = 1.0
    for number in range(len(frees)):
        chance = frees[number]
        free[1 : number + 2] = free[1 : number + 2] * (1.0 - chance) + free[: number + 1] * chance
        free[0] = free[0] * (1.0 - chance)
    none = max(-spare, 0)
    least = max(spare, 0)
    left = np.zeros((max(spare + len(frees), 0) + 1, frees.shape[1]))
    if none > 0:
        left[0] = free[: none + 1].sum(axis=0)
        left[1:] = free[none + 1 :]
    else:
        left[least:] = free
    for number in range(len(answers)):
        one_answer_more(left, answers[number])
    return left


def one_answer_more(left: Floats, chance: Floats) -> None:
    """Take one more possible answer off D, in place."""
    if len(left) > 1:
        left[0] = left[0] + left[1] * chance
        left[1:-1] = left[1:-1] * (1.0 - chance) + left[2:] * chance
        left[-1] = left[-1] * (1.0 - chance)


def dials_within(
    left: Floats, candidates: Floats, answered: Floats, weights: Floats, theta: float
) -> tuple[int, float, float, float]:
    """How many of the candidates may be dialed while one more is lost with at most θ; and that chance after the last.

    G = Σ w_s·P(D_s ≤ 0). `left` is used up; `candidates`: their probabilities; `answered`: Fa at each horizon. Then the
    answers and the losses foreseen from those dialed.
    """
    answers = 0.0
    losses = 0.0
    hazard = (weights * left[0]).sum()
    for number in range(len(candidates)):
        if hazard > theta:
            return number, hazard, answers, losses
        answers += candidates[number]
        losses += candidates[number] * hazard
        one_answer_more(left, candidates[number] * answered)
        hazard = (weights * left[0]).sum()
    return len(candidates), hazard, answers, losses

"""The exact optimum of the Markov world (PACING.md §2): handle time and ring exponential, a caller who finds nobody is lost.

State: operators busy, lines ringing; dials may be added at every event. The share lost is bounded by a Lagrange multiplier,
each multiplier's policy found by policy iteration, and the two policies beside the bound mixed, which is what the constrained
problem's linear programme gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix, hstack, vstack
from scipy.sparse.linalg import splu

HANDLE_SECONDS = 150.0
RING_SECONDS = 12.0
_CLOSE = 1.0005
_LEAST_SECONDS = 0.1
"""Seconds of talk a loss is worth at least: there everything is dialed."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """A policy's long-run rates: `occupancy` share of operators' time, `live` and `lost` callers a second."""

    occupancy: float
    live: float
    lost: float
    lines: Ints
    """Lines the policy goes up to, by operators busy and lines ringing before."""


def optimum(operators: int, probability: float, target: float) -> float:
    """Highest occupancy (0 to 1) at which at most `target` of the live answers are lost."""
    cheap, dear = _LEAST_SECONDS, HANDLE_SECONDS / target
    strict = _best(operators, probability, target, dear)
    loose = _best(operators, probability, target, cheap)
    while dear > cheap * _CLOSE:
        multiplier = math.sqrt(cheap * dear)
        course = _best(operators, probability, target, multiplier, strict.lines)
        if course.lost > target * course.live:
            cheap, loose = multiplier, course
        else:
            dear, strict = multiplier, course
    over = loose.lost - target * loose.live
    under = target * strict.live - strict.lost
    share = under / (over + under) if over + under > 0 else 0.0
    return strict.occupancy + share * (loose.occupancy - strict.occupancy)


def most_lines(operators: int, probability: float) -> int:
    """More lines than any good policy keeps ringing."""
    busy = operators * RING_SECONDS / HANDLE_SECONDS / probability
    return int(2.5 * busy + 4.0 * operators**0.5 / probability + 12)


def _best(operators: int, probability: float, target: float, multiplier: float, start: Ints | None = None) -> Course:
    """Policy iteration for operators busy − multiplier × (lost − target × live) a second; multiplier: seconds of talk a loss is worth."""
    most = most_lines(operators, probability)
    lines = start if start is not None else _one_to_one(operators, most)
    while True:
        values, course = _evaluate(operators, probability, target, multiplier, lines)
        better = _improved(values, lines)
        if np.array_equal(better, lines):
            return course
        lines = better


def _one_to_one(operators: int, most: int) -> Ints:
    idle = operators - np.arange(operators + 1)
    return np.maximum(np.minimum(idle, most)[:, None], np.arange(most + 1)[None, :])


def _improved(values: Floats, lines: Ints) -> Ints:
    """From each state the best number of lines to go up to; the present one where nothing is better."""
    best = lines.copy()
    columns = np.arange(values.shape[1])
    for busy in range(values.shape[0]):
        row = values[busy]
        top = len(row) - 1
        for ringing in columns[::-1]:
            if row[ringing] >= row[top] - 1e-12:
                top = ringing
            if row[top] > row[lines[busy, ringing]] + 1e-10:
                best[busy, ringing] = top
    return best


def _evaluate(
    operators: int, probability: float, target: float, multiplier: float, lines: Ints
) -> tuple[Floats, Course]:
    """Relative values and long-run rates of a policy: one linear system."""
    most = lines.shape[1] - 1
    busy, ringing = (grid.ravel() for grid in np.meshgrid(range(operators + 1), range(most + 1), indexing="ij"))
    here = busy * (most + 1) + ringing
    answers = ringing * probability / RING_SECONDS
    moves = (
        (busy / HANDLE_SECONDS, np.maximum(busy - 1, 0), ringing),
        (answers, np.minimum(busy + 1, operators), np.maximum(ringing - 1, 0)),
        (ringing * (1 - probability) / RING_SECONDS, busy, np.maximum(ringing - 1, 0)),
        (np.where(busy + ringing == 0, 1.0, 0.0), busy, ringing),  # an empty room looks again after a second
    )
    rows, columns, rates = [], [], []
    for rate, to_busy, to_ringing in moves:
        rows += [here, here]
        columns += [to_busy * (most + 1) + lines[to_busy, to_ringing], here]
        rates += [rate, -rate]
    size = len(here)
    generator = csc_matrix((np.concatenate(rates), (np.concatenate(rows), np.concatenate(columns))), (size, size))
    occupied = busy / operators
    lost = np.where(busy == operators, answers, 0.0)
    rewards = np.stack([occupied, answers, lost, busy - multiplier * (lost - target * answers)], axis=1)
    long_run, values = _solve(generator, rewards)
    return (
        values.reshape(operators + 1, most + 1),
        Course(float(long_run[0]), float(long_run[1]), float(long_run[2]), lines),
    )


def _solve(generator: csc_matrix, rewards: Floats) -> tuple[Floats, Floats]:
    """Poisson's equation, generator·h = g − reward with h = 0 in the last state: g of each reward, h of the last one."""
    size = generator.shape[0]
    pinned = csc_matrix(([1.0], ([0], [size - 1])), (1, size))
    system = vstack(
        [hstack([generator, csc_matrix(-np.ones((size, 1)))]), hstack([pinned, csc_matrix((1, 1))])], format="csc"
    )
    solved = splu(system).solve(np.vstack([-rewards, np.zeros((1, rewards.shape[1]))]))
    return solved[-1], solved[:-1, -1]

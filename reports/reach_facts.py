"""What the reach model expected of calls, beside what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reports.facts import NOWHERE, FactSet, Ints, Marks

PARTS = 10_000
"""A chance is kept in ten-thousandths, so that sums are whole numbers."""
BINS = 10


class PickFact(NamedTuple):
    """`p_live`, `p_right_party`: the chances given before the call. `propensity`: of its being picked among `eligible`."""

    attempt_id: str
    p_live: float
    p_right_party: float
    propensity: float
    eligible: int
    by_chance: bool

    @property
    def is_top(self) -> bool:
        """It was the first in order; a draw may hit it too. Any other place has the chance of one draw among all."""
        return self.propensity * self.eligible > 1.0 - 1e-9


def with_expectations(calls: FactSet, picks: Mapping[str, PickFact]) -> FactSet:
    """The calls with mark `foreseen` (a call of which something was expected), and what was: numbers `expected_live` and
    `expected_right` in PARTS, `live_bin` and `right_bin` from 0 to BINS − 1 (NOWHERE: nothing was expected)."""
    found = [picks.get(attempt_id) for attempt_id in calls.ids]
    foreseen = calls.marks["call"] & np.array([pick is not None for pick in found], dtype=np.bool_)
    live = np.array([0.0 if pick is None else pick.p_live for pick in found])
    right = np.array([0.0 if pick is None else pick.p_right_party for pick in found])
    return replace(
        calls,
        numbers=dict(calls.numbers)
        | {
            "expected_live": np.rint(live * PARTS).astype(np.int64),
            "expected_right": np.rint(right * PARTS).astype(np.int64),
            "live_bin": _bin(live, foreseen),
            "right_bin": _bin(right, foreseen),
        },
        marks=dict(calls.marks)
        | {
            "foreseen": foreseen,
            "foreseen_live": foreseen & calls.marks["live"],
            "foreseen_right": foreseen & calls.marks["right_party"],
        },
    )


def _bin(chances: NDArray[np.float64], foreseen: Marks) -> Ints:
    return np.where(foreseen, np.minimum((chances * BINS).astype(np.int64), BINS - 1), NOWHERE)

"""How long one thing takes in a campaign (a talk, a wrap-up, an answer): what was seen, blended with a prior."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PRIOR_WORTH = 40.0
"""The prior counts as so many observations: after as many results the campaign's own history weighs as much."""
MEMORY = 5000.0
"""Observations remembered, about: each new one takes 1/MEMORY of their weight from the older ones."""


class DurationsState(TypedDict):
    """What a restart needs, ready for JSON: the weights that are not zero, by bin."""

    bins: list[int]
    weights: list[float]


class Durations:
    """A histogram of seconds in bins of `step`, the last one open; bounded memory, one addition for each result."""

    def __init__(self, name: str, step: float, bins: int, prior: Floats) -> None:
        self.name = name
        self.step = step
        self.bins = bins
        self._prior = prior
        self._seen = np.zeros(bins)
        self.learned = 0
        """Results taken in since this object was made; tells when tables are worth building anew."""

    @property
    def worth(self) -> float:
        """How many observations the history counts for, after forgetting."""
        return float(self._seen.sum())

    def learn(self, seconds: float) -> None:
        """One result. Raises ValueError for a negative or infinite one."""
        at = self._bin(seconds)
        self._seen *= 1.0 - 1.0 / MEMORY
        self._seen[at] += 1.0
        self.learned += 1

    def learn_many(self, samples: Sequence[float]) -> None:
        """Many at once, of equal weight among themselves."""
        count = len(samples)
        if not count:
            return
        found = np.bincount([self._bin(seconds) for seconds in samples], minlength=self.bins).astype(np.float64)
        weight = MEMORY * -math.expm1(-count / MEMORY) / count
        self._seen *= math.exp(-count / MEMORY)
        self._seen += found * weight
        self.learned += count

    def cdf(self) -> Floats:
        """P(duration ≤ k·step) for k = 0 … bins, prior and history blended by their worth."""
        blended = self._prior * PRIOR_WORTH + self._seen
        return np.concatenate([np.zeros(1), np.cumsum(blended) / blended.sum()])

    def mean(self) -> float:
        """Seconds, prior and history blended."""
        blended = self._prior * PRIOR_WORTH + self._seen
        return float(((np.arange(self.bins) + 0.5) * self.step * blended).sum() / blended.sum())

    def state(self) -> DurationsState:
        """For a restart."""
        kept = np.flatnonzero(self._seen > 1e-6)
        return {"bins": kept.tolist(), "weights": self._seen[kept].tolist()}

    def resume(self, state: DurationsState) -> None:
        """What `state` gave; bins beyond this histogram's last one fall into the last one."""
        self._seen = np.zeros(self.bins)
        for at, weight in zip(state["bins"], state["weights"], strict=True):
            self._seen[min(at, self.bins - 1)] += weight

    def _bin(self, seconds: float) -> int:
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"{self.name}: durations must be finite and not negative")
        return min(int(seconds / self.step), self.bins - 1)

"""What the order is worth, measured from the log itself by the random share: inverse propensity weights (PACING.md §6).

Every pick's propensity is known, so each of two rules can be valued from the same log: "always the first in order" and "any of
the eligible". A pick counts for a rule by the rule's own probability of it over the propensity with which it was made; the weights
are normalised by their sum. The interval is that of the logarithm of the ratio, from the picks' own spread (delta method).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.reach.ahead import Floats

NORMAL_95 = 1.959964
FEWEST_CONTACTS = 10
"""Fewer right-party contacts than these among the drawn or the ordered picks tell nothing."""
WIDEST = 2.0
"""An interval whose ends are more than a factor of two apart is no knowledge."""


@dataclass(frozen=True, slots=True)
class LoggedPicks:
    """Picks of the log, one place each: `reached` the right party, `propensity`, `eligible`, `top` as `choice.Pick` had them."""

    reached: npt.NDArray[np.bool_]
    propensity: Floats
    eligible: npt.NDArray[Any]
    top: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[tuple[bool, float, int, bool]]) -> LoggedPicks:
        """From (reached, propensity, eligible, top), one row a pick."""
        reached, propensity, eligible, top = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 4
        return cls(
            np.array(reached, dtype=bool),
            np.array(propensity, dtype=float),
            np.array(eligible),
            np.array(top, dtype=bool),
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """Right-party contacts per call of both rules, and their ratio with its 95 % interval; 0 and inf where nothing is known.

    `known`: enough contacts on both sides, and an interval no wider than a factor of `WIDEST`.
    """

    picks: int
    drawn_share: float
    ordered: float
    random: float
    lift: float
    low: float
    high: float
    known: bool

    @property
    def sentence(self) -> str:
        """For the weekly report; says so when it is not known."""
        if not self.known:
            return f"まだ分からない(架電{self.picks:,}件。無作為の枠での本人接触が少なく、95%区間が広すぎます)"
        interval = f"95%区間 {self.low:.2f}〜{self.high:.2f}倍"
        if self.low <= 1.0 <= self.high:
            return f"無作為の順と違いは見られません(架電1件あたりの本人接触は{self.lift:.2f}倍、{interval})"
        word = "多い" if self.lift > 1.0 else "少ない"
        return f"架電1件あたりの本人接触は無作為の順の{self.lift:.2f}倍で{word}({interval}、架電{self.picks:,}件)"


def prove(log_of_picks: LoggedPicks) -> Proof:
    """Both rules valued from one log. Contacts of the call itself: what a postponed call brings later is not in it."""
    picks = len(log_of_picks.reached)
    reached = log_of_picks.reached.astype(float)
    ordered = _value(reached, log_of_picks.top / log_of_picks.propensity)
    random = _value(reached, 1.0 / (log_of_picks.eligible * log_of_picks.propensity))
    drawn_share = float((~log_of_picks.top).mean()) if picks else 0.0
    if ordered.rate <= 0.0 or random.rate <= 0.0:
        return Proof(picks, drawn_share, ordered.rate, random.rate, 0.0, 0.0, inf, known=False)
    lift = ordered.rate / random.rate
    spread = sqrt(float(((ordered.pull / ordered.rate - random.pull / random.rate) ** 2).sum()))
    low, high = lift * exp(-NORMAL_95 * spread), lift * exp(NORMAL_95 * spread)
    enough = min(reached[log_of_picks.top].sum(), reached[~log_of_picks.top].sum()) >= FEWEST_CONTACTS
    return Proof(
        picks, drawn_share, ordered.rate, random.rate, lift, low, high, bool(enough and log(high / low) <= log(WIDEST))
    )


@dataclass(frozen=True, slots=True)
class _Value:
    rate: float
    pull: Floats
    """How far each pick pulls the rate: its influence on a self-normalised mean."""


def _value(reached: Floats, weight: Floats) -> _Value:
    total = float(weight.sum())
    if total <= 0.0:
        return _Value(0.0, np.zeros_like(reached))
    rate = float(weight @ reached) / total
    return _Value(rate, weight * (reached - rate) / total)

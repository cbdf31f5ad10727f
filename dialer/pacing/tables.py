"""What a pacer looks up, computed from a campaign's timings (PACING.md §4): probabilities by phase, age and horizon."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dialer.pacing.durations import Durations, Floats

HORIZON_STEP = 2.0
HORIZONS = 16
"""Horizons of 2, 4, … 32 s (PACING.md §4)."""
_THIN = 1e-3
"""Beyond the age that one in a thousand reaches there is nothing to learn from; what holds at that age holds later too."""
_NEVER = 1e9
KEPT_BACK = 10.0
"""Seconds of wrap-up beyond `pull_after` before an operator is counted on. Callers may come to them earlier, but whoever is
planned for is used up, and then nobody is there for a caller too many."""

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class Tables:
    """`free`: P(an operator is free within horizon + patience), one row for each phase and age, one column for each horizon.

    `answered[age]`: P(an answer falls between this age and age + horizon | there is one), `unanswered[age]`, `held[age]`: P(no
    answer yet | there is one), P(line not released yet | there is none). Ages are multiples of the steps, in seconds.
    """

    horizons: Floats
    weights: Floats
    """P(an answer falls into the horizon's bin | there is one)."""
    patience: float
    ring_step: float
    answered: Floats
    unanswered: Floats
    held: Floats
    talk_step: float
    wrapup_step: float
    talk_rows: int
    wrapup_rows: int
    free: Floats
    _talk: Floats
    _wrapup: Floats
    _blocks: dict[float, int] = field(default_factory=dict)

    def block(self, pull_after: float | None) -> int:
        """First row of `free` for operators with this consent to wrap-up pull (whole seconds)."""
        key = _NEVER if pull_after is None else float(round(pull_after + KEPT_BACK))
        if key not in self._blocks:
            self._blocks[key] = len(self.free)
            within = self.horizons + self.patience
            rows = [
                _free_from_talk(self._talk, self._wrapup, within, key),
                _free_from_wrapup(self._wrapup, within, key),
            ]
            self.free = np.concatenate([self.free, *rows])
        return self._blocks[key]


def build_tables(
    *, answer: Durations, release: Durations, talk: Durations, wrapup: Durations, patience: float
) -> Tables:
    """Everything a decision looks up, for callers who wait `patience` seconds."""
    horizons: Floats = HORIZON_STEP * np.arange(1.0, HORIZONS + 1.0)
    answers, releases = answer.cdf(), release.cdf()
    ages = np.arange(len(answers))
    ahead = np.rint(horizons / answer.step).astype(np.int64)
    later = answers[np.minimum(ages[:, None] + ahead[None, :], len(answers) - 1)]
    weights = np.diff(answers[np.minimum(ahead, len(answers) - 1)], prepend=0.0)
    tables = Tables(
        horizons=horizons,
        weights=weights / weights.sum(),
        patience=patience,
        ring_step=answer.step,
        answered=later - answers[:, None],
        unanswered=1.0 - answers,
        held=1.0 - releases,
        talk_step=talk.step,
        wrapup_step=wrapup.step,
        talk_rows=talk.bins + 1,
        wrapup_rows=wrapup.bins + 1,
        free=np.zeros((0, HORIZONS)),
        _talk=talk.cdf(),
        _wrapup=wrapup.cdf(),
    )
    tables.block(None)
    return tables


def _free_from_wrapup(wrapup: Floats, within: Floats, pull_after: float) -> Floats:
    """P(free within so many seconds | so long in wrap-up), one row for each second of it."""
    ages = np.arange(len(wrapup))
    surviving = 1.0 - wrapup
    later = ages[:, None] + within[None, :]
    ended = np.interp(later, ages, wrapup) - wrapup[:, None]
    chance = ended / np.maximum(surviving, 1e-12)[:, None]
    chance = _from_thin_on(chance, surviving)
    chance[later >= pull_after] = 1.0
    return np.clip(chance, 0.0, 1.0)


def _free_from_talk(talk: Floats, wrapup: Floats, within: Floats, pull_after: float) -> Floats:
    """P(talk and what is needed of its wrap-up are over within so many seconds | so long in talk): tail and wrap-up convolved."""
    ages = np.arange(len(wrapup))
    needed = wrapup.copy()
    needed[ages >= pull_after] = 1.0
    ends = np.diff(talk)
    surviving = 1.0 - talk
    chance = np.zeros((len(talk), len(within)))
    for column, seconds in enumerate(within):
        rest = np.interp(seconds - 0.5 - np.arange(np.ceil(seconds)), ages, needed, left=0.0)
        chance[:-1, column] = np.convolve(ends, rest[::-1])[len(rest) - 1 :]
    chance = chance / np.maximum(surviving, 1e-12)[:, None]
    return np.clip(_from_thin_on(chance, surviving), 0.0, 1.0)


def _from_thin_on(chance: Floats, surviving: Floats) -> Floats:
    last = max(int((surviving > _THIN).sum()) - 1, 0)
    kept = chance.copy()
    kept[last + 1 :] = chance[last]
    return kept

"""What calls take before a campaign has a history of its own: the reference world of PACING.md §2."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from dialer.pacing.durations import Floats

_DELAY = (1.5, 4.5)
_RING_LIMIT = 25.0


@cache
def answer(step: float, bins: int) -> Floats:
    """Dial → answer: post-dial delay U(1.5, 4.5) s and lognormal(mean 9 s, cv 0.6), within 25 s of ringing."""
    ringing = np.diff(_lognormal(9.0, 0.6, step, bins), prepend=0.0)
    limit = int(_RING_LIMIT / step)
    ringing[limit:] = 0.0
    return _normalised(np.convolve(ringing, _delay(step, bins))[:bins])


@cache
def release(step: float, bins: int) -> Floats:
    """Dial → line free without an answer: 55 % ring out, 25 % machine or announcement, 20 % fail fast."""
    delay = _delay(step, bins)
    ring_out = _shifted(delay, _RING_LIMIT, step)
    machine = _shifted(np.convolve(np.diff(_lognormal(15.0, 0.3, step, bins), prepend=0.0), delay)[:bins], 3.0, step)
    fast = np.convolve(_uniform(0.5, 2.5, step, bins), delay)[:bins]
    return _normalised(0.55 * ring_out + 0.25 * machine + 0.2 * fast)


@cache
def talk(step: float, bins: int) -> Floats:
    """Lognormal(mean 120 s, cv 1)."""
    return _normalised(np.diff(_lognormal(120.0, 1.0, step, bins), prepend=0.0))


@cache
def wrapup(step: float, bins: int) -> Floats:
    """Lognormal(mean 30 s, cv 0.6)."""
    return _normalised(np.diff(_lognormal(30.0, 0.6, step, bins), prepend=0.0))


def _delay(step: float, bins: int) -> Floats:
    return _uniform(*_DELAY, step, bins)


def _uniform(low: float, high: float, step: float, bins: int) -> Floats:
    edges = np.arange(bins + 1) * step
    return np.diff(np.clip((edges - low) / (high - low), 0.0, 1.0))


def _lognormal(mean: float, cv: float, step: float, bins: int) -> Floats:
    """Its distribution function at the bins' upper edges."""
    variance = math.log1p(cv * cv)
    centre = math.log(mean) - variance / 2
    return np.array(
        [0.5 * math.erfc((centre - math.log((k + 1) * step)) / math.sqrt(2 * variance)) for k in range(bins)]
    )


def _shifted(shares: Floats, seconds: float, step: float) -> Floats:
    moved = round(seconds / step)
    return np.concatenate([np.zeros(moved), shares])[: len(shares)]


def _normalised(shares: Floats) -> Floats:
    normal: Floats = shares / shares.sum()
    return normal

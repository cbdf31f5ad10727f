"""What one-to-one dialing must give in the reference world, by arithmetic: the check of the simulator (PACING.md §2)."""

from __future__ import annotations

import math

from rehearsal.reference_world.world import RING_LIMIT

HANDLE_SECONDS = 150.0
_DELAY = 3.0


def time_to_answer() -> float:
    """Mean seconds from dial to answer: delay, and the lognormal's mean below the ring limit."""
    variance = math.log1p(0.6**2)
    centre = math.log(9.0) - variance / 2
    limit = (math.log(RING_LIMIT) - centre) / math.sqrt(variance)
    return _DELAY + 9.0 * _normal(limit - math.sqrt(variance)) / _normal(limit)


def time_to_release() -> float:
    """Mean seconds from dial to a free line without an answer."""
    return 0.55 * (_DELAY + 25.0) + 0.25 * (_DELAY + 15.0 + 3.0) + 0.2 * (_DELAY + 1.5)


def one_to_one(probability: float, tick: float) -> float:
    """Occupancy, 0 to 1: idle = T_a + (1−p)/p · T_n, each dial after half a tick's waiting for the tick."""
    idle = time_to_answer() + tick / 2 + (1 - probability) / probability * (time_to_release() + tick / 2)
    return HANDLE_SECONDS / (HANDLE_SECONDS + idle)


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))

"""What a day's answers have earned: pure, which the reference world compiles too."""

from __future__ import annotations

import math

AHEAD_UNTIL_EARNED = 3
"""A loss may come ahead of the answers that earn it until the day has earned three; afterwards none."""


def losses_allowed(target: float, live: int) -> int:
    """Losses allowed by now: each 1/target live answers earn one."""
    earned = math.floor(target * live + 1e-9)
    return min(earned + 1, AHEAD_UNTIL_EARNED) if earned < AHEAD_UNTIL_EARNED else earned

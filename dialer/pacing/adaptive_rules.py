"""The dial level's arithmetic (PACING.md §3): pure functions, which the reference world compiles too."""

from __future__ import annotations

LEVEL_SAMPLES = 15
CHANGE_SECONDS = 15.0
DIAL_SECONDS = 2.5
BUSY_MINUTE = 20
BUSY_TODAY = 50


def level_after(
    level: float,
    ready: float,
    waiting: float,
    agents: float,
    target_difference: float,
    intensity: float,
    level_max: float,
) -> float:
    """x = (R − W + T)/N, times (1 + I/100) if x ≥ 0 else |I/100 − 1|; level ← clamp(level·(1 + x), 1, level_max)."""
    if agents <= 0.0:
        return level
    change = (ready - waiting + target_difference) / agents
    if change >= 0.0:
        change *= 1.0 + intensity / 100.0
    else:
        change *= abs(intensity / 100.0 - 1.0)
    return min(max(level * (1.0 + change), 1.0), level_max)


def lines_wanted(level: float, ready: int, talking: int, available_only: bool) -> int:
    """Calls wanted in all, those in talk among them."""
    if available_only:
        return int(level * ready + 0.5) + talking
    return int(level * (ready + talking) + 0.5)


def hhmm_left(end_hhmm: int, since_midnight: float) -> int:
    """End less now as HHMM integers, which is not a number of minutes."""
    minutes = int(since_midnight // 60.0)
    return end_hhmm - (minutes // 60 % 24 * 100 + minutes % 60)


def tapered(hhmm: int) -> float:
    """What the level is multiplied with near the end: min(1, h/1000), not below 0."""
    return min(1.0, max(hhmm, 0) / 1000.0)

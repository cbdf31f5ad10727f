"""The baselines at their best: settings searched in each cell, so that what beats them beats more than a default."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeVar

from rehearsal.reference_world.baselines import TAPERED, Level
from rehearsal.reference_world.results import Result
from rehearsal.reference_world.runs import adaptive, fixed
from rehearsal.reference_world.world import World

Setting = TypeVar("Setting")

SEEDS = (101, 102)
SECONDS = 2 * 3600.0
RATIO_SEEDS = (101, 102, 103, 104)
RATIO_SECONDS = 4 * 3600.0
LARGEST = 50
"""Larger rooms take the settings found for this one."""
_RATIOS = [1.0 + step / 10 for step in range(1, 21)] + [3.0 + step / 4 for step in range(1, 25)]


def levels(operators: int) -> list[Level]:
    """The settings tried: 2 ways to count × 4 highest levels × 5 differences × 2 intensities.

    Above twenty operators the differences grow with the room, since the level divides them by its size.
    """
    unit = max(operators / 20.0, 1.0)
    return [
        Level(
            level_max=most, target_difference=unit * difference, intensity=intensity, available_only=only, law=TAPERED
        )
        for only, most, difference, intensity in product(
            (False, True), (2.0, 3.0, 6.0, 12.0), (-2.0, -1.0, 0.0, 1.0, 2.0), (-30.0, 20.0)
        )
    ]


def best_level(of: World, target: float) -> Level:
    """Highest occupancy at which the target is kept; if none keeps it, the one that loses least."""
    found = [(adaptive(of, level, SEEDS, SECONDS), level) for level in levels(of.operators)]
    return _best(found, target)


def for_larger(level: Level, operators: int) -> Level:
    """The setting of a room of `LARGEST` in a larger one: the same difference for each operator."""
    if operators <= LARGEST:
        return level
    return level._replace(target_difference=level.target_difference * operators / LARGEST)


def best_ratio(of: World, target: float) -> float:
    """The highest ratio that keeps the target."""
    length = (RATIO_SEEDS, RATIO_SECONDS) if of.operators <= LARGEST else (SEEDS, SECONDS)
    found: list[tuple[Result, float]] = []
    for ratio in _RATIOS:
        found.append((fixed(of, ratio, *length), ratio))
        if found[-1][0].lost.mean > 300 * target:
            break
    return _best(found, target)


def _best(found: Sequence[tuple[Result, Setting]], target: float) -> Setting:
    keeping = [each for each in found if each[0].lost.mean <= 100 * target]
    if keeping:
        return max(keeping, key=lambda each: each[0].occupied.mean)[1]
    return min(found, key=lambda each: each[0].lost.mean)[1]

"""The random share: a few picks are drawn from the whole list, so that the log can tell what the order is worth.

Each pick is, with probability `share`, one of all eligible candidates with equal chances, and otherwise the first in order.
The propensity of what was picked, stored with the attempt, is what `proof` weighs by (PACING.md §6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dialer.reach.ahead import Whole

SHARE = 0.05


class Draws(Protocol):
    """A source of chance; `random.Random` is one."""

    def random(self) -> float: ...
    def randrange(self, stop: int, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Pick:
    """`place`: of the candidate in the caller's list. `propensity`: the probability with which it was picked among `eligible`.

    `by_chance`: drawn, not first in order. `top`: it was the first in order (a draw may hit it too).
    """

    place: int
    propensity: float
    eligible: int
    by_chance: bool
    top: bool


def choose(order: Whole, share: float, rng: Draws, count: int | None = None) -> list[Pick]:
    """`count` picks (None: all), one after another, none twice. Raises ValueError for a share outside 0 … 1."""
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"the random share lies between 0 and 1, not at {share}")
    waiting = _Waiting([int(place) for place in order])
    picks = []
    for _ in range(len(order) if count is None else min(count, len(order))):
        picks.append(_pick(waiting, share, rng))
    return picks


def _pick(waiting: _Waiting, share: float, rng: Draws) -> Pick:
    eligible = waiting.count
    first = waiting.first()
    by_chance = rng.random() < share
    place = waiting.at(rng.randrange(eligible)) if by_chance else first
    waiting.take(place)
    propensity = share / eligible + (1.0 - share if place == first else 0.0)
    return Pick(place, propensity, eligible, by_chance, place == first)


class _Waiting:
    """Candidates in order; taking one and drawing any of the rest are both quick."""

    def __init__(self, order: list[int]) -> None:
        self._order, self._next = order, 0
        self._bag = list(order)
        self._where = {place: at for at, place in enumerate(order)}

    @property
    def count(self) -> int:
        return len(self._bag)

    def first(self) -> int:
        while self._order[self._next] not in self._where:
            self._next += 1
        return self._order[self._next]

    def at(self, number: int) -> int:
        return self._bag[number]

    def take(self, place: int) -> None:
        hole, last = self._where.pop(place), self._bag.pop()
        if last != place:
            self._bag[hole] = last
            self._where[last] = hole

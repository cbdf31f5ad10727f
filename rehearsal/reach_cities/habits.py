"""From who is near a phone to what a call brings: the chances of every result, for many households at once.

Every generator says when the two adults of a household are at home and have their mobile at hand (`Presence`); from there on all
cities are alike, so that they differ in what they are meant to differ in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.hours import Hours
from rehearsal.reach_cities.households import Line, Shape

Floats = npt.NDArray[np.float32]

DEAD = 0.08
"""Numbers no longer in use."""
WRONG = 0.04
"""Numbers that are somebody else's by now."""
ON_THE_PHONE = 0.04
"""A line on which somebody is near is busy so often."""


@dataclass(frozen=True)
class Presence:
    """Of some households (n) with two adults in given hours (t): `home` and `hand` (n, 2, t) are the chances that each is near
    the fixed line and can take the mobile; `willing` (n, 2, t): takes up an unknown number; `family` (n, t): somebody else at
    home takes up the fixed line; `away` (n): the chance of a day on which nobody of the house is there."""

    home: Floats
    hand: Floats
    willing: Floats
    family: Floats
    away: Floats


Generator = Callable[[np.random.Generator, Shape, int, int, Hours], Presence]
"""(chance, shape, age band, how many households, hours)."""


@dataclass(frozen=True)
class Habits:
    """Chances of the results of a call (n households, c numbers of their shape, t hours), on a day on which they are not away.

    `right`: the right party; `other`: another person of the house; `stranger`: the number is somebody else's; `busy`. Of calls
    with none of these, `machine` (n, c) is the share a machine takes. `away` (n) as in `Presence`.
    """

    right: Floats
    other: Floats
    stranger: Floats
    busy: Floats
    machine: Floats
    away: Floats

    @property
    def live(self) -> Floats:
        """Any person answers."""
        return self.right + self.other + self.stranger


def habits_of(presence: Presence, shape: Shape, rng: np.random.Generator) -> Habits:
    """What calls to the numbers of these households bring."""
    count, _, hours = presence.home.shape
    numbers = shape.numbers
    right = np.empty((count, len(numbers), hours), dtype=np.float32)
    other, busy = np.empty_like(right), np.empty_like(right)
    for place, (debtor, line) in enumerate(numbers):
        answer = _at_the_fixed_line if line is Line.FIXED else _at_the_mobile
        right[:, place], other[:, place], busy[:, place] = answer(presence, debtor)
    wrong = (rng.random((count, len(numbers))) < WRONG)[:, :, None]
    machine = _machines(rng, numbers, count)
    stranger = np.where(wrong, right + other, np.float32(0))
    zero = np.float32(0)
    return Habits(np.where(wrong, zero, right), np.where(wrong, zero, other), stranger, busy, machine, presence.away)


def _at_the_fixed_line(presence: Presence, debtor: int) -> tuple[Floats, Floats, Floats]:
    takes = presence.home * presence.willing
    nobody = (1 - takes[:, 0]) * (1 - takes[:, 1]) * (1 - presence.family)
    sum_of_all = np.maximum(takes[:, 0] + takes[:, 1] + presence.family, np.float32(1e-6))
    right = (1 - nobody) * takes[:, debtor] / sum_of_all
    someone = 1 - (1 - presence.home[:, 0]) * (1 - presence.home[:, 1])
    found = (right, np.maximum(1 - nobody - right, 0), ON_THE_PHONE * someone)
    return found[0].astype(np.float32), found[1].astype(np.float32), found[2].astype(np.float32)


def _at_the_mobile(presence: Presence, debtor: int) -> tuple[Floats, Floats, Floats]:
    right = presence.hand[:, debtor] * presence.willing[:, debtor]
    return right, np.float32(0.03) * right, ON_THE_PHONE * presence.hand[:, debtor]


def _machines(rng: np.random.Generator, numbers: tuple[tuple[int, Line], ...], count: int) -> Floats:
    shares = np.empty((count, len(numbers)), dtype=np.float32)
    for place, (_, line) in enumerate(numbers):
        has_one = rng.random(count) < (0.45 if line is Line.FIXED else 0.65)
        shares[:, place] = np.where(has_one, 0.85, 0.02)
    return shares

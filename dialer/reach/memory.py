"""What has been told of each number, and of each person on a number: sums that fade with time.

A number costs about 350 bytes, whether it was called once or a hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dialer.reach.slots import MINUTES_A_DAY, Flags, Ints

Told = npt.NDArray[np.float32]


class Pairs:
    """Rows for persons on numbers."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, person: Ints, phone: Ints) -> Ints:
        """The row of each pair, a new one for a pair not seen before."""
        keys, where = np.unique(_keys(person, phone), return_inverse=True)
        rows = [self._rows.setdefault(key, len(self._rows)) for key in keys.tolist()]
        return np.array(rows, np.int64)[where]

    def known(self, person: Ints, phone: Ints) -> Ints:
        """The row of each pair, −1 for one not seen before."""
        rows = self._rows
        return np.array([rows.get(key, -1) for key in _keys(person, phone).tolist()], np.int64)


def _keys(person: Ints, phone: Ints) -> npt.NDArray[np.int64]:
    return person.astype(np.int64) << 32 | phone.astype(np.int64)


@dataclass(slots=True)
class Fading:
    """Rows of sums, each as of its own minute; what was told earlier counts half after a half-life."""

    width: int
    half_life_days: float
    told: Told = field(init=False)
    clock: npt.NDArray[np.int64] = field(init=False)
    heard: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.told = np.zeros((0, self.width), np.float32)
        self.clock = np.zeros(0, np.int64)
        self.heard = np.zeros(0, np.bool_)

    def grow(self, rows: int) -> None:
        """Make room for rows below this."""
        if rows > len(self.clock):
            more = max(rows, len(self.clock) * 5 // 4) - len(self.clock)
            self.told = np.concatenate([self.told, np.zeros((more, self.width), np.float32)])
            self.clock = np.concatenate([self.clock, np.zeros(more, np.int64)])
            self.heard = np.concatenate([self.heard, np.zeros(more, np.bool_)])

    def add(self, row: Ints, clock: Ints, told: Told) -> None:
        """Add what calls at `clock` told; they may stand in any order."""
        if not len(row):
            return
        self.grow(int(row.max()) + 1)
        order = np.argsort(row, kind="stable")
        row, clock = row[order], clock[order]
        first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        rows = row[first]
        latest = np.maximum(np.maximum.reduceat(clock, first), np.where(self.heard[rows], self.clock[rows], 0))
        counts = np.diff(np.append(first, len(row)))
        faded = told[order] * self._left(np.repeat(latest, counts) - clock)[:, None]
        old = self.told[rows] * self._left(np.where(self.heard[rows], latest - self.clock[rows], 0))[:, None]
        self.told[rows] = old + np.add.reduceat(faded, first, axis=0)
        self.clock[rows] = latest
        self.heard[rows] = True

    def at(self, row: Ints, clock: int) -> Told:
        """The sums as they stand at a moment; zeros for rows never heard of (and for −1)."""
        found = np.zeros((len(row), self.width), np.float32)
        known = np.flatnonzero((row >= 0) & (row < len(self.clock)))
        if len(known):
            rows = row[known]
            found[known] = self.told[rows] * self._left(np.maximum(clock - self.clock[rows], 0))[:, None]
        return found

    def _left(self, minutes: Ints) -> npt.NDArray[np.float32]:
        return np.exp2(-minutes / (self.half_life_days * MINUTES_A_DAY)).astype(np.float32)


class Memory:
    """All that is known of single numbers and persons."""

    def __init__(self, habits: int, rights: int, half_life_days: float) -> None:
        self.numbers = Fading(habits, half_life_days)
        self.persons = Fading(rights, half_life_days)
        self.pairs = Pairs()
        self.line = np.zeros(0, np.int8)
        self.household = np.full(0, -1, np.int32)
        self.dead = np.zeros(0, np.bool_)

    def grow(self, phones: int) -> None:
        """Make room for numbers below this."""
        self.numbers.grow(phones)
        more = len(self.numbers.clock) - len(self.line)
        if more > 0:
            self.line = np.concatenate([self.line, np.zeros(more, np.int8)])
            self.household = np.concatenate([self.household, np.full(more, -1, np.int32)])
            self.dead = np.concatenate([self.dead, np.zeros(more, np.bool_)])


def logsumexp(values: Told, axis: int) -> Told:
    """log Σ exp, without overflow."""
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))


def softmax(values: Told) -> Told:
    """exp, each row adding up to 1."""
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True))

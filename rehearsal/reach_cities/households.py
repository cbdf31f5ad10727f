"""What is on file about the households of a synthetic city: people, numbers, ages, districts. Habits are not on file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]


class Line(IntEnum):
    FIXED = 0
    MOBILE = 1


class Shape(IntEnum):
    """Which numbers of which debtors of a household are known."""

    MOBILE_ONLY = 0
    FIXED_ONLY = 1
    BOTH = 2
    TWO_DEBTORS = 3

    @property
    def numbers(self) -> tuple[tuple[int, Line], ...]:
        """(debtor of the household, line) of every number that may be dialed for somebody."""
        return _NUMBERS[self]


_NUMBERS = {
    Shape.MOBILE_ONLY: ((0, Line.MOBILE),),
    Shape.FIXED_ONLY: ((0, Line.FIXED),),
    Shape.BOTH: ((0, Line.FIXED), (0, Line.MOBILE)),
    Shape.TWO_DEBTORS: ((0, Line.FIXED), (1, Line.FIXED), (0, Line.MOBILE), (1, Line.MOBILE)),
}
AGES = (30, 52, 74)
"""A year of life standing for each of three bands: under 40, 40–64, 65 and more."""
_AGE_SHARES = {
    Shape.MOBILE_ONLY: (0.50, 0.42, 0.08),
    Shape.FIXED_ONLY: (0.06, 0.34, 0.60),
    Shape.BOTH: (0.20, 0.52, 0.28),
    Shape.TWO_DEBTORS: (0.34, 0.52, 0.14),
}
DISTRICTS = 8


@dataclass(frozen=True)
class Roster:
    """Households by number: `shape`, `age` (band 0–2), `district`; and the candidates, one for each number of each debtor.

    Candidates of a household lie side by side: `household`, `person`, `phone` are numbers counted through the city (a shared
    fixed line is one phone with two candidates), `place` is the candidate's place in its shape.
    """

    shape: Whole
    age: Whole
    district: Whole
    household: Whole
    person: Whole
    phone: Whole
    line: Whole
    place: Whole

    @property
    def households(self) -> int:
        return len(self.shape)

    @property
    def candidates(self) -> int:
        return len(self.household)

    @property
    def people(self) -> int:
        return int(self.person.max()) + 1


def found_households(count: int, shape_shares: tuple[float, float, float, float], rng: np.random.Generator) -> Roster:
    """`count` households of these shares of shapes."""
    shape = rng.choice(len(Shape), size=count, p=shape_shares)
    age = np.array([rng.choice(3, p=_AGE_SHARES[Shape(kind)]) for kind in shape], dtype=np.int64)
    rows: list[tuple[int, int, int, int, int]] = []
    people = phones = 0
    for household, kind in enumerate(shape):
        numbers = Shape(kind).numbers
        lines: dict[tuple[int, Line], int] = {}
        for place, (debtor, line) in enumerate(numbers):
            owner = (0, line) if line is Line.FIXED else (debtor, line)
            phone = lines.setdefault(owner, phones + len(lines))
            rows.append((household, people + debtor, phone, int(line), place))
        people += 1 + max(debtor for debtor, _ in numbers)
        phones += len(lines)
    columns = np.array(rows, dtype=np.int64).T
    return Roster(shape, age, rng.integers(0, DISTRICTS, count), *columns)

"""A city as it is built: what is on file, what is true of everybody, and what chance has in store for every call.

The outcome of a call is fixed by candidate and hour before any order is chosen, so that all orders are judged on the same days
and the same luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.generators import GENERATORS
from rehearsal.reach_cities.habits import DEAD, Habits, habits_of
from rehearsal.reach_cities.hours import Hours
from rehearsal.reach_cities.households import Roster, Shape, found_households

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

SHAPE_SHARES = (0.42, 0.28, 0.20, 0.10)
TWO_EARNER_SHARES = (0.25, 0.15, 0.20, 0.40)
LETTER_DAYS, LETTER_LIFT = 7, 1.15
"""For a week after the district's letter came, an unknown number is taken more often."""
SMS_DAYS, SMS_LIFT = 3, 1.20
SMS_AFTER_MISSES = 2
"""A mobile that was missed twice gets a text (三郷市, DOMAIN.md §2.8)."""
PAY_DAY_LIFT, MONTH_END_LIFT = 1.05, 0.95
MOST = 0.97


@dataclass(frozen=True)
class City:
    """`right`, `other`, `stranger`, `busy` (candidates × hours) and `machine`, `dead` (candidates) as in `Habits`; `away_chance`
    (households) and `away` (households × days) which days came out so; `luck` (candidates × hours × 2) in 0 … 1.

    `letter_day` (households): the day the monthly letter comes, the first of every four weeks.
    """

    name: str
    seed: int
    hours: Hours
    roster: Roster
    right: Floats
    other: Floats
    stranger: Floats
    busy: Floats
    machine: Floats
    dead: npt.NDArray[np.bool_]
    away_chance: Floats
    away: npt.NDArray[np.bool_]
    luck: Floats
    letter_day: Whole


def found_city(name: str, seed: int, households: int, hours: Hours) -> City:
    """The city of this name, seed and size. The same three give the same city; a seed is another city of the same kind."""
    rng = np.random.default_rng([seed, crc32(name.encode())])
    roster = found_households(households, TWO_EARNER_SHARES if name == "correlated" else SHAPE_SHARES, rng)
    size = (roster.candidates, len(hours))
    right, other, stranger, busy = (np.zeros(size, dtype=np.float32) for _ in range(4))
    machine, away_chance = np.zeros(roster.candidates, np.float32), np.zeros(households, np.float32)
    for shape, age in segments():
        members = np.flatnonzero((roster.shape == shape) & (roster.age == age))
        if not len(members):
            continue
        habits = drawn_habits(name, rng, shape, age, len(members), hours)
        away_chance[members] = habits.away
        first = np.searchsorted(roster.household, members)
        for place in range(len(shape.numbers)):
            rows = first + place
            right[rows], other[rows] = habits.right[:, place], habits.other[:, place]
            stranger[rows], busy[rows] = habits.stranger[:, place], habits.busy[:, place]
            machine[rows] = habits.machine[:, place]
    dead_phone = rng.random(int(roster.phone.max()) + 1) < DEAD
    days = int(hours.day.max()) + 1
    away = rng.random((households, days)) < away_chance[:, None]
    luck = rng.random((*size, 2), dtype=np.float32)
    letter_day = 3 * roster.district % 28
    return City(
        name, seed, hours, roster, right, other, stranger, busy, machine, dead_phone[roster.phone], away_chance, away,
        luck, letter_day,
    )  # fmt: skip


def segments() -> list[tuple[Shape, int]]:
    """What is known of a household from the file alone: its shape and the age band of its first debtor."""
    return [(shape, age) for shape in Shape for age in range(3)]


def drawn_habits(name: str, rng: np.random.Generator, shape: Shape, age: int, count: int, hours: Hours) -> Habits:
    """Habits of so many households of a segment, as the city of this name has them."""
    return habits_of(GENERATORS[name](rng, shape, age, count, hours), shape, rng)


def day_lift(hours: Hours) -> Floats:
    """What the day of the month does to everybody's answering: pay-day to its second day after, and the month's end."""
    return np.select(
        [(hours.day_of_month >= 25) & (hours.day_of_month < 28), hours.day_of_month >= 28],
        [PAY_DAY_LIFT, MONTH_END_LIFT],
        1.0,
    ).astype(np.float32)


def letter_age(letter_day: Whole, day: int) -> Whole:
    """Days since the household's last letter, counted by its four-week rhythm; -1 before the first."""
    return np.where(day >= letter_day, (day - letter_day) % 28, -1)


def letter_lift(letter_day: Whole, days: Whole) -> Floats:
    """(households, days): what a letter of the last LETTER_DAYS does."""
    age = np.where(days >= letter_day[:, None], (days - letter_day[:, None]) % 28, 99)
    return np.where(age < LETTER_DAYS, LETTER_LIFT, 1.0).astype(np.float32)

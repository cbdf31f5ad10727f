"""When somebody is near a phone, and whether an unknown number gets an answer.

Calibration (DOMAIN.md §2.8, 国税庁 FY2005): after two unanswered weekday calls the answer rate is 23.0 % on a weekday,
34.0 % on a Saturday, 41.2 % on a Sunday; after three 14.7 / 26.4 / 28.6 %. Two kinds of lines give such figures: those
where somebody is near on weekdays, soon reached, and those where nobody is before evening. The hour curve of the
evening follows the survey of 14,739 people (18 h 28, 19 h 30, 20 h 32, 21 h 26 %). `measured_rates` tells how close.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from casefile.clock import JST, at_jst
from rehearsal.city.model import LifeStyle, Line, LineFate, SyntheticCity
from rehearsal.city.taxes import office_open

_WEEKDAY, _SATURDAY, _SUNDAY = "weekday", "saturday", "sunday"

# Somebody of the household is near the fixed line: by day, at 17, 18, 19, 20 h, Saturday, Sunday.
_AT_HOME: dict[LifeStyle, tuple[float, float, float, float, float, float, float]] = {
    LifeStyle.WORKER_ALONE: (0.14, 0.24, 0.40, 0.46, 0.50, 0.62, 0.86),
    LifeStyle.TWO_EARNERS: (0.22, 0.34, 0.48, 0.54, 0.58, 0.66, 0.90),
    LifeStyle.ONE_EARNER: (0.62, 0.62, 0.66, 0.70, 0.72, 0.64, 0.88),
    LifeStyle.SHIFT_WORK: (0.44, 0.42, 0.44, 0.46, 0.46, 0.48, 0.56),
    LifeStyle.SELF_EMPLOYED: (0.60, 0.58, 0.58, 0.60, 0.62, 0.66, 0.80),
    LifeStyle.ELDERLY_PAIR: (0.72, 0.74, 0.76, 0.78, 0.76, 0.74, 0.84),
    LifeStyle.ELDERLY_ALONE: (0.68, 0.70, 0.74, 0.76, 0.72, 0.70, 0.80),
    LifeStyle.COMPANY: (0.92, 0.80, 0.30, 0.12, 0.05, 0.10, 0.02),
}
# The owner can take up the mobile: by day, at 17, 18, 19, 20 h, Saturday, Sunday.
_AT_HAND: dict[LifeStyle, tuple[float, float, float, float, float, float, float]] = {
    LifeStyle.WORKER_ALONE: (0.34, 0.40, 0.50, 0.54, 0.58, 0.66, 0.86),
    LifeStyle.TWO_EARNERS: (0.36, 0.42, 0.50, 0.54, 0.58, 0.66, 0.86),
    LifeStyle.ONE_EARNER: (0.54, 0.52, 0.54, 0.58, 0.62, 0.64, 0.86),
    LifeStyle.SHIFT_WORK: (0.46, 0.46, 0.48, 0.50, 0.50, 0.52, 0.60),
    LifeStyle.SELF_EMPLOYED: (0.62, 0.60, 0.60, 0.60, 0.62, 0.66, 0.80),
    LifeStyle.ELDERLY_PAIR: (0.66, 0.66, 0.66, 0.66, 0.64, 0.66, 0.76),
    LifeStyle.ELDERLY_ALONE: (0.64, 0.64, 0.64, 0.64, 0.62, 0.64, 0.74),
    LifeStyle.COMPANY: (0.92, 0.80, 0.30, 0.12, 0.05, 0.10, 0.02),
}
_NEVER_SHARE = {True: 0.26, False: 0.16}
_NOON_LIFT = 0.08
"""A mobile is nearer to hand in the lunch hour of those who work by day."""


@dataclass(frozen=True, slots=True)
class LineHabit:
    """How a line behaves over time: how willingly unknown numbers are answered there, and how its week runs."""

    style: LifeStyle
    willing: float
    off: float
    rejects: float


class Habits:
    """The habits behind every line of a city; the same seed gives the same ones."""

    def __init__(self, city: SyntheticCity, seed: int) -> None:
        self._styles = {no: resident.style for no, resident in city.residents.items()}
        self._seed = seed
        self._known: dict[str, LineHabit] = {}

    def of(self, line: Line) -> LineHabit:
        habit = self._known.get(line.e164)
        if habit is None:
            habit = self._known[line.e164] = self._draw(line)
        return habit

    def answer_chance(self, line: Line, at: datetime) -> float:
        """The probability that a person takes up this line if it rings at `at`."""
        if line.fate not in (LineFate.RIGHT, LineFate.WRONG):
            return 0.0
        habit = self.of(line)
        return habit.willing * _near(habit.style, at, mobile=line.mobile)

    def _draw(self, line: Line) -> LineHabit:
        rng = random.Random(f"{self._seed}:habit:{line.e164}")
        owner = line.owners[0] if line.owners else None
        style = self._styles.get(owner or "", LifeStyle.WORKER_ALONE)
        if style is LifeStyle.COMPANY:
            return LineHabit(style, 0.95, 0.0, 0.0)
        never = rng.random() < _NEVER_SHARE[line.mobile]
        willing = rng.uniform(0.0, 0.05) if never else rng.betavariate(16.0, 1.4 if not line.mobile else 1.8)
        off = rng.uniform(0.01, 0.08) if line.mobile else 0.0
        return LineHabit(style, willing, off, rng.uniform(0.0, 0.03) if never else 0.003)


def _near(style: LifeStyle, at: datetime, *, mobile: bool) -> float:
    local = at.astimezone(JST)
    chances = (_AT_HAND if mobile else _AT_HOME)[style]
    kind = day_kind(local)
    if kind == _SUNDAY:
        return chances[6]
    if kind == _SATURDAY:
        return chances[5]
    if local.hour >= 17:
        return chances[min(local.hour, 20) - 16]
    if mobile and local.hour == 12:
        return min(0.9, chances[0] + _NOON_LIFT)
    return chances[0]


def day_kind(local: datetime) -> str:
    """ "saturday", "sunday" (public holidays too) or "weekday"."""
    if local.isoweekday() == 6:
        return _SATURDAY
    return _WEEKDAY if office_open(local.date()) else _SUNDAY


@dataclass(frozen=True, slots=True)
class MeasuredRates:
    """Answer rates in percent after a number of unanswered weekday calls."""

    after_misses: int
    weekday: float
    saturday: float
    sunday: float


PUBLISHED_RATES = (MeasuredRates(2, 23.0, 34.0, 41.2), MeasuredRates(3, 14.7, 26.4, 28.6))


def measured_rates(city: SyntheticCity, seed: int, lines: Iterable[Line] | None = None) -> Sequence[MeasuredRates]:
    """What this city's people would show the 国税庁's way: weekday calls in office hours, live numbers of persons only.

    Exact expectation over every line, not a simulation: the weight of a line is its chance of having missed so often.
    """
    habits = Habits(city, seed)
    monday = at_jst(city.as_of + timedelta(days=7 - city.as_of.isoweekday() + 1))
    hours = [monday + timedelta(hours=hour) for hour in (9, 10, 11, 13, 14, 15, 16)]
    saturday, sunday = monday + timedelta(days=5, hours=11), monday + timedelta(days=6, hours=11)
    sums = {count: [0.0, 0.0, 0.0, 0.0] for count in (2, 3)}
    for line in city.lines.values() if lines is None else lines:
        if line.fate is not LineFate.RIGHT or habits.of(line).style is LifeStyle.COMPANY:
            continue
        on_weekday = sum(habits.answer_chance(line, hour) for hour in hours) / len(hours)
        for count, total in sums.items():
            weight = (1 - on_weekday) ** count
            total[0] += weight
            total[1] += weight * on_weekday
            total[2] += weight * habits.answer_chance(line, saturday)
            total[3] += weight * habits.answer_chance(line, sunday)
    return tuple(
        MeasuredRates(count, *(round(100 * part / total[0], 1) for part in total[1:])) for count, total in sums.items()
    )

"""Five cities. Each says when people are near a phone; the first is built as a reach model would have it, the others are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.habits import Generator, Presence
from rehearsal.reach_cities.hours import SATURDAY, SUNDAY, WEEKDAY, Hours
from rehearsal.reach_cities.households import Shape
from rehearsal.reach_cities.people import family_at_home, kinds_of_week, second_adult, willingness
from rehearsal.reach_cities.weeks import at_hand, curves, evening_share

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

NOISE = 0.6
"""How much a person's hours differ from those of the kind, in logits."""
JUMPS_A_WEEK = 0.06
"""Drift: share of adults whose week becomes another one in any week (a new job, a birth, a hospital)."""
WILLINGNESS_STEP = 0.30
"""Drift: weekly step of a person's willingness, in logits."""
ON_ROTA = 0.7
"""Rotas: share of adults below 65 who work by one."""


def types(rng: np.random.Generator, shape: Shape, age: int, count: int, hours: Hours) -> Presence:
    """Latent kinds of weeks times a person's willingness: what the reach model takes a city for."""
    kinds = kinds_of_week(rng, age, count)
    return _presence(rng, shape, age, curves(hours)[kinds], willingness(rng, count)[:, :, None], hours)


def drift(rng: np.random.Generator, shape: Shape, age: int, count: int, hours: Hours) -> Presence:
    """Habits that jump from one kind of week to another, and willingness that wanders, week by week."""
    weeks = int(hours.week.max(initial=0)) + 1
    kinds = np.empty((count, 2, weeks), dtype=np.int64)
    kinds[:, :, 0] = kinds_of_week(rng, age, count)
    for week in range(1, weeks):
        jumps = rng.random((count, 2)) < JUMPS_A_WEEK
        kinds[:, :, week] = np.where(jumps, kinds_of_week(rng, age, count), kinds[:, :, week - 1])
    by_kind = curves(hours)
    here = hours.week
    home = np.empty((count, 2, len(hours)), dtype=np.float32)
    for slot in range(len(hours)):
        home[:, :, slot] = by_kind[:, slot][kinds[:, :, here[slot]]]
    steps = np.cumsum(rng.normal(0, WILLINGNESS_STEP, (count, 2, weeks)), axis=2)
    willing = _shifted(willingness(rng, count)[:, :, None], steps)
    return _presence(rng, shape, age, home, willing[:, :, here], hours)


def rotas(rng: np.random.Generator, shape: Shape, age: int, count: int, hours: Hours) -> Presence:
    """Shift work: four-day rotas (early, late, night, off), two days on and two off, and weeks early and late by turns."""
    home = curves(hours)[kinds_of_week(rng, age, count)]
    works = rng.random((count, 2)) < (ON_ROTA if age != 2 else 0.1)
    plan, phase = rng.integers(0, len(_ROTAS), (count, 2)), rng.integers(0, 28, (count, 2))
    rota_home = _rota_curves(hours)[plan, phase]
    home = np.where(works[:, :, None], rota_home, home)
    return _presence(rng, shape, age, home, willingness(rng, count)[:, :, None], hours)


def correlated(rng: np.random.Generator, shape: Shape, age: int, count: int, hours: Hours) -> Presence:
    """Houses of two earners, and days on which nobody of the house is there, whatever the hour."""
    kinds = kinds_of_week(rng, min(age, 1) if shape is Shape.TWO_DEBTORS else age, count)
    presence = _presence(rng, shape, age, curves(hours)[kinds], willingness(rng, count)[:, :, None], hours)
    away = rng.beta(1.0, 4.0, count).astype(np.float32)
    return Presence(presence.home, presence.hand, presence.willing, presence.family, away)


def hours_of_their_own(rng: np.random.Generator, shape: Shape, age: int, count: int, hours: Hours) -> Presence:
    """No kinds at all: each person has one best hour of the day and a width around it, on days off another one."""
    centre = rng.uniform(8.0, 21.5, (count, 2, 1))
    centre = np.where(hours.kind != WEEKDAY, rng.uniform(9.0, 20.0, (count, 2, 1)), centre)
    width = rng.gamma(4.0, 0.6, (count, 2, 1))
    peak = rng.beta(6.0, 2.0, (count, 2, 1))
    home = 0.05 + peak * np.exp(-0.5 * ((hours.hour + 0.5 - centre) / width) ** 2)
    lift = np.select([hours.kind == SATURDAY, hours.kind == SUNDAY], [0.15, 0.35], 0.0)
    home = home + (1 - home) * lift
    return _presence(rng, shape, age, np.clip(home, 0.0, 0.97), willingness(rng, count)[:, :, None], hours)


GENERATORS: dict[str, Generator] = {
    "types": types,
    "drift": drift,
    "rotas": rotas,
    "correlated": correlated,
    "own_hours": hours_of_their_own,
}


def _presence(
    rng: np.random.Generator, shape: Shape, age: int, home: npt.NDArray[np.floating], willing: Floats, hours: Hours
) -> Presence:
    """Everybody's hours with a person's own noise; who has no second adult has nobody in that place."""
    count = len(home)
    own = rng.normal(0, NOISE, (count, 2, 1)) + rng.normal(0, NOISE, (count, 2, 4))[:, :, _part_of_week(hours)]
    home = _shifted(home, own).astype(np.float32)
    hand = at_hand(home, hours)
    there = second_adult(rng, shape, age, count)
    home[~there, 1] = 0.0
    family = family_at_home(rng, home)
    taken = np.broadcast_to(willing, home.shape).astype(np.float32)
    return Presence(home, hand, taken, family, np.zeros(count, dtype=np.float32))


def _part_of_week(hours: Hours) -> Whole:
    """Weekday morning, afternoon, evening, and days off."""
    part = np.select([hours.kind != WEEKDAY, hours.hour >= 17, hours.hour >= 12], [3, 2, 1], 0)
    return part.astype(np.int64)


def _shifted(chance: npt.NDArray[np.floating], logits: npt.NDArray[np.floating]) -> Floats:
    inside = np.clip(chance, 0.002, 0.998)
    return np.asarray(1.0 / (1.0 + (1.0 / inside - 1.0) * np.exp(-logits)), dtype=np.float32)


# Rotas: for each day of the cycle, home in the morning (–12), afternoon (–17) and evening.
_EARLY, _LATE, _NIGHT, _OFF, _LONG = (0.04, 0.40, 0.78), (0.84, 0.30, 0.06), (0.22, 0.66, 0.74), (0.82, 0.74, 0.76), (0.03, 0.03, 0.30)  # fmt: skip
_ROTAS: tuple[tuple[tuple[float, float, float], ...], ...] = (
    (_EARLY, _LATE, _NIGHT, _OFF),
    (_LONG, _LONG, _OFF, _OFF),
    (_EARLY,) * 5 + (_OFF,) * 2 + (_LATE,) * 5 + (_OFF,) * 2,
)


def _rota_curves(hours: Hours) -> Floats:
    """Rota × day of phase (28) × hours."""
    part = np.select([hours.hour >= 17, hours.hour >= 12], [2, 1], 0)
    evening = np.array([evening_share(int(hour)) if hour >= 17 else 1.0 for hour in hours.hour])
    found = np.empty((len(_ROTAS), 28, len(hours)), dtype=np.float32)
    for plan, cycle in enumerate(_ROTAS):
        table = np.array(cycle)
        for phase in range(28):
            # The fortnight of early and late weeks runs from Monday; only which week comes first differs.
            start = phase if len(cycle) < 14 else 7 * (phase % 2)
            found[plan, phase] = table[(hours.day + start) % len(cycle), part] * evening
    return found

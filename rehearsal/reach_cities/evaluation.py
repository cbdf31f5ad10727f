"""The evaluation: every order on every city, several seeds each, week by week; and the sums it is judged by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.city import City, found_city
from rehearsal.reach_cities.hours import calling_hours
from rehearsal.reach_cities.modelled import Modelled
from rehearsal.reach_cities.observers import Clairvoyant, IdealObserver
from rehearsal.reach_cities.plain import ByCityHour, ByLastSuccess, ByLot, ByPersonBand, ByPersonRate
from rehearsal.reach_cities.rankers import ByChance, ByWorth, Ranker
from rehearsal.reach_cities.trial import NO_PAST, Course, Past, try_order

OBSERVERS_SEED = 90_001
"""Prototypes are drawn apart from every city that is called."""
WEEKLY_SLOTS = 48

Maker = Callable[[City, int, int], Ranker]
"""(city, calls an hour, seed)."""

LOT, MODEL = "lot", "model"
IDEAL, IDEAL_CHANCE = "ideal", "ideal_chance"
ORDERS: dict[str, Maker] = {
    LOT: lambda _city, _calls, seed: ByLot(seed),
    "city_hour": lambda _city, _calls, seed: ByCityHour(seed),
    "person": lambda city, _calls, seed: ByPersonRate(city, seed),
    "person_band": lambda city, _calls, seed: ByPersonBand(city, seed),
    "last_success": lambda city, _calls, seed: ByLastSuccess(city, seed),
    "model_chance": lambda city, _calls, _seed: ByChance(Modelled(city)),
    MODEL: lambda city, calls, _seed: ByWorth(Modelled(city), calls),
    IDEAL_CHANCE: lambda city, _calls, seed: ByChance(IdealObserver(city, OBSERVERS_SEED + seed)),
    IDEAL: lambda city, calls, seed: ByWorth(IdealObserver(city, OBSERVERS_SEED + seed), calls),
    "clairvoyant": lambda _city, calls, _seed: ByWorth(Clairvoyant(), calls),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How a city is called: its size, weeks, and calls a week for each household on the list; and how it was called by lot in the
    weeks before, if it was."""

    households: int
    weeks: int
    calls_a_week: float
    past_weeks: int = 0
    past_calls_a_week: float = 0.0

    @property
    def calls_an_hour(self) -> int:
        return self._hourly(self.calls_a_week)

    @property
    def past(self) -> Past:
        return Past(self.past_weeks, self._hourly(self.past_calls_a_week)) if self.past_weeks else NO_PAST

    def _hourly(self, weekly: float) -> int:
        return max(1, round(self.households * weekly / WEEKLY_SLOTS))


@dataclass(frozen=True, slots=True)
class Cell:
    """One order on one city: calls and right-party contacts of each week."""

    city: str
    seed: int
    order: str
    calls: tuple[int, ...]
    contacts: tuple[int, ...]


def evaluate(
    cities: Iterable[str], seeds: Iterable[int], orders: Sequence[str], setting: Setting, kept: Path | None = None
) -> Iterator[Cell]:
    """Every cell in turn; those that lie in the folder `kept` from an earlier run of the same setting are read, not run again."""
    seeds = tuple(seeds)
    for name in cities:
        for seed in seeds:
            city: City | None = None
            for order in orders:
                file = _file(kept, name, seed, order, setting)
                if file is not None and file.exists():
                    yield _read(file)
                    continue
                city = city or found_city(
                    name, seed, setting.households, calling_hours(setting.past_weeks + setting.weeks)
                )
                course = _tried(city, order, setting)
                cell = Cell(name, seed, order, tuple(course.calls.tolist()), tuple(course.contacts.tolist()))
                if file is not None:
                    _write(file, cell)
                yield cell


def _tried(city: City, order: str, setting: Setting) -> Course:
    ranker = ORDERS[order](city, setting.calls_an_hour, city.seed)
    return try_order(city, ranker, setting.calls_an_hour, setting.past)


def _file(kept: Path | None, city: str, seed: int, order: str, setting: Setting) -> Path | None:
    if kept is None:
        return None
    past = f"-{setting.past_weeks}-{setting.past_calls_a_week}" if setting.past_weeks else ""
    size = f"{setting.households}-{setting.weeks}-{setting.calls_a_week}{past}"
    return kept / f"{city}-{seed}-{order}-{size}.json"


def _read(file: Path) -> Cell:
    found = json.loads(file.read_text(encoding="utf-8"))
    return Cell(found["city"], found["seed"], found["order"], tuple(found["calls"]), tuple(found["contacts"]))


def _write(file: Path, cell: Cell) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".new")
    half.write_text(json.dumps(asdict(cell)), encoding="utf-8")
    half.replace(file)


# -- sums over seeds ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds with the half-width of its 95 % interval (Student; infinite for one seed)."""

    value: float
    half: float

    def __str__(self) -> str:
        return f"{self.value:.2f}" if not np.isfinite(self.half) else f"{self.value:.2f} ± {self.half:.2f}"


_STUDENT = (np.inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def mean_of(values: Sequence[float]) -> Mean:
    """The mean of one value a seed."""
    numbers: npt.NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    if len(numbers) < 2:
        return Mean(float(numbers.mean()), float("inf"))
    student = _STUDENT[min(len(numbers), len(_STUDENT)) - 1]
    return Mean(float(numbers.mean()), float(student * numbers.std(ddof=1) / np.sqrt(len(numbers))))


def calls_per_contact(cells: Sequence[Cell], first: int, last: int) -> Mean:
    """Calls for one right-party contact in the weeks `first` to `last` (counted from one)."""
    part = slice(first - 1, last)
    return mean_of([sum(cell.calls[part]) / max(1, sum(cell.contacts[part])) for cell in cells])


def ratio_to(cells: Sequence[Cell], other: Sequence[Cell], first: int, last: int) -> Mean:
    """Calls per contact as a multiple of another order's on the same cities and seeds."""
    part = slice(first - 1, last)
    theirs = {(cell.city, cell.seed): sum(cell.calls[part]) / max(1, sum(cell.contacts[part])) for cell in other}
    return mean_of(
        [sum(cell.calls[part]) / max(1, sum(cell.contacts[part])) / theirs[cell.city, cell.seed] for cell in cells]
    )


def share_of(cells: Sequence[Cell], bound: Sequence[Cell], first: int, last: int) -> Mean:
    """Contacts in these weeks as a share of another order's on the same cities and seeds."""
    part, contacts = slice(first - 1, last), {(cell.city, cell.seed): cell.contacts for cell in bound}
    return mean_of([sum(cell.contacts[part]) / max(1, sum(contacts[cell.city, cell.seed][part])) for cell in cells])

"""What `tsunagaru bench pacing` measures: every cell by name, and what is wanted of it (PACING.md §2 to §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from rehearsal.reference_world import runs, tuning
from rehearsal.reference_world.baselines import Level
from rehearsal.reference_world.optimum import optimum
from rehearsal.reference_world.results import Result
from rehearsal.reference_world.world import World

HOUR = 3600.0
SIZES = (3, 4, 5, 10, 20, 50, 100, 200)
PROBABILITIES = (0.20, 0.35, 0.50)
LOOSE, STRICT = 0.03, 0.01
ETA_DAILY, AIM_DAILY = 0.1, 0.026
MARKOV_TICK = 0.25
"""The optimum decides at every event; a quarter of a second comes near that. Where many dials fly, a second does too;
small rooms get twice the seeds, since half a point is asked for."""
_MARKOV_SMALL = 20
PULL_AFTER = 10.0
SPREADS = (0.16, 0.24, 0.34)
"""Standard deviations of the numbers' own probabilities."""
_BY_CLASS_SEED = 300
_DAY_SEED = 10_000


@dataclass(frozen=True, slots=True)
class Length:
    """How much is simulated."""

    sizes: tuple[int, ...]
    probabilities: tuple[float, ...]
    seeds: int
    hours: float
    days: int
    """In a room of five; larger ones have fewer."""
    markov: tuple[int, ...]
    pulls: tuple[int, ...]
    class_seeds: int
    baselines: bool
    optimum_up_to: int

    @property
    def seconds(self) -> float:
        return self.hours * HOUR

    def draws(self) -> range:
        return range(1, self.seeds + 1)


FULL = Length(SIZES, PROBABILITIES, 10, 8.0, 400, (5, 20, 100), (10, 20, 50), 2, True, 100)
QUICK = Length((4, 5, 10, 20), (0.35,), 6, 2.0, 60, (5,), (10,), 0, False, 20)


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement; `measure` may be handed another cell's result by its key."""

    key: str
    measure: Callable[[Mapping[str, Result]], Result]
    needs: tuple[str, ...] = ()


def key(policy: str, operators: int, probability: float) -> str:
    """Of a cell of the grid."""
    return f"{policy}-n{operators}-p{round(100 * probability):02d}"


def cells(length: Length) -> Iterator[Cell]:
    """Everything, the quick ones first within each subject."""
    for operators in length.sizes:
        for probability in length.probabilities:
            yield from _grid(length, operators, probability)
    for operators in length.pulls:
        of = World(operators, 0.35, pull_after=PULL_AFTER)
        yield Cell(key("pull", operators, 0.35), _plain(partial(_hazard, length, of, STRICT)))
    for operators in length.markov:
        of = World(operators, 0.35, patience=0.0, markov=True)
        yield Cell(key("markov", operators, 0.35), _plain(partial(_markov, length, of)))
    yield from _others(length)


def _grid(length: Length, operators: int, probability: float) -> Iterator[Cell]:
    of = World(operators, probability)
    yield Cell(key("one", operators, probability), _plain(partial(runs.fixed, of, 1.0, length.draws(), length.seconds)))
    yield Cell(key("hazard3", operators, probability), _plain(partial(_hazard, length, of, LOOSE)))
    if probability == PROBABILITIES[1] and operators <= tuning.LARGEST:
        yield Cell(key("hazard1", operators, probability), _plain(partial(_hazard, length, of, STRICT)))
    if operators <= length.optimum_up_to:
        yield Cell(key("optimum", operators, probability), _plain(partial(_optimum, operators, probability)))
    if length.baselines:
        yield from _baselines(length, of)


def _baselines(length: Length, of: World) -> Iterator[Cell]:
    tuned = key("tuned", min(of.operators, tuning.LARGEST), of.probability)
    if of.operators <= tuning.LARGEST:
        yield Cell(tuned, _plain(partial(_tuned, of)))
    yield Cell(key("adaptive", of.operators, of.probability), partial(_adaptive, length, of, tuned), needs=(tuned,))
    yield Cell(key("fixed", of.operators, of.probability), _plain(partial(_fixed, length, of)))


def _others(length: Length) -> Iterator[Cell]:
    """Days, drift, the numbers' own probabilities, timed wrap-up, and the classes themselves."""
    day = 8 * HOUR
    for operators in (5, 10, 20) if length.baselines else (10,):
        seeds = range(_DAY_SEED, _DAY_SEED + length.days * 5 // operators)
        of = World(operators, 0.35)
        yield Cell(key("days", operators, 0.35), _plain(partial(runs.days, of, AIM_DAILY, ETA_DAILY, seeds, day)))
        yield Cell(key("room3", operators, 0.35), _plain(partial(runs.room_days, of, LOOSE, seeds[::2], day)))
    if not length.baselines:
        return
    seeds = range(_DAY_SEED, _DAY_SEED + length.days // 2)
    yield Cell(key("room1", 4, 0.35), _plain(partial(runs.room_days, World(4, 0.35), STRICT, seeds, day)))
    for operators in (5, 20):
        drifting = World(operators, 0.35, drift=0.4)
        told = drifting._replace(estimated_from=100)
        yield Cell(key("drift-known", operators, 0.35), _plain(partial(_hazard, length, drifting, LOOSE)))
        yield Cell(key("drift", operators, 0.35), _plain(partial(_hazard, length, told, LOOSE)))
        timed = World(operators, 0.35, timed_wrapup=30.0)
        yield Cell(key("timed", operators, 0.35), _plain(partial(_hazard, length, timed, LOOSE)))
        for spread in SPREADS:
            own = World(operators, 0.35, spread=spread)
            name = f"own{round(100 * spread)}"
            yield Cell(key(name, operators, 0.35), _plain(partial(_hazard, length, own, LOOSE)))
    seeds = range(_BY_CLASS_SEED, _BY_CLASS_SEED + length.class_seeds)
    for operators in (5, 20):
        of = World(operators, 0.35)
        yield Cell(key("class3", operators, 0.35), _plain(partial(runs.by_class, of, LOOSE, seeds, length.seconds)))


def _plain(measure: Callable[[], Result]) -> Callable[[Mapping[str, Result]], Result]:
    return partial(_without_others, measure)


def _without_others(measure: Callable[[], Result], _: Mapping[str, Result]) -> Result:
    return measure()


def _hazard(length: Length, of: World, target: float) -> Result:
    return runs.hazard(of, target, length.draws(), length.seconds)


def _markov(length: Length, of: World) -> Result:
    if of.operators > _MARKOV_SMALL:
        return runs.hazard(of, LOOSE, length.draws(), length.seconds)
    twice = range(1, 2 * length.seeds + 1)
    return runs.hazard(of, LOOSE, twice, length.seconds, tick=MARKOV_TICK)


def _optimum(operators: int, probability: float) -> Result:
    return Result([100 * optimum(operators, probability, LOOSE)], [100 * LOOSE])


def _tuned(of: World) -> Result:
    return Result([], [], [], tuning.best_level(of, LOOSE)._asdict())


def _adaptive(length: Length, of: World, tuned: str, found: Mapping[str, Result]) -> Result:
    level = tuning.for_larger(Level(**found[tuned].settings), of.operators)
    return runs.adaptive(of, level, length.draws(), length.seconds)


def _fixed(length: Length, of: World) -> Result:
    return runs.fixed(of, tuning.best_ratio(of, LOOSE), length.draws(), length.seconds)

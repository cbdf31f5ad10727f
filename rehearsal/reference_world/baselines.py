"""The baselines' whole runs, each one compiled loop; they decide by the rules of `dialer.pacing`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dialer.pacing.adaptive_rules import (
    BUSY_MINUTE,
    BUSY_TODAY,
    CHANGE_SECONDS,
    DIAL_SECONDS,
    LEVEL_SAMPLES,
    hhmm_left,
    level_after,
    lines_wanted,
    tapered,
)
from dialer.pacing.fixed_rules import lines_for
from rehearsal.reference_world.world import (
    READY,
    TALKING,
    Floats,
    Floor,
    Ints,
    World,
    advance,
    closed,
    launch,
    opened,
)

HARD, AVERAGE, TAPERED = 0, 1, 2
MINUTE = 8192


class Level(NamedTuple):
    """`dialer.pacing.adaptive_level.AdaptiveTerms` in numbers."""

    level_max: float = 3.0
    target_difference: float = 0.0
    intensity: float = 0.0
    available_only: bool = False
    law: int = TAPERED
    drop_limit: float = 0.03
    end_hhmm: int = 2000
    midnight: float = -41400.0
    """The shift begins at 11:30."""


class Memory(NamedTuple):
    """What the dial level remembers: its samples, the last answers with their moments, and a few numbers."""

    samples: Floats
    moments: Floats
    lost: Ints
    counts: Ints
    numbers: Floats


# columns of Memory.counts and Memory.numbers
SAMPLED, TOLD, ANSWERS, DROPS = 0, 1, 2, 3
LEVEL, CHANGE_AT, DIAL_AT = 0, 1, 2


def run_fixed(world: World, seed: int, discarded: float, seconds: float, tick: float, ratio: float) -> Floats:
    """A fixed ratio; 1 is one-to-one."""
    floor = opened(world, seed, discarded)
    told = np.zeros(4096, np.int64)
    for number in range(int((discarded + seconds) / tick + 0.5)):
        now = number * tick
        advance(world, floor, now, told)
        wanted = lines_for(ratio, (floor.state == READY).sum()) - floor.lines[0]
        if wanted > 0:
            launch(world, floor, now, min(wanted, len(floor.ahead)))
    advance(world, floor, discarded + seconds, told)
    closed(floor, discarded + seconds)
    return floor.tally


def run_adaptive(world: World, seed: int, discarded: float, seconds: float, tick: float, terms: Level) -> Floats:
    """The adaptive dial level with these settings."""
    floor = opened(world, seed, discarded)
    told = np.zeros(4096, np.int64)
    memory = Memory(
        np.zeros((LEVEL_SAMPLES, 3)),
        np.zeros(MINUTE),
        np.zeros(MINUTE, np.int64),
        np.zeros(4, np.int64),
        np.array([1.0, CHANGE_SECONDS, 0.0]),
    )
    for number in range(int((discarded + seconds) / tick + 0.5)):
        now = number * tick
        for what in told[: advance(world, floor, now, told)]:
            _tell(memory, what, max(now - tick, 0.0))
        dials = _level_dials(world, floor, memory, terms, now)
        if dials > 0:
            launch(world, floor, now, min(dials, len(floor.ahead)))
    advance(world, floor, discarded + seconds, told)
    closed(floor, discarded + seconds)
    return floor.tally


def _tell(memory: Memory, what: int, moment: float) -> None:
    place = memory.counts[TOLD] % MINUTE
    memory.moments[place] = moment
    memory.lost[place] = what == 2
    memory.counts[TOLD] += 1
    memory.counts[DROPS if what == 2 else ANSWERS] += 1


def _level_dials(world: World, floor: Floor, memory: Memory, terms: Level, now: float) -> int:
    ready = (floor.state == READY).sum()
    talking = (floor.state == TALKING).sum()
    waiting = (floor.answered_at[: floor.lines[0]] >= 0.0).sum()
    place = memory.counts[SAMPLED] % LEVEL_SAMPLES
    memory.samples[place, 0] = ready
    memory.samples[place, 1] = waiting
    memory.samples[place, 2] = world.operators
    memory.counts[SAMPLED] += 1
    if now >= memory.numbers[CHANGE_AT]:
        memory.numbers[CHANGE_AT] += CHANGE_SECONDS
        _follow(memory, terms, now)
    if now < memory.numbers[DIAL_AT]:
        return 0
    memory.numbers[DIAL_AT] = max(memory.numbers[DIAL_AT] + DIAL_SECONDS, now)
    wanted = lines_wanted(memory.numbers[LEVEL], ready, talking, terms.available_only)
    return int(wanted - floor.lines[0] - talking)


def _follow(memory: Memory, terms: Level, now: float) -> None:
    size = min(memory.counts[SAMPLED], LEVEL_SAMPLES)
    means = memory.samples[:size].sum(axis=0) / size
    level = level_after(
        memory.numbers[LEVEL],
        means[0],
        means[1],
        means[2],
        terms.target_difference,
        terms.intensity,
        terms.level_max,
    )
    answers = 0
    drops = 0
    for back in range(min(memory.counts[TOLD], MINUTE)):
        place = (memory.counts[TOLD] - 1 - back) % MINUTE
        if memory.moments[place] <= now - 60.0:
            break
        drops += memory.lost[place]
        answers += 1 - memory.lost[place]
    if answers > BUSY_MINUTE and drops > answers / 2:
        level = max(level / 2.0, 1.0)
    if memory.counts[ANSWERS] > BUSY_TODAY and memory.counts[DROPS] > terms.drop_limit * memory.counts[ANSWERS]:
        factor = 0.0
        if terms.law == AVERAGE:
            factor = 0.5
        elif terms.law == TAPERED:
            factor = tapered(hhmm_left(terms.end_hhmm, now - terms.midnight))
        level = max(level * factor, 1.0)
    memory.numbers[LEVEL] = level

"""Runs of the policies in the reference world, compiled once a process."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from dialer.pacing import (
    AgentView,
    CallView,
    FloorView,
    HazardPacer,
    Pacer,
    Timings,
    adaptive_rules,
    arithmetic,
    budget_rules,
    fixed_rules,
    threshold,
)
from dialer.pacing.room import AIM, DAILY_ETA
from rehearsal.reference_world import baselines, kernels, world
from rehearsal.reference_world.baselines import Level
from rehearsal.reference_world.compiled import compile_functions
from rehearsal.reference_world.driven import drive
from rehearsal.reference_world.kernels import Lookups
from rehearsal.reference_world.results import Result, result_of
from rehearsal.reference_world.world import World

TICK = 1.0
DISCARDED = 1800.0
_SAMPLES = 4000
_SAMPLE_SEED = 99_991


@cache
def steps() -> Mapping[str, Callable[..., Any]]:
    """The compiled functions, by name."""
    return compile_functions(
        arithmetic, threshold, budget_rules, fixed_rules, adaptive_rules, world, kernels, baselines
    )


@cache
def history(of: World) -> Timings:
    """Timings as a campaign has them after some thousand calls in this world, drawn with a seed of their own."""
    np.random.seed(_SAMPLE_SEED)
    draw = steps()
    return Timings.from_samples(
        answer=[draw["time_to_answer"](of) for _ in range(_SAMPLES)],
        release=[draw["time_to_release"](of) for _ in range(_SAMPLES)],
        talk=[draw["talk_time"](of) for _ in range(_SAMPLES)],
        wrapup=[draw["wrapup_time"](of) for _ in range(_SAMPLES)],
    )


def lookups(of: World) -> Lookups:
    """The pacer's tables as arrays."""
    tables = history(of._replace(operators=1, probability=0.5, spread=0.0)).tables(of.patience)
    block = tables.block(of.pull_after) if of.pull_after >= 0.0 else 0
    return Lookups(
        tables.weights,
        tables.ring_step,
        tables.answered,
        tables.unanswered,
        tables.held,
        tables.talk_step,
        tables.wrapup_step,
        tables.talk_rows,
        tables.wrapup_rows,
        tables.free,
        block,
    )


def hazard(
    of: World, target: float, seeds: Sequence[int], seconds: float, eta: float = 0.02, tick: float = TICK
) -> Result:
    """The hazard policy by its compiled loop."""
    found = lookups(of)
    run = steps()["run_hazard"]
    return result_of(
        [run(of, found, seed, DISCARDED, seconds, tick, target, eta) for seed in seeds], of.operators, seconds
    )


def days(of: World, target: float, eta: float, seeds: Sequence[int], seconds: float) -> Result:
    """Whole days, each beginning with everybody ready and a new budget, nothing discarded."""
    found = lookups(of)
    run = steps()["run_hazard"]
    return result_of([run(of, found, seed, 0.0, seconds, TICK, target, eta) for seed in seeds], of.operators, seconds)


def fixed(of: World, ratio: float, seeds: Sequence[int], seconds: float) -> Result:
    """A fixed ratio; 1 is one-to-one."""
    run = steps()["run_fixed"]
    return result_of(
        [run(of, seed, DISCARDED, seconds, TICK, ratio) for seed in seeds], of.operators, seconds, {"ratio": ratio}
    )


def adaptive(of: World, level: Level, seeds: Sequence[int], seconds: float) -> Result:
    """The adaptive dial level with these settings."""
    run = steps()["run_adaptive"]
    tallies = [run(of, seed, DISCARDED, seconds, TICK, level) for seed in seeds]
    return result_of(tallies, of.operators, seconds, level._asdict())


def by_class(of: World, target: float, seeds: Sequence[int], seconds: float) -> Result:
    """`HazardPacer` itself, asked once a second like the engine asks it."""
    return _driven(of, lambda: HazardPacer(target, of.patience, _timings(of), 0.02), seeds, DISCARDED, seconds)


def room_days(of: World, target: float, seeds: Sequence[int], seconds: float) -> Result:
    """Whole days of `RoomPacer` with its own aim; `settings` tells the share of time it had to dial one-to-one."""
    found = lookups(of)
    run = steps()["run_room_day"]
    tallies = [run(of, found, seed, seconds, TICK, target, AIM * target, DAILY_ETA) for seed in seeds]
    careful = sum(float(tally[7]) for tally in tallies) / (seconds * len(tallies))
    return result_of(tallies, of.operators, seconds, {"one_to_one": careful})


def seconds_for_a_decision(operators: int = 200, calls: int = 400, times: int = 9) -> float:
    """Median processor seconds `HazardPacer.decide` takes for a floor of that size."""
    rng = random.Random(1)
    agents = [
        AgentView(rng.choice(("talking", "talking", "wrapup", "ready")), -rng.random() * 99) for _ in range(operators)
    ]
    dials = [CallView(number, -rng.random() * 25, 0.35) for number in range(calls)]
    floor = FloorView(0.0, agents, dials, [0.35] * 50)
    pacer = HazardPacer(0.03)
    taken = []
    for _ in range(times):
        begun = time.thread_time()
        pacer.decide(floor)
        taken.append(time.thread_time() - begun)
    return statistics.median(taken)


def _timings(of: World) -> Timings:
    return history(of._replace(operators=1, probability=0.5, spread=0.0))


def _driven(of: World, pacer: Callable[[], Pacer], seeds: Sequence[int], discarded: float, seconds: float) -> Result:
    tallies = [drive(steps(), of, pacer(), seed, discarded, seconds, TICK) for seed in seeds]
    return result_of(tallies, of.operators, seconds)

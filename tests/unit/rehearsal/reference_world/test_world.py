"""The reference world and its policies, as plain Python on short shifts: the compiled functions are these very ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dialer.pacing import (
    AdaptiveLevelPacer,
    AdaptiveTerms,
    FixedRatioPacer,
    HazardPacer,
    Pacer,
    ProgressivePacer,
    RoomPacer,
    Timings,
)
from dialer.pacing.room import AIM, DAILY_ETA
from rehearsal.reference_world import baselines, closed_form, kernels, world
from rehearsal.reference_world.baselines import Level
from rehearsal.reference_world.driven import drive, view
from rehearsal.reference_world.kernels import Lookups
from rehearsal.reference_world.world import (
    DIALED,
    IDLE,
    LIVE,
    LOST,
    PULLED,
    READY,
    SERVED,
    TALKING,
    WRAPUP,
    World,
)

STEPS = vars(world)
TIMINGS = Timings()


def lookups(of: World) -> Lookups:
    tables = TIMINGS.tables(of.patience)
    block = tables.block(of.pull_after) if of.pull_after >= 0 else 0
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


WORLDS = [
    World(4, 0.35),
    World(6, 0.5, pull_after=10.0, patience=3.0),
    World(5, 0.3, spread=0.2, drift=0.4, estimated_from=100),
    World(5, 0.4, markov=True, patience=0.0),
]


@pytest.mark.parametrize("of", WORLDS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_loop_and_the_class_decide_alike_in_every_second(of: World, seed: int) -> None:
    """Same world, same seed: each of 900 decisions, and with them every count of the run."""
    compiled_twin = kernels.run_hazard(of, lookups(of), seed, 0.0, 900.0, 1.0, 0.03, 0.1)
    pacer = HazardPacer(0.03, of.patience, TIMINGS, 0.1)
    driven = drive(STEPS, of, pacer, seed, 0.0, 900.0)
    assert compiled_twin[DIALED] > 30
    assert compiled_twin[: SERVED + 1].tolist() == driven[: SERVED + 1].tolist()
    assert math.exp(compiled_twin[6]) == pytest.approx(pacer.theta)


@pytest.mark.parametrize("of", WORLDS)
def test_on_thousands_of_floors_both_give_the_same_number(of: World) -> None:
    floor = world.opened(of, 5, 0.0)
    told = np.zeros(4096, np.int64)
    found = lookups(of)
    for second in range(700):
        world.advance(of, floor, float(second), told)
        seen = view(STEPS, of, floor, float(second))
        for theta in (0.005, 0.03, 0.2):
            pacer = HazardPacer(theta, of.patience, TIMINGS)
            loop = kernels.hazard_dials(of, floor, found, float(second), pacer.theta)[0]
            assert pacer.decide(seen).dial == loop
        world.launch(of, floor, float(second), loop if second % 40 else 2 * loop)


def test_the_loop_of_a_days_room_is_the_room() -> None:
    """A target of 1 % with far too strict luck: the budget is spent within the hour, and both go one-to-one."""
    of = World(4, 0.5, talk_mean=20.0, wrapup_mean=5.0)
    found = lookups(of)
    loop = kernels.run_room_day(of, found, 9, 1800.0, 1.0, 0.01, AIM * 0.01, DAILY_ETA)
    room = RoomPacer(0.01, TIMINGS)
    driven = drive(STEPS, of, room, 9, 0.0, 1800.0)
    assert loop[7] > 0
    assert loop[: SERVED + 1].tolist() == driven[: SERVED + 1].tolist()
    assert (room.budget.live, room.budget.lost) == (loop[LIVE], loop[LOST])


@pytest.mark.parametrize("ratio", [1.0, 2.2])
def test_the_fixed_ratio_loop_is_the_class(ratio: float) -> None:
    of = World(5, 0.35)
    pacer: Pacer = ProgressivePacer() if ratio == 1.0 else FixedRatioPacer(ratio)
    loop = baselines.run_fixed(of, 7, 60.0, 1200.0, 1.0, ratio)
    assert loop.tolist() == drive(STEPS, of, pacer, 7, 60.0, 1200.0).tolist()


@pytest.mark.parametrize("only", [False, True])
def test_the_dial_level_loop_is_the_class(only: bool) -> None:
    of = World(12, 0.5, talk_mean=20.0, wrapup_mean=5.0)
    level = Level(level_max=6.0, target_difference=2.0, intensity=20.0, available_only=only)
    terms = AdaptiveTerms(6.0, 2.0, 20.0, only, midnight=level.midnight)
    loop = baselines.run_adaptive(of, 3, 60.0, 900.0, 1.0, level)
    assert loop[LOST] > 3
    assert loop.tolist() == drive(STEPS, of, AdaptiveLevelPacer(terms), 3, 60.0, 900.0).tolist()


def test_draws_have_the_means_the_closed_form_takes() -> None:
    np.random.seed(8)
    of = World(1, 0.35)
    answers = [world.time_to_answer(of) for _ in range(20_000)]
    releases = [world.time_to_release(of) for _ in range(20_000)]
    assert np.mean(answers) == pytest.approx(closed_form.time_to_answer(), abs=0.1)
    assert np.mean(releases) == pytest.approx(closed_form.time_to_release(), abs=0.15)
    assert np.mean([world.talk_time(of) for _ in range(40_000)]) == pytest.approx(120, rel=0.02)
    assert np.mean([world.wrapup_time(of) for _ in range(20_000)]) == pytest.approx(30, rel=0.02)
    assert max(answers) < 29.5


def test_one_to_one_is_near_its_closed_form() -> None:
    tally = baselines.run_fixed(World(30, 0.35), 2, 600.0, 7200.0, 1.0, 1.0)
    per_call = tally[IDLE] / tally[SERVED]
    occupancy = 150.0 / (150.0 + per_call)
    assert occupancy == pytest.approx(closed_form.one_to_one(0.35, 1.0), abs=0.012)
    assert tally[LOST] == 0


def test_own_probabilities_have_the_mean_and_the_spread_asked_for() -> None:
    np.random.seed(3)
    drawn = [world.own_probability(World(1, 0.35, spread=0.24)) for _ in range(20_000)]
    assert np.mean(drawn) == pytest.approx(0.35, abs=0.01)
    assert np.std(drawn) == pytest.approx(0.24, abs=0.01)


def test_a_pulled_operator_is_not_pulled_again_and_seldom_at_all() -> None:
    """Watched event by event through a shift with far too many answers."""
    of = World(3, 0.9, pull_after=10.0)
    floor = world.opened(of, 4, 0.0)
    told = np.zeros(4096, np.int64)
    pulls = floor.pulls.copy()
    for second in range(5000):
        before = [(int(s), float(since), int(p)) for s, since, p in zip(*_columns(floor), strict=True)]
        world.advance(of, floor, float(second), told)
        for who, (state, since, pulled) in enumerate(before):
            if floor.pulls[who] > pulls[who] and state == WRAPUP:
                assert pulled == 0
                assert floor.since[who] - since >= 10.0 - 1e-6
        pulls = floor.pulls.copy()
        if second % 20 == 0:
            world.launch(of, floor, float(second), 2)
    assert floor.tally[PULLED] > 5
    assert (floor.pulls <= 0.15 * floor.taken + 1e-9).all()


def _columns(floor: world.Floor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return floor.state, floor.since, floor.pulled


def test_nobody_and_nothing_is_lost_from_sight() -> None:
    """Live answers are served, lost or waiting; lines in use are ringing or waiting; lost ones have waited two seconds."""
    of = World(2, 0.8)
    floor = world.opened(of, 9, 0.0)
    told = np.zeros(4096, np.int64)
    for second in range(900):
        world.advance(of, floor, float(second), told)
        in_use = int(floor.lines[0])
        waiting = floor.answered_at[:in_use] >= 0.0
        tally = floor.tally
        assert tally[LIVE] == tally[SERVED] + tally[LOST] + waiting.sum()
        assert (second - floor.answered_at[:in_use][waiting] <= 2.0).all()
        assert not waiting.any() or (floor.state != READY).all()
        assert (floor.until[floor.state == TALKING] >= second).all()
        if second % 15 == 0:
            world.launch(of, floor, float(second), 1)
    assert floor.tally[LOST] > 0


def test_an_estimate_needs_dials_and_then_follows_them() -> None:
    of = World(4, 0.35, estimated_from=100)
    floor = world.opened(of, 1, 0.0)
    assert world.belief(of, floor, 0.0) == 1.0
    for _ in range(150):
        world.finished(floor, 1)
    assert world.belief(of, floor, 0.0) == pytest.approx(1.0 / 0.35)

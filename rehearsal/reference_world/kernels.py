"""A policy's whole run in one compiled loop. Decides by the functions of `dialer.pacing`, one decision each tick."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dialer.pacing.arithmetic import (
    answer_chances,
    dials_within,
    operators_left,
    rows_of,
)
from dialer.pacing.budget_rules import losses_allowed
from dialer.pacing.threshold import LOG_THETA, after_answer, after_dials, after_loss, threshold_at
from rehearsal.reference_world.world import (
    READY,
    TALKING,
    WRAPUP,
    Floats,
    Floor,
    World,
    advance,
    belief,
    closed,
    launch,
    may_be_pulled,
    opened,
)


class Lookups(NamedTuple):
    """`dialer.pacing.tables.Tables` as arrays."""

    weights: Floats
    ring_step: float
    answered: Floats
    unanswered: Floats
    held: Floats
    talk_step: float
    wrapup_step: float
    talk_rows: int
    wrapup_rows: int
    free: Floats
    pull_block: int


def hazard_dials(
    world: World, floor: Floor, lookups: Lookups, now: float, theta: float
) -> tuple[int, float, float, float]:
    """What `HazardPacer.decide` answers for this floor."""
    ready = 0
    firsts = np.zeros(len(floor.state), np.int64)
    for who in range(len(floor.state)):
        ready += floor.state[who] == READY
        firsts[who] = lookups.pull_block if may_be_pulled(world, floor, who) else 0
    talking = floor.state == TALKING
    writing = floor.state == WRAPUP
    talk = rows_of(now - floor.since[talking], lookups.talk_step, firsts[talking], lookups.talk_rows)
    wrapup = rows_of(
        now - floor.since[writing], lookups.wrapup_step, firsts[writing] + lookups.talk_rows, lookups.wrapup_rows
    )
    lines = floor.lines[0]
    ringing = floor.answered_at[:lines] < 0.0
    dialed = floor.dialed[:lines][ringing]
    ages = rows_of(now - dialed, lookups.ring_step, np.zeros(len(dialed), np.int64), len(lookups.unanswered))
    answers = answer_chances(
        floor.believed[:lines][ringing], lookups.answered[ages], lookups.unanswered[ages], lookups.held[ages]
    )
    left = operators_left(
        ready - (lines - len(dialed)), np.concatenate((lookups.free[talk], lookups.free[wrapup])), answers
    )
    candidates = np.minimum(floor.ahead * belief(world, floor, now), 0.98)
    return dials_within(left, candidates, lookups.answered[0], lookups.weights, theta)


def run_hazard(
    world: World, lookups: Lookups, seed: int, discarded: float, seconds: float, tick: float, target: float, eta: float
) -> Floats:
    """Counts of one run (columns of `Floor.tally`)."""
    floor = opened(world, seed, discarded)
    told = np.zeros(4096, np.int64)
    threshold = threshold_at(target, world.patience)
    ticks = int((discarded + seconds) / tick + 0.5)
    foreseen = 0.0
    for number in range(ticks):
        now = number * tick
        for what in told[: advance(world, floor, now, told)]:
            if what == 1:
                after_answer(threshold, target, eta)
            else:
                after_loss(threshold, eta)
        theta = math.exp(threshold[LOG_THETA])
        dials, _, answers, losses = hazard_dials(world, floor, lookups, now, theta)
        if dials > 0:
            after_dials(threshold, target, eta, answers, losses)
            launch(world, floor, now, dials)
            if now >= discarded:
                foreseen += losses
    advance(world, floor, discarded + seconds, told)
    closed(floor, discarded + seconds)
    floor.tally[6] = threshold[LOG_THETA]
    floor.tally[7] = foreseen
    return floor.tally


def run_room_day(
    world: World, lookups: Lookups, seed: int, seconds: float, tick: float, target: float, aim: float, eta: float
) -> Floats:
    """A day of `RoomPacer`, from everybody ready: one-to-one while the day's losses have used up what was earned."""
    floor = opened(world, seed, 0.0)
    told = np.zeros(4096, np.int64)
    threshold = threshold_at(aim, world.patience)
    live = 0
    lost = 0
    for number in range(int(seconds / tick + 0.5)):
        now = number * tick
        for what in told[: advance(world, floor, now, told)]:
            if what == 1:
                live += 1
                after_answer(threshold, aim, eta)
            else:
                lost += 1
                after_loss(threshold, eta)
        if lost >= losses_allowed(target, live):
            dials = min(max((floor.state == READY).sum() - floor.lines[0], 0), len(floor.ahead))
            floor.tally[7] += tick
        else:
            theta = math.exp(threshold[LOG_THETA])
            dials, _, answers, losses = hazard_dials(world, floor, lookups, now, theta)
            after_dials(threshold, aim, eta, answers, losses)
        if dials > 0:
            launch(world, floor, now, dials)
    advance(world, floor, seconds, told)
    closed(floor, seconds)
    return floor.tally

"""The reference world of PACING.md §2: operators, lines and callers, exact to the event between two ticks.

Pure functions over arrays, compiled by `rehearsal.reference_world.compiled`; run as plain Python they do the same, slowly.
Times are seconds from the start of the shift, at which every operator is ready.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

READY, TALKING, WRAPUP = 0, 1, 2
LINES = 4096
"""Lines a world has; no policy comes near."""
NEVER = 1e18
RING_LIMIT = 25.0

# columns of Floor.tally
IDLE, LIVE, LOST, DIALED, PULLED, SERVED = 0, 1, 2, 3, 4, 5


class World(NamedTuple):
    """What is fixed. Shares are 0 to 1, times seconds; `pull_after` and `timed_wrapup` below 0: not used."""

    operators: int
    probability: float
    spread: float = 0.0
    """Standard deviation of the numbers' own probabilities (Beta)."""
    drift: float = 0.0
    """The probability swings by this share of itself, up and down, over `drift_period`."""
    drift_period: float = 7200.0
    estimated_from: int = 0
    """The pacer is told the share answered among so many finished dials; 0: it is told the truth."""
    patience: float = 2.0
    markov: bool = False
    """Handle time exponential 150 s, ring exponential 12 s, instead of the lognormal ones."""
    pull_after: float = -1.0
    pull_share: float = 0.15
    timed_wrapup: float = -1.0
    talk_mean: float = 120.0
    wrapup_mean: float = 30.0


class Floor(NamedTuple):
    """What changes: one array for each column of operators, lines and counts."""

    state: Ints
    since: Floats
    until: Floats
    wrapup: Floats
    """Wrap-up that follows the present talk."""
    pulled: Ints
    """1: this operator's present or last call was pulled out of a wrap-up."""
    taken: Ints
    pulls: Ints
    dialed: Floats
    ends: Floats
    answers: Ints
    believed: Floats
    answered_at: Floats
    """-1 while it rings."""
    lines: Ints
    """One element: lines in use; they are the first ones."""
    tally: Floats
    from_when: Floats
    """One element: counting starts then."""
    results: Ints
    """Whether the last finished dials were answered, a ring of `World.estimated_from`."""
    ahead: Floats
    """Probabilities of the next numbers of the list."""


def opened(world: World, seed: int, discarded: float) -> Floor:
    """A shift that begins: everybody ready, no dial out. Counting starts after `discarded` seconds."""
    np.random.seed(seed)
    n = world.operators
    ahead = np.zeros(2 * n + 40)
    for number in range(len(ahead)):
        ahead[number] = own_probability(world)
    return Floor(
        np.zeros(n, np.int64),
        np.zeros(n),
        np.full(n, NEVER),
        np.zeros(n),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(LINES),
        np.zeros(LINES),
        np.zeros(LINES, np.int64),
        np.zeros(LINES),
        np.zeros(LINES),
        np.zeros(1, np.int64),
        np.zeros(8),
        np.full(1, discarded),
        np.full(max(world.estimated_from, 1) + 1, -1),
        ahead,
    )


def own_probability(world: World) -> float:
    """The next number's."""
    p = world.probability
    if world.spread <= 0.0:
        return p
    both = p * (1.0 - p) / (world.spread * world.spread) - 1.0
    return np.random.beta(p * both, (1.0 - p) * both)


def lognormal(mean: float, cv: float) -> float:
    """Seconds."""
    variance = math.log(1.0 + cv * cv)
    return math.exp(math.log(mean) - variance / 2.0 + math.sqrt(variance) * np.random.normal())


def time_to_answer(world: World) -> float:
    """Post-dial delay U(1.5, 4.5) s and lognormal(mean 9 s, cv 0.6), given that it is within the ring limit of 25 s."""
    if world.markov:
        return np.random.exponential(12.0)
    ringing = lognormal(9.0, 0.6)
    while ringing > RING_LIMIT:
        ringing = lognormal(9.0, 0.6)
    return np.random.uniform(1.5, 4.5) + ringing


def time_to_release(world: World) -> float:
    """55 % ring out, 25 % machine or announcement and 3 s, 20 % fast fail."""
    if world.markov:
        return np.random.exponential(12.0)
    delay = np.random.uniform(1.5, 4.5)
    kind = np.random.random()
    if kind < 0.55:
        return delay + 25.0
    if kind < 0.80:
        return delay + lognormal(15.0, 0.3) + 3.0
    return delay + np.random.uniform(0.5, 2.5)


def talk_time(world: World) -> float:
    """Seconds; in the Markov world all of the handle time."""
    if world.markov:
        return np.random.exponential(150.0)
    return lognormal(world.talk_mean, 1.0)


def wrapup_time(world: World) -> float:
    """Seconds."""
    if world.markov:
        return 0.0
    if world.timed_wrapup >= 0.0:
        return world.timed_wrapup
    return lognormal(world.wrapup_mean, 0.6)


def truth_at(world: World, now: float) -> float:
    """What the numbers' probabilities are multiplied with at this moment."""
    return 1.0 + world.drift * math.sin(2.0 * math.pi * now / world.drift_period)


def belief(world: World, floor: Floor, now: float) -> float:
    """What the pacer is told they are multiplied with."""
    if world.estimated_from == 0:
        return truth_at(world, now)
    known = floor.results[1:] >= 0
    if known.sum() < 20:
        return 1.0
    answered = (floor.results[1:] == 1).sum()
    return float(max(answered / known.sum(), 0.02) / world.probability)


def launch(world: World, floor: Floor, now: float, count: int) -> None:
    """Dial the next numbers of the list."""
    told = belief(world, floor, now)
    truth = truth_at(world, now)
    for _ in range(count):
        line = floor.lines[0]
        own = floor.ahead[0]
        floor.ahead[:-1] = floor.ahead[1:].copy()
        floor.ahead[-1] = own_probability(world)
        live = np.random.random() < own * truth
        floor.dialed[line] = now
        floor.answers[line] = 1 if live else 0
        floor.ends[line] = now + (time_to_answer(world) if live else time_to_release(world))
        floor.believed[line] = min(own * told, 0.98)
        floor.answered_at[line] = -1.0
        floor.lines[0] = line + 1
        if now >= floor.from_when[0]:
            floor.tally[DIALED] += 1.0


def may_be_pulled(world: World, floor: Floor, who: int) -> bool:
    """Consents, was not pulled into this call, and is below the share of calls that may be pulled."""
    if world.pull_after < 0.0 or floor.pulled[who] == 1:
        return False
    return bool(floor.pulls[who] + 1.0 <= world.pull_share * (floor.taken[who] + 1.0))


def longest_ready(floor: Floor) -> int:
    """The operator who has waited longest; -1: nobody is ready."""
    found = -1
    for who in range(len(floor.state)):
        if floor.state[who] == READY and (found < 0 or floor.since[who] < floor.since[found]):
            found = who
    return found


def longest_pullable(world: World, floor: Floor, now: float) -> int:
    """The operator longest in wrap-up, among those who may be pulled out of it now; -1: none."""
    found = -1
    for who in range(len(floor.state)):
        if (
            floor.state[who] == WRAPUP
            and now - floor.since[who] >= world.pull_after - 1e-9
            and may_be_pulled(world, floor, who)
            and (found < 0 or floor.since[who] < floor.since[found])
        ):
            found = who
    return found


def drop_line(floor: Floor, line: int) -> None:
    """It is over; the last one takes its place."""
    last = floor.lines[0] - 1
    for column in (floor.dialed, floor.ends, floor.believed, floor.answered_at):
        column[line] = column[last]
    floor.answers[line] = floor.answers[last]
    floor.lines[0] = last


def finished(floor: Floor, live: int) -> None:
    """Remember a finished dial for the estimate."""
    at = floor.results[0] + 1
    size = len(floor.results) - 1
    place = at % size
    floor.results[1 + place] = live
    floor.results[0] = at


def connect(world: World, floor: Floor, who: int, now: float) -> None:
    """A caller and an operator talk."""
    rest = 0.0
    floor.pulled[who] = 0
    if floor.state[who] == WRAPUP:
        rest = floor.until[who] - now
        floor.pulled[who] = 1
        floor.pulls[who] += 1
        if now >= floor.from_when[0]:
            floor.tally[PULLED] += 1.0
    elif now >= floor.from_when[0]:
        floor.tally[IDLE] += now - max(floor.since[who], floor.from_when[0])
    floor.taken[who] += 1
    floor.state[who] = TALKING
    floor.since[who] = now
    floor.until[who] = now + talk_time(world)
    floor.wrapup[who] = rest + wrapup_time(world)
    if now >= floor.from_when[0]:
        floor.tally[SERVED] += 1.0


def serve_waiting(world: World, floor: Floor, now: float) -> None:
    """First in, first out, while somebody is there for them."""
    while True:
        first = -1
        for line in range(floor.lines[0]):
            if floor.answered_at[line] >= 0.0 and (first < 0 or floor.answered_at[line] < floor.answered_at[first]):
                first = line
        if first < 0:
            return
        who = longest_ready(floor)
        if who < 0 and world.pull_after >= 0.0:
            who = longest_pullable(world, floor, now)
        if who < 0:
            return
        connect(world, floor, who, now)
        drop_line(floor, first)


def next_operator(world: World, floor: Floor, waiting: bool) -> tuple[float, int]:
    """When and whose state changes next (or may be pulled for a waiting caller)."""
    when, who = NEVER, -1
    for other in range(len(floor.state)):
        at = floor.until[other]
        if waiting and floor.state[other] == WRAPUP and may_be_pulled(world, floor, other):
            at = min(at, floor.since[other] + world.pull_after)
        if at < when:
            when, who = at, other
    return when, who


def next_line(floor: Floor) -> tuple[float, int]:
    """When and which line answers, is released or loses its caller next."""
    when, found = NEVER, -1
    for line in range(floor.lines[0]):
        at = floor.ends[line]
        if at < when:
            when, found = at, line
    return when, found


def operator_event(world: World, floor: Floor, who: int, now: float) -> None:
    """Talk is over, wrap-up is over, or wrap-up is long enough to be pulled out of."""
    if now < floor.until[who]:
        serve_waiting(world, floor, now)
        return
    floor.since[who] = now
    if floor.state[who] == TALKING and floor.wrapup[who] > 0.0:
        floor.state[who] = WRAPUP
        floor.until[who] = now + floor.wrapup[who]
        if world.pull_after != 0.0:
            return
    else:
        floor.state[who] = READY
        floor.until[who] = NEVER
    serve_waiting(world, floor, now)


def line_event(world: World, floor: Floor, line: int, now: float) -> int:
    """Answered, released, or lost; 1 for a live answer, 2 for one lost, 0 otherwise."""
    if floor.answered_at[line] >= 0.0:
        drop_line(floor, line)
        if now >= floor.from_when[0]:
            floor.tally[LOST] += 1.0
        return 2
    finished(floor, floor.answers[line])
    if floor.answers[line] == 0:
        drop_line(floor, line)
        return 0
    if now >= floor.from_when[0]:
        floor.tally[LIVE] += 1.0
    floor.answered_at[line] = now
    floor.ends[line] = now + world.patience
    serve_waiting(world, floor, now)
    return 1


def advance(world: World, floor: Floor, until: float, told: Ints) -> int:
    """Everything that happens up to this moment. Fills `told` with 1 (a live answer) and 2 (one lost), gives how many."""
    count = 0
    while True:
        waiting = False
        for line in range(floor.lines[0]):
            waiting = waiting or floor.answered_at[line] >= 0.0
        operator_at, who = next_operator(world, floor, waiting)
        line_at, line = next_line(floor)
        if min(operator_at, line_at) > until:
            return count
        if operator_at <= line_at:
            operator_event(world, floor, who, operator_at)
            continue
        happened = line_event(world, floor, line, line_at)
        if happened > 0:
            told[count] = happened
            count += 1


def closed(floor: Floor, now: float) -> None:
    """Count the waiting of those who are still ready at the end."""
    for who in range(len(floor.state)):
        if floor.state[who] == READY:
            floor.tally[IDLE] += now - max(floor.since[who], floor.from_when[0])

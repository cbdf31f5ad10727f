"""Any pacer of `dialer.pacing` in the reference world: it is shown the floor once a tick, as the engine shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dialer.pacing import AgentView, CallView, FloorView, Pacer
from rehearsal.reference_world.world import READY, TALKING, WRAPUP, Floats, Floor, World

_NAMES = {READY: "ready", TALKING: "talking", WRAPUP: "wrapup"}


def drive(
    steps: Mapping[str, Callable[..., Any]],
    world: World,
    pacer: Pacer,
    seed: int,
    discarded: float,
    seconds: float,
    tick: float = 1.0,
) -> Floats:
    """Counts of one run (columns of `Floor.tally`). `steps`: the functions of `world`, compiled or as they are."""
    floor: Floor = steps["opened"](world, seed, discarded)
    told = np.zeros(4096, np.int64)
    for number in range(round((discarded + seconds) / tick)):
        now = number * tick
        for what in told[: steps["advance"](world, floor, now, told)]:
            if what == 1:
                pacer.answered()
            else:
                pacer.abandoned()
        dial = pacer.decide(view(steps, world, floor, now)).dial
        if dial:
            steps["launch"](world, floor, now, dial)
    steps["advance"](world, floor, discarded + seconds, told)
    steps["closed"](floor, discarded + seconds)
    return floor.tally


def view(steps: Mapping[str, Callable[..., Any]], world: World, floor: Floor, now: float) -> FloorView:
    """The floor as a pacer sees it."""
    agents = [
        AgentView(
            _NAMES[int(state)],  # type: ignore[arg-type]
            float(since),
            world.pull_after if steps["may_be_pulled"](world, floor, who) else None,
        )
        for who, (state, since) in enumerate(zip(floor.state, floor.since, strict=True))
    ]
    calls = []
    for line in range(int(floor.lines[0])):
        at = float(floor.answered_at[line])
        calls.append(
            CallView(
                line,
                float(floor.dialed[line]),
                float(floor.believed[line]),
                "waiting" if at >= 0.0 else "ringing",
                at if at >= 0.0 else None,
            )
        )
    ahead = np.minimum(floor.ahead * steps["belief"](world, floor, now), 0.98)
    return FloorView(now, agents, calls, ahead.tolist())

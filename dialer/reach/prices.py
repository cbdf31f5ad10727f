"""What a call costs in each slot ahead: the prices at which the room wants to make just the calls it can make.

Dual ascent on the objective of `worth`: with given prices each person's best plan is known; where the plans together want more
calls than a slot has, its price rises, where they want fewer it falls, down to nothing.
"""

from __future__ import annotations

import numpy as np

from dialer.reach.ahead import Floats, ShiftAhead, Whole
from dialer.reach.worth import STRENGTH, Small, Stopping

SAMPLE = 500
"""So many people stand for the list; their calls are counted up to all."""
ROUNDS = 60
ROUNDS_FROM_YESTERDAY = 8
_FIRST_STEP, _LAST_STEP = 0.06, 0.004
_SOFT = 0.02
"""Near the price people call and wait in part: without it all of one kind would change their mind at once."""


def shadow_prices(
    chances: Floats,
    tries_left: Whole,
    ahead: ShiftAhead,
    *,
    from_slot: Whole | None = None,
    strength: Floats | float = STRENGTH,
    weight: Floats | float = 1.0,
    before: Floats | None = None,
) -> Floats:
    """Prices of the slots of `ahead`, in right-party contacts per call (times `weight`).

    `chances` (n × slots): right-party chances of the people who may be called in these slots, `from_slot`: the first slot
    the caps allow each (None: now). `before`: the prices of an earlier look at the same slots; few rounds suffice then.
    Takes every (n ÷ SAMPLE)-th person: hand them in an order that tells nothing of their chances.
    """
    stride = max(1, len(chances) // SAMPLE)
    part = slice(None, None, stride)
    scale = len(chances) / len(chances[part]) if len(chances) else 0.0
    people = np.ascontiguousarray(chances[part].T, dtype=np.float32)
    starts = np.zeros(people.shape[1], dtype=np.int64) if from_slot is None else from_slot[part]
    strengths = np.broadcast_to(np.asarray(strength, dtype=np.float32), len(chances))[part]
    weights = np.broadcast_to(np.asarray(weight, dtype=np.float32), len(chances))[part]
    price = _first_guess(people * weights, ahead, scale) if before is None else np.asarray(before, dtype=np.float64)
    rounds = ROUNDS if before is None else ROUNDS_FROM_YESTERDAY
    wanted = np.maximum(ahead.capacity, 1e-9)
    for turn in range(rounds):
        plan = Stopping(people, tries_left[part], strengths, weights, ahead.priced(price))
        excess = scale * _calls(plan, starts) / wanted - 1.0
        price = np.maximum(0.0, price + _step(turn, rounds) * np.clip(excess, -1.0, 1.0))
    return price


def _step(turn: int, rounds: int) -> float:
    first = _FIRST_STEP if rounds == ROUNDS else _FIRST_STEP / 4
    return float(first * (_LAST_STEP / first) ** (turn / max(1, rounds - 1)))


def _first_guess(values: Small, ahead: ShiftAhead, scale: float) -> Floats:
    """Each slot alone: the chance of the last person it has room for, if everybody had to be called but once."""
    people = values.shape[1]
    if people == 0:
        return np.zeros(len(ahead))
    share = np.clip(ahead.capacity.sum() / max(1e-9, scale * people), 0.0, 1.0)
    return np.quantile(values, 1.0 - share, axis=1).astype(np.float64) if share < 1.0 else np.zeros(len(ahead))


def _calls(plan: Stopping, starts: Whole) -> Floats:
    """Expected calls of these people in each slot, if each follows the plan."""
    slots, most, people = len(plan.ahead), plan.most, len(starts)
    fresh = np.zeros((slots + 1, most + 1, people), dtype=np.float32)
    tried = np.zeros_like(fresh)
    begins = starts < slots
    fresh[starts[begins], 0, np.flatnonzero(begins)] = 1.0
    wanted = np.zeros(slots)
    for slot in range(slots):
        wanted[slot] = _step_on(plan, slot, fresh, tried)
    return wanted


def _step_on(plan: Stopping, slot: int, fresh: Small, tried: Small) -> float:
    """Moves everybody from this slot on; the calls made in it."""
    most, price = plan.most, plan.price[slot]
    first, second = plan.called(slot)
    untried, once = plan.waited(slot)
    missed = 1 - plan.chances[slot] * plan.fade
    calls_first = fresh[slot, :most] * _leaning(first - price - untried, plan.fade)
    calls_second = tried[slot, :most] * _leaning(second - price - once, plan.fade)
    fresh[slot + 1, :most] += fresh[slot, :most] - calls_first
    last_of_day = plan.next_day[slot] == slot + 1
    (fresh if last_of_day else tried)[slot + 1, :most] += tried[slot, :most] - calls_second
    again, next_day = plan.again[slot], plan.next_day[slot]
    (tried[again] if again >= 0 else fresh[next_day])[1:] += calls_first * missed
    fresh[next_day, 1:] += calls_second * missed
    return float(calls_first.sum(dtype=np.float64) + calls_second.sum(dtype=np.float64))


def _leaning(gain: Small, fade: Small) -> Small:
    call = np.clip(gain * np.float32(0.5 / _SOFT) + np.float32(0.5), 0, 1)
    return np.asarray(np.where(fade > 0, call, np.float32(0)), dtype=np.float32)

"""What a call is worth now against later: the index by which the list is ordered.

The objective. Over all ways π of spending the calls of the hours ahead within the caps,

    maximise  Σ_i w_i · P_π(i is reached)  subject to  E_π[calls in slot t] ≤ c_t for every slot t.

With a price λ_t for each slot's calls (its Lagrange multiplier, `prices.shadow_prices`) the problem falls apart into one
person at a time, each an optimal stopping with k tries left, solved backwards over the slots:

    V(t, k) = max { V(t+1, k),  p_t·w − λ_t + (1 − p_t)·V(t⁺, k−1) }          t⁺: the next slot the caps allow after a try

The **index** of calling now is the price at which calling and waiting are the same:

    worth = p_now·w + (1 − p_now)·V(0⁺, k−1) − V(1, k)

A call belongs into this slot where worth ≥ λ_now; the list runs from the highest worth down. A person whose evening is far
better waits if the shift reaches the evening and it is not sold out; where tries are few each is kept for the best slot; in
the last slot nothing is gained by waiting. A letter about to land lifts the chances of the slots after it (`effects.py`), and
waiting for it is right as far as those slots are not dearer. w is 1 for everybody unless the campaign weighs by expected yen.

A miss also teaches: after m misses the chances shrink by s/(s+m), s being the strength (pseudo-tries) behind them, so that a
person who is hardly known is not expected to answer the sixth call as the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.reach.ahead import Floats, ShiftAhead, Whole

STRENGTH = 3.0
"""Pseudo-tries behind a chance where the model does not say: after one miss it is worth three quarters."""
NEXT_WEEK = 0.9
"""What a contact next week counts against one this week: it comes later, and habits change."""
_CHUNK = 2048
"""People worked on at once, so that their values stay in the processor's cache."""

Small = npt.NDArray[np.float32]


def worth(
    p_now: Floats,
    p_later: Floats,
    tries_left: Whole,
    ahead: ShiftAhead,
    *,
    tried_today: npt.NDArray[np.bool_] | None = None,
    strength: Floats | float = STRENGTH,
    weight: Floats | float = 1.0,
) -> Floats:
    """The index of calling each person now, in right-party contacts (times `weight`); at most `ahead.price[0]`: rather not now.

    `p_now` (n) and `p_later` (n × slots after now): chances that a call reaches the right party. `tries_left` (n): calls the
    caps still allow in the month; 0 gives worth 0. `tried_today`: has been called today, so this would be the day's last
    try. `strength` and `weight`: one for all or one each. Raises ValueError where the shapes do not fit.
    """
    count = len(p_now)
    if p_later.shape != (count, len(ahead) - 1) or len(tries_left) != count:
        raise ValueError("p_now, p_later and tries_left tell of the same people and the slots after now")
    again = np.zeros(count, dtype=bool) if tried_today is None else tried_today
    strengths = np.broadcast_to(np.asarray(strength, dtype=np.float32), count)
    weights = np.broadcast_to(np.asarray(weight, dtype=np.float32), count)
    found = np.zeros(count)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        chances = np.empty((len(ahead), len(p_now[part])), dtype=np.float32)
        chances[0] = p_now[part]
        chances[1:] = p_later[part].T
        people = Stopping(chances, tries_left[part], strengths[part], weights[part], ahead)
        found[part] = people.index(again[part])
    return found


class Stopping:
    """The optimal stopping of some people, solved: `fresh[t, m]` is the value from slot t on, before a try on that day,
    after m misses; `tried[t, m]` the same after one try on that day."""

    def __init__(
        self,
        chances: Small,
        tries_left: Whole,
        strength: Small,
        weight: Small,
        ahead: ShiftAhead,
    ) -> None:
        slots, people = chances.shape
        self.most = max(1, int(tries_left.max(initial=0)))
        misses = np.arange(self.most, dtype=np.float32)[:, None]
        self.fade = (strength / (strength + misses) * (misses < tries_left)).astype(np.float32)
        self.chances, self.weight, self.ahead = chances, weight, ahead
        self.price = ahead.price.astype(np.float32)
        self.again, self.next_day = ahead.again_today, ahead.next_day
        self.fresh = np.zeros((slots + 1, self.most + 1, people), dtype=np.float32)
        self.tried = np.zeros_like(self.fresh)
        self.fresh[slots, : self.most] = self.tried[slots, : self.most] = self._kept()
        for slot in range(slots - 1, -1, -1):
            self._solve(slot)

    def _kept(self) -> Small:
        """What the tries left at the end are worth: they go on at each person's best slot, one after another."""
        best = (self.chances * self.weight - self.price[:, None]).argmax(axis=0)
        here = np.arange(self.chances.shape[1])
        chance, price = self.chances[best, here], self.price[best]
        value = np.zeros_like(self.fade)
        after: Small = np.zeros_like(chance)
        for misses in range(self.most - 1, -1, -1):
            p = chance * self.fade[misses]
            after = np.maximum(np.float32(NEXT_WEEK) * (p * self.weight - price + (1 - p) * after), 0)
            value[misses] = after
        return value

    def called(self, slot: int) -> tuple[Small, Small]:
        """The value of calling in this slot before paying for it: as the day's first try, and as its second."""
        p = self.chances[slot] * self.fade
        after_second = self.fresh[self.next_day[slot], 1:]
        again = self.again[slot]
        after_first = self.tried[again, 1:] if again >= 0 else after_second
        gain, miss = p * self.weight, 1 - p
        return gain + miss * after_first, gain + miss * after_second

    def waited(self, slot: int) -> tuple[Small, Small]:
        """The value of not calling in this slot, untried and tried today."""
        same_day = slot + 1 < len(self.ahead) and self.next_day[slot] > slot + 1
        untried = self.fresh[slot + 1, : self.most]
        return untried, (self.tried[slot + 1, : self.most] if same_day else untried)

    def _solve(self, slot: int) -> None:
        first, second = self.called(slot)
        untried, tried = self.waited(slot)
        np.maximum(untried, first - self.price[slot], out=self.fresh[slot, : self.most])
        np.maximum(tried, second - self.price[slot], out=self.tried[slot, : self.most])

    def index(self, tried_today: npt.NDArray[np.bool_]) -> Small:
        """What calling now is worth beyond waiting; 0 for whom no try is left."""
        first, second = self.called(0)
        untried, tried = self.waited(0)
        value: Small = np.where(tried_today, second[0] - tried[0], first[0] - untried[0])
        return np.where(self.fade[0] > 0, value, np.float32(0))


def in_order(worths: Floats, precedence: npt.NDArray[Any], key: npt.NDArray[Any]) -> Whole:
    """Places of the candidates, best first: booked recalls and broken promises (higher `precedence`) before all others,
    then by worth, then by `key`, so that the same list always comes out in the same order."""
    return np.lexsort((key, -worths, -precedence)).astype(np.int64)

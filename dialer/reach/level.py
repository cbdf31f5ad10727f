"""The level of today: how much likelier, or less, people answer than the model says.

A list wears out (who answers easily leaves it), weather and holidays come, and on its first day the model knows nothing of the
city. Its chances of single numbers follow within days, the level of all of them within a hundred calls: a shift of the
log-odds, moved a little by every call towards what came. The pacer lives by this level: 18 % that are 34 % abandon residents.

Each call moves the shift by step × (answered − chance that was given); the step is FIRST_STEP at first and falls, over STEADY
calls, to LAST_STEP, at which it forgets half within some hundred calls. A new day begins without a shift.

The order of a list needs no level: a shift leaves it as it is, and prices and chances are the same model's. Chances in a stock, and
those stored with a pick, are the model's own; the shift is put on them where the pacer looks (`dialer.floor_view`).
"""

from __future__ import annotations

from math import exp

FIRST_STEP = 0.3
STEADY = 50
LAST_STEP = 0.03
_LEAST, _MOST = 1e-3, 0.98


class Level:
    """One campaign's level of today."""

    def __init__(self) -> None:
        self.shift = 0.0
        self._calls = 0

    def note(self, chance: float, answered: bool) -> None:
        """A call that was given this chance, shift included, is over."""
        self._calls += 1
        step = max(LAST_STEP, FIRST_STEP / (1.0 + self._calls / STEADY))
        self.shift += step * (float(answered) - chance)

    def one(self, chance: float) -> float:
        """A chance of an answer as the model gave it, at today's level."""
        inside = min(max(chance, _LEAST), _MOST)
        odds = inside / (1.0 - inside) * exp(self.shift)
        return odds / (1.0 + odds)

"""A campaign's abandonment budget of one day: what was answered, what was lost, and whether more may be risked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dialer.pacing.budget_rules import AHEAD_UNTIL_EARNED, losses_allowed


@dataclass(slots=True)
class DayBudget:
    """`target`: share of live answers (person on the line, a false machine among them) that may be lost in a day.

    Each 1/target live answers earn one loss. Small counts need a rule: before the first answer has earned anything a single
    loss would be 100 %. So the first three losses of a day may come one ahead of what earns them; from then on `lost` stays
    at or below target × live, and with it the day's rate at or below the target.
    """

    target: float
    live: int = 0
    lost: int = 0

    @property
    def allowed(self) -> int:
        """Losses allowed by now."""
        return losses_allowed(self.target, self.live)

    @property
    def spent(self) -> bool:
        """Nothing more may be risked now: one-to-one until the answers have earned the next one."""
        return self.lost >= self.allowed

    @property
    def rate(self) -> float:
        """Lost ÷ live answers; 0 before the first."""
        return self.lost / self.live if self.live else 0.0

    @property
    def live_until_allowed(self) -> int:
        """Live answers without a loss until more may be risked; 0 if it may now."""
        if not self.spent:
            return 0
        wanted = self.lost + 1
        earned = wanted - 1 if wanted <= AHEAD_UNTIL_EARNED else wanted
        return max(math.ceil(earned / self.target - 1e-9) - self.live, 1)

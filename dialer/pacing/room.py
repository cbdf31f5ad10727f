"""What a campaign in predictive mode really uses: the hazard policy, and one-to-one wherever that is wiser."""

from __future__ import annotations

from dataclasses import replace

from dialer.pacing.budget import DayBudget
from dialer.pacing.hazard import HazardPacer
from dialer.pacing.interface import Decision, FloorView
from dialer.pacing.progressive import ProgressivePacer
from dialer.pacing.timings import Timings

HIGHEST_TARGET = 0.03
"""The house rule's ceiling (PACING.md §1)."""
DAILY_ETA = 0.1
"""Threshold law for a daily rule (PACING.md §4)."""
AIM = 0.9
"""The share of the target that the threshold aims at, so that a day's rate seldom passes it: 2.7 % under 3 %."""
LEAST_SEATS = 4
"""Below so many operators who are not paused predictive dialing gains little and abandons more (DOMAIN.md §2.8)."""


class RoomPacer:
    """The pacer of one campaign for one day. One-to-one below four seats and while the day's budget is spent."""

    def __init__(
        self,
        target_abandonment: float,
        timings: Timings,
        live_answers: int = 0,
        abandoned: int = 0,
        patience: float = 2.0,
        least_seats: int = LEAST_SEATS,
    ) -> None:
        """Counts are those of today so far. Raises ValueError for a target above 3 %."""
        if not 0.0 < target_abandonment <= HIGHEST_TARGET:
            raise ValueError("放棄率の目標は0%より大きく3%以下で指定してください")
        self._timings = timings
        self._patience = patience
        self._least_seats = least_seats
        self._one_to_one = ProgressivePacer()
        self.budget = DayBudget(target_abandonment)
        self.begin_day(live_answers, abandoned)

    def begin_day(self, live_answers: int = 0, abandoned: int = 0) -> None:
        """A day's counts start anew; what was learned about durations stays."""
        self.budget = replace(self.budget, live=live_answers, lost=abandoned)
        self._hazard = HazardPacer(AIM * self.budget.target, self._patience, self._timings, DAILY_ETA)
        self._hazard.resume(live_answers, abandoned)

    def answered(self) -> None:
        """A person answered."""
        self.budget.live += 1
        self._hazard.answered()

    def abandoned(self) -> None:
        """A person answered and was lost."""
        self.budget.lost += 1
        self._hazard.abandoned()

    def decide(self, floor: FloorView) -> Decision:
        """How many to dial, and one line that says why."""
        seats = sum(agent.state != "paused" for agent in floor.agents)
        if seats < self._least_seats:
            return self._one_to_one_because(floor, f"席が {seats} つ({self._least_seats} 席未満)のため")
        if self.budget.spent:
            budget = self.budget
            return self._one_to_one_because(
                floor,
                f"本日の放棄枠を使い切ったため(応答 {budget.live} 件のうち放棄 {budget.lost} 件、目標 {budget.target:.1%}、"
                f"あと {budget.live_until_allowed} 件の応答まで)",
            )
        return self._hazard.decide(floor)

    def _one_to_one_because(self, floor: FloorView, why: str) -> Decision:
        decision = self._one_to_one.decide(floor)
        return replace(decision, reason=why + decision.reason)

"""So many lines for each ready operator."""

from __future__ import annotations

from dialer.pacing.fixed_rules import lines_for
from dialer.pacing.interface import Decision, FloorView


class FixedRatioPacer:
    """Keeps round(ratio × ready operators) calls in flight; knows neither ages nor probabilities, and keeps no budget."""

    def __init__(self, ratio: float) -> None:
        if ratio < 1.0:
            raise ValueError("ratio: at least one line for each ready operator")
        self.ratio = ratio

    def decide(self, floor: FloorView) -> Decision:
        ready = sum(agent.state == "ready" for agent in floor.agents)
        goal = lines_for(self.ratio, ready)
        dial = min(max(goal - len(floor.calls), 0), len(floor.candidate_probabilities))
        return Decision(
            dial,
            (),
            f"固定倍率 {self.ratio:g}: 待機 {ready} 席、呼出・応答待ち {len(floor.calls)} 件、新たに {dial} 件を発信",
        )

    def answered(self) -> None:
        """A fixed ratio learns nothing."""

    def abandoned(self) -> None:
        """See `answered`."""

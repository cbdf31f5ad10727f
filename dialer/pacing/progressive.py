"""One-to-one dialing."""

from __future__ import annotations

from dialer.pacing.interface import Decision, FloorView


class ProgressivePacer:
    """One call for each ready operator: ready − calls in flight, never more."""

    def decide(self, floor: FloorView) -> Decision:
        ready = sum(agent.state == "ready" for agent in floor.agents)
        dial = min(max(ready - len(floor.calls), 0), len(floor.candidate_probabilities))
        return Decision(
            dial, (), f"1対1: 待機 {ready} 席、呼出・応答待ち {len(floor.calls)} 件、新たに {dial} 件を発信"
        )

    def answered(self) -> None:
        """One-to-one dialing keeps no budget: there is an operator for every answer."""

    def abandoned(self) -> None:
        """See `answered`."""

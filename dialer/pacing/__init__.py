"""How many to dial now: the pacers of PACING.md behind one interface (§7)."""

from dialer.pacing.interface import AgentState, AgentView, CallPhase, CallView, Decision, FloorView, Pacer
from dialer.pacing.progressive import ProgressivePacer
from dialer.pacing.timings import Timings

__all__ = [
    "AgentState",
    "AgentView",
    "CallPhase",
    "CallView",
    "Decision",
    "FloorView",
    "Pacer",
    "ProgressivePacer",
    "Timings",
]

"""How many to dial now: the pacers of PACING.md behind one interface (§7)."""

from dialer.pacing.adaptive_level import AdaptiveLevelPacer, AdaptiveTerms
from dialer.pacing.budget import DayBudget
from dialer.pacing.fixed_ratio import FixedRatioPacer
from dialer.pacing.hazard import HazardPacer
from dialer.pacing.interface import AgentState, AgentView, CallPhase, CallView, Decision, FloorView, Pacer
from dialer.pacing.progressive import ProgressivePacer
from dialer.pacing.room import RoomPacer
from dialer.pacing.timings import Timings, TimingsState

__all__ = [
    "AdaptiveLevelPacer",
    "AdaptiveTerms",
    "AgentState",
    "AgentView",
    "CallPhase",
    "CallView",
    "DayBudget",
    "Decision",
    "FixedRatioPacer",
    "FloorView",
    "HazardPacer",
    "Pacer",
    "ProgressivePacer",
    "RoomPacer",
    "Timings",
    "TimingsState",
]

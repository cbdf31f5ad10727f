"""What a pacer sees, answers and is told: the interface every one of them shares (PACING.md §7).

Times are seconds on the engine's clock, from any origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

AgentState = Literal["ready", "talking", "wrapup", "paused"]
CallPhase = Literal["ringing", "waiting"]


@dataclass(frozen=True, slots=True)
class AgentView:
    """One operator. `since`: when the state began, engine clock.

    `pull_after`: seconds of this (or the coming) wrap-up after which a call may be given to this operator all the same; None:
    never (no consent, or pulled last time).
    """

    state: AgentState
    since: float
    pull_after: float | None = None


@dataclass(frozen=True, slots=True)
class CallView:
    """One dial not yet with an operator: ringing, or answered and waiting."""

    call_id: object
    dialed_at: float
    answer_probability: float
    state: CallPhase = "ringing"
    answered_at: float | None = None


@dataclass(frozen=True, slots=True)
class FloorView:
    """What a pacer sees once a second. `candidate_probabilities`: p of the next numbers, in list order.

    `claims`: moments (engine clock) at which something else takes an operator: booked recalls, expected inbound calls.
    """

    now: float
    agents: Sequence[AgentView]
    calls: Sequence[CallView]
    candidate_probabilities: Sequence[float]
    claims: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """How many candidates to launch now, which dials to give up, and one line that says why."""

    dial: int
    cancel: tuple[object, ...]
    reason: str


class Pacer(Protocol):
    """What the engine asks once a second, and tells of every live answer."""

    def decide(self, floor: FloorView) -> Decision: ...

    def answered(self) -> None:
        """A person answered."""
        ...

    def abandoned(self) -> None:
        """A person answered and was lost."""
        ...

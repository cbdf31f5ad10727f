"""How many to dial now: the interface every pacer shares (PACING.md §7) and the one-to-one pacer.

Times are seconds on the engine's clock, from any origin. The hazard policy of PACING.md §4 takes its place beside
`ProgressivePacer`, behind the same two views and the same decision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

AgentState = Literal["ready", "talking", "wrapup", "paused"]
CallPhase = Literal["ringing", "waiting"]


@dataclass(frozen=True, slots=True)
class AgentView:
    """One operator. `pull_after`: seconds of wrap-up after which a call may be given all the same; None: never."""

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
    """What a pacer sees once a second. `candidate_probabilities`: p of the next numbers, in list order."""

    now: float
    agents: Sequence[AgentView]
    calls: Sequence[CallView]
    candidate_probabilities: Sequence[float]


@dataclass(frozen=True, slots=True)
class Decision:
    """How many candidates to launch now, which dials to give up, and one line that says why."""

    dial: int
    cancel: tuple[object, ...]
    reason: str


@dataclass(slots=True)
class Timings:
    """Observed seconds, learned as results come in: dial → answer, dial → line free without one, talk, wrap-up."""

    answer: list[float] = field(default_factory=list)
    release: list[float] = field(default_factory=list)
    talk: list[float] = field(default_factory=list)
    wrapup: list[float] = field(default_factory=list)

    @classmethod
    def from_samples(
        cls,
        *,
        answer: Sequence[float] = (),
        release: Sequence[float] = (),
        talk: Sequence[float] = (),
        wrapup: Sequence[float] = (),
    ) -> Timings:
        """From durations in seconds. Raises ValueError for a negative or infinite one."""
        for name, samples in (("answer", answer), ("release", release), ("talk", talk), ("wrapup", wrapup)):
            if any(not math.isfinite(s) or s < 0 for s in samples):
                raise ValueError(f"{name}: durations must be finite and not negative")
        return cls(list(answer), list(release), list(talk), list(wrapup))


class Pacer(Protocol):
    """What the engine asks once a second, and tells of every live answer."""

    def decide(self, floor: FloorView) -> Decision: ...

    def answered(self) -> None:
        """A person answered."""
        ...

    def abandoned(self) -> None:
        """A person answered and was lost."""
        ...


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

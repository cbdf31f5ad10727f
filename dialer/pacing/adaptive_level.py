"""The adaptive dial level of PACING.md §3: a baseline that knows neither answer rate nor handle time nor hour."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from dialer.pacing.adaptive_rules import (
    BUSY_MINUTE,
    BUSY_TODAY,
    CHANGE_SECONDS,
    DIAL_SECONDS,
    LEVEL_SAMPLES,
    hhmm_left,
    level_after,
    lines_wanted,
    tapered,
)
from dialer.pacing.interface import Decision, FloorView

DropLaw = Literal["hard", "average", "tapered"]


@dataclass(frozen=True, slots=True)
class AdaptiveTerms:
    """Settings of the dial level. `target_difference`: T, operators; `intensity`: I, percent; `drop_limit`: share of answers.

    `midnight`: the engine clock's reading at local midnight, seconds; `end_hhmm`: end of the shift as HHMM.
    """

    level_max: float = 3.0
    target_difference: float = 0.0
    intensity: float = 0.0
    available_only: bool = False
    law: DropLaw = "tapered"
    drop_limit: float = 0.03
    end_hhmm: int = 2000
    midnight: float = 0.0


class AdaptiveLevelPacer:
    """A level multiplies the operators; every 15 s it follows the mean of those ready less those waiting for one."""

    def __init__(self, terms: AdaptiveTerms | None = None) -> None:
        self.terms = terms if terms is not None else AdaptiveTerms()
        self.level = 1.0
        self._samples: deque[tuple[int, int, int]] = deque(maxlen=LEVEL_SAMPLES)
        self._minute: deque[tuple[float, bool]] = deque()
        self._now = 0.0
        self._change_at: float | None = None
        self._dial_at = 0.0
        self._answers = 0
        self._drops = 0

    def answered(self) -> None:
        self._answers += 1
        self._minute.append((self._now, False))

    def abandoned(self) -> None:
        self._drops += 1
        self._minute.append((self._now, True))

    def decide(self, floor: FloorView) -> Decision:
        self._now = floor.now
        ready = sum(agent.state == "ready" for agent in floor.agents)
        talking = sum(agent.state == "talking" for agent in floor.agents)
        waiting = sum(call.state == "waiting" for call in floor.calls)
        self._samples.append((ready, waiting, sum(agent.state != "paused" for agent in floor.agents)))
        self._follow(floor.now)
        dial = 0
        if floor.now >= self._dial_at:
            self._dial_at = max(self._dial_at + DIAL_SECONDS, floor.now)
            goal = lines_wanted(self.level, ready, talking, self.terms.available_only)
            dial = min(max(goal - len(floor.calls) - talking, 0), len(floor.candidate_probabilities))
        return Decision(
            dial, (), f"発信レベル {self.level:.2f}: 待機 {ready} 席、通話 {talking} 席、新たに {dial} 件を発信"
        )

    def _follow(self, now: float) -> None:
        if self._change_at is None:
            self._change_at = now + CHANGE_SECONDS
        if now < self._change_at:
            return
        self._change_at += CHANGE_SECONDS
        ready, waiting, agents = (sum(column) / len(self._samples) for column in zip(*self._samples, strict=True))
        terms = self.terms
        self.level = level_after(
            self.level, ready, waiting, agents, terms.target_difference, terms.intensity, terms.level_max
        )
        self._tighten(now)

    def _tighten(self, now: float) -> None:
        while self._minute and self._minute[0][0] <= now - 60.0:
            self._minute.popleft()
        drops = sum(lost for _, lost in self._minute)
        answers = len(self._minute) - drops
        if answers > BUSY_MINUTE and drops > answers / 2:
            self.level = max(self.level / 2, 1.0)
        if self._answers > BUSY_TODAY and self._drops > self.terms.drop_limit * self._answers:
            left = hhmm_left(self.terms.end_hhmm, now - self.terms.midnight)
            factor = {"hard": 0.0, "average": 0.5, "tapered": tapered(left)}[self.terms.law]
            self.level = max(self.level * factor, 1.0)

"""What a detector did to people and to machines, counted against what was really there.

*Wronged* people are those it costs an abandoned call: a machine or a fax said of a person, or a person who has finished the
first word and is still not known as one `PATIENCE_SECONDS` later, so that no operator could be there within two seconds
(DOMAIN.md §2.8). The house limit (0.3 %) is held against their upper bound, not against the count alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scipy.stats import beta

from callflow.events import Detected
from dialer.asterisk.detection.listener import LineListener
from dialer.asterisk.detection.policy import HEARD_WITHIN_SECONDS
from dialer.asterisk.detection.scenes import Scene
from dialer.asterisk.detection.sound import FRAME_SECONDS, frames_of

PATIENCE_SECONDS = 1.5
"""From the end of the first word to the verdict; joining takes the rest of the two seconds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said, and how many seconds of the line had been heard by then."""

    said: Detected
    at: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """One scene and what was said of it. `cpu_first`, `cpu`: processor seconds to the first turn, and to the last."""

    scene: Scene
    turns: tuple[Turn, ...]
    cpu_first: float = 0.0
    cpu: float = 0.0

    @property
    def first(self) -> Detected | None:
        return self.turns[0].said if self.turns else None

    @property
    def last(self) -> Detected | None:
        return self.turns[-1].said if self.turns else None

    @property
    def wronged(self) -> bool:
        """A person who was not treated as one, or too late."""
        if not self.scene.is_person or not self.turns:
            # Nothing said: the engine takes whoever is there for a person.
            return False
        known = [turn.at for turn in self.turns if turn.said is Detected.PERSON]
        patient_until = max(self.scene.first_word_ends + PATIENCE_SECONDS, HEARD_WITHIN_SECONDS)
        return self.last is not Detected.PERSON or known[0] > patient_until

    @property
    def kept_from_operator(self) -> bool:
        """No operator was spent on it before somebody was there: a machine, fax or announcement at all, a guard until its bell."""
        known = [turn.at for turn in self.turns if turn.said is Detected.PERSON]
        if not self.turns or self.first is Detected.PERSON:
            return False
        return not known or (self.scene.rings_from is not None and known[0] >= self.scene.rings_from)

    @property
    def lost_guard(self) -> bool:
        """A recorder phone that was hung up on before its bell: its people would never be reached (DOMAIN.md §2.9)."""
        return self.scene.kind == "guard" and self.last in (Detected.MACHINE, Detected.FAX)


def judge(scene: Scene, listener: LineListener) -> Judgement:
    """Let a listener hear a scene to its end."""
    turns: list[Turn] = []
    begun = time.process_time()
    first = 0.0
    for heard, frame in enumerate(frames_of(scene.sound), start=1):
        said = listener.hear(frame)
        if said is not None:
            turns.append(Turn(said, heard * FRAME_SECONDS))
            first = first or time.process_time() - begun
        if listener.done:
            break
    return Judgement(scene, tuple(turns), first, time.process_time() - begun)


def judge_all(scenes: Sequence[Scene], new_listener: Callable[[], LineListener]) -> list[Judgement]:
    return [judge(scene, new_listener()) for scene in scenes]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the exact 95 % interval.

    C. J. Clopper and E. S. Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial",
    Biometrika 26 (1934); two-sided.
    """

    count: int
    of: int

    @property
    def lower(self) -> float:
        return float(beta.ppf(0.025, self.count, self.of - self.count + 1)) if self.count else 0.0

    @property
    def upper(self) -> float:
        return float(beta.ppf(0.975, self.count + 1, self.of - self.count)) if self.count < self.of else 1.0

    def __str__(self) -> str:
        if not self.of:
            return "-"
        return f"{self.count / self.of:.2%}({self.count}/{self.of}、95%区間 {self.lower:.2%}〜{self.upper:.2%})"


def share(judged: Iterable[Judgement], holds: Callable[[Judgement], bool]) -> Share:
    found = [holds(each) for each in judged]
    return Share(sum(found), len(found))

"""What a campaign's calls have taken so far, in seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


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

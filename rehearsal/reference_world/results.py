"""What a cell of the measurement found: one run a seed, with its mean and its 95 % interval."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scipy.stats import t as student

from rehearsal.reference_world.world import IDLE, LIVE, LOST, PULLED, SERVED, Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and half its 95 % interval (Student)."""

    mean: float
    half: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        count = len(values)
        mean = math.fsum(values) / count
        if count < 2:
            return cls(mean, math.inf)
        variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
        return cls(mean, float(student.ppf(0.975, count - 1)) * math.sqrt(variance / count))


@dataclass(frozen=True, slots=True)
class Result:
    """One cell. Shares in percent, one for each seed; `settings`: what a baseline was tuned to."""

    occupancy: list[float]
    abandonment: list[float]
    pulled: list[float] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def occupied(self) -> Estimate:
        """Talk and wrap-up, percent of the operators' time."""
        return Estimate.of(self.occupancy)

    @property
    def lost(self) -> Estimate:
        """Abandoned, percent of the live answers."""
        return Estimate.of(self.abandonment)


def result_of(
    tallies: Sequence[Floats], operators: int, seconds: float, settings: dict[str, Any] | None = None
) -> Result:
    """From the counts of each seed's run."""
    return Result(
        [100.0 * (1.0 - float(tally[IDLE]) / (operators * seconds)) for tally in tallies],
        [100.0 * float(tally[LOST]) / max(float(tally[LIVE]), 1.0) for tally in tallies],
        [100.0 * float(tally[PULLED]) / max(float(tally[SERVED]), 1.0) for tally in tallies],
        settings or {},
    )


class Shelf:
    """A folder with one JSON file a cell: what was measured is not measured again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> Result | None:
        path = self._path(key)
        if not path.exists():
            return None
        return Result(**json.loads(path.read_text(encoding="utf-8")))

    def put(self, key: str, result: Result) -> None:
        """Whole or not at all, so that an interrupted measurement can be taken up again."""
        path = self._path(key)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(result)), encoding="utf-8")
        new.replace(path)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

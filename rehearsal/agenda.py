"""Things to be done later, in order of time and, at one time, in the order they were asked for."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime


class VirtualAgenda:
    """A heap of actions; whoever owns the clock runs what is due."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._seq = 0

    def later(self, at: datetime, action: Callable[[], None]) -> None:
        self._seq += 1
        heapq.heappush(self._heap, (at, self._seq, action))

    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: datetime) -> int:
        """Run everything due at `now`, also what these actions ask for at once; how many were run."""
        done = 0
        while self._heap and self._heap[0][0] <= now:
            _, _, action = heapq.heappop(self._heap)
            action()
            done += 1
        return done

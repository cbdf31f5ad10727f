"""How much a trunk can take now: free lines, calls per second, and whether it carries calls at all. Pure.

Times are monotonic seconds, handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from dialer.asterisk.node.node import Trunk

_FAILURES = 5
_REST_SECONDS = 10.0


@dataclass(slots=True)
class TrunkLoad:
    """One trunk on one node. `busy` are the channels on it, `placed` the attempts asked for and not seen yet."""

    trunk: Trunk
    busy: int = 0
    placed: set[UUID] = field(default_factory=set)
    next_start: float = 0.0
    failures: int = 0
    rests_until: float = 0.0

    def free_at(self, now: float) -> float | None:
        """When it takes the next call: `now` or later; None while all its lines are taken."""
        if self.busy + len(self.placed) >= self.trunk.lines:
            return None
        return max(now, self.next_start, self.rests_until)

    def start(self, attempt_id: UUID, now: float) -> None:
        """A call is placed: the next one follows 1/cps later at the earliest, and one more line is taken."""
        self.next_start = max(now, self.next_start) + 1 / self.trunk.cps
        self.placed.add(attempt_id)

    def unplace(self, attempt_id: UUID) -> None:
        """A placed call has become a channel, or came to nothing; said twice it frees no other call's line."""
        self.placed.discard(attempt_id)

    def carried(self) -> None:
        """The network took a call of it."""
        self.failures = 0

    def failed(self, now: float) -> None:
        """The network did not take a call: after several in a row it rests for a while."""
        self.failures += 1
        if self.failures >= _FAILURES:
            self.failures, self.rests_until = 0, now + _REST_SECONDS

    @property
    def fullness(self) -> float:
        return (self.busy + len(self.placed)) / self.trunk.lines


def trunk_of(channel: str) -> str:
    """The endpoint a PJSIP channel belongs to; empty for any other channel. `PJSIP/hikari-000000a1` → `hikari`."""
    technology, _, rest = channel.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""


def emptiest(loads: Iterable[tuple[str, TrunkLoad]], now: float) -> tuple[str, TrunkLoad] | None:
    """The node and trunk with most room of those that can take a call now; equal ones by name."""
    free = [(node, load) for node, load in loads if load.free_at(now) == now]
    return min(free, key=lambda one: (one[1].fullness, one[0], one[1].trunk.name), default=None)

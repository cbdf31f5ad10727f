"""What came for the engine and is not done yet: events of the carrier, and knocks of the database.

A carrier tells everything once. What is delivered to an engine that loses its database in the middle of it is delivered to
the next one: of a caller nobody else would ever tell again. And an engine that waits for its floor hears all that
the one on duty does, for as long as that lives: only what has just happened can still be of use to it.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from callflow.events import CarrierEvent

_BUNCH = 500
_TRIES = 3
"""So often the same events are delivered: what no database takes must not keep the engine from its work for ever."""


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody wrote a command for this floor."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """Nothing came, and still there is something to look at."""


_What = CarrierEvent | Knock | Nudge


class Inbox:
    """`put` from any thread, everything else from the engine's own. `moment` gives monotonic seconds."""

    def __init__(self, moment: Callable[[], float]) -> None:
        self._moment = moment
        self._fresh: queue.SimpleQueue[tuple[float, _What]] = queue.SimpleQueue()
        self._first: deque[tuple[float, _What]] = deque()
        self._taken: list[tuple[float, _What]] = []
        self._tries = 0

    def put(self, what: _What) -> None:
        """It came after everything that is here."""
        self._fresh.put((self._moment(), what))

    def take(self, wait: float) -> tuple[list[CarrierEvent], bool]:
        """At most a bunch of events, in order, and whether somebody knocked; waits so many seconds for the first."""
        self._taken = [self._first.popleft() for _ in range(min(len(self._first), _BUNCH))]
        with suppress(queue.Empty):
            if not self._taken and wait > 0:
                self._taken.append(self._fresh.get(timeout=wait))
            while len(self._taken) < _BUNCH:
                self._taken.append(self._fresh.get_nowait())
        events = [what for _, what in self._taken if not isinstance(what, Knock | Nudge)]
        return events, any(isinstance(what, Knock) for _, what in self._taken)

    def done(self) -> None:
        """What was taken last is in the books."""
        self._tries = 0

    def not_done(self) -> None:
        """What was taken last may not be: it comes again, before everything else."""
        self._tries += 1
        if self._tries < _TRIES:
            self._first.extendleft(reversed(self._taken))
        else:
            self._tries = 0

    def forget(self, older_than: float) -> None:
        """Drop what came more than so many seconds ago."""
        waiting = [*self._first, *(self._fresh.get_nowait() for _ in range(self._fresh.qsize()))]
        least = self._moment() - older_than
        self._first = deque((came, what) for came, what in waiting if came >= least)

"""One thread that decides: it is told what happened, in order, and lets time pass.

What may come without end is put only while there is room, so that whoever brings it waits, and fills his own queue, which
is bounded and says so when it overflows. What was asked for by the thread itself never waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

_log = logging.getLogger("tsunagaru.asterisk")

Happened = Callable[[], None]

_ROOM = 2_000
_PAUSE_SECONDS = 0.2
"""After time could not pass it is tried again; what happens meanwhile is heard of all the same."""
_LEAST_SECONDS = 0.001


class Deciding:
    """`next_at`: when `tick` is needed, in seconds of `moment`. Whatever is put may raise: it is the trouble of one call."""

    def __init__(
        self,
        name: str,
        next_at: Callable[[], float],
        tick: Callable[[], None],
        moment: Callable[[], float] = time.monotonic,
        room: int = _ROOM,
    ) -> None:
        self._next_at = next_at
        self._tick = tick
        self._moment = moment
        self._room = room
        self._happened: deque[Happened] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._pause_until = float("-inf")
        self.kept_waiting = 0
        """How many wait for room now."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> bool:
        """Begin; False if it has begun already."""
        if self._thread.is_alive():
            return False
        self._thread.start()
        return True

    def put(self, happened: Happened) -> None:
        """Take it, whatever the room: commands and answers are as many as calls are. Returns at once."""
        with self._changed:
            self._happened.append(happened)
            self._changed.notify_all()

    def put_when_room(self, happened: Happened) -> None:
        """Take it as soon as there is room; never called by the thread that decides."""
        with self._changed:
            self.kept_waiting += 1
            self._changed.wait_for(lambda: len(self._happened) < self._room or self._closed)
            self.kept_waiting -= 1
            self._happened.append(happened)
            self._changed.notify_all()

    def close(self) -> None:
        """Decide nothing more, and keep nobody waiting."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def turn(self) -> None:
        """Let time pass if it is due, then hear of the next thing that happens before it is due again."""
        wait = self._pass_time()
        with self._changed:
            self._changed.wait_for(lambda: self._happened or self._closed, wait)
            if self._closed or not self._happened:
                return
            happened = self._happened.popleft()
            self._changed.notify_all()
        try:
            happened()
        except Exception as error:
            # One call's trouble is not the others'.
            _log.error("the carrier met something unforeseen", exc_info=error)

    def _run(self) -> None:
        while not self._closed:
            self.turn()

    def _pass_time(self) -> float:
        """How long until it is needed again, in seconds."""
        pause = self._pause_until - self._moment()
        if pause > 0:
            return pause
        try:
            # Where it is due now, its moment is read before ours.
            wait = self._next_at() - self._moment()
            if wait <= 0:
                self._tick()
            return max(wait, _LEAST_SECONDS)
        except Exception as error:
            _log.error("time does not pass for the carrier", exc_info=error)
            self._pause_until = self._moment() + _PAUSE_SECONDS
            return _PAUSE_SECONDS

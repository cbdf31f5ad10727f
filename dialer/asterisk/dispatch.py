"""One thread that tells the listener, behind a bounded queue.

The thread that reads the socket never runs a listener's code: what a listener does, throws or waits for cannot stop the
reading, and a listener may send an action and wait for the answer.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

from dialer.asterisk.wire import Event

_log = logging.getLogger("tsunagaru.asterisk")
_AT_ONCE = 256


class Dispatcher:
    """Events and notices, told in the order they were put, one at a time."""

    def __init__(self, name: str, capacity: int, on_event: Callable[[Event], None]) -> None:
        self._capacity = capacity
        self._on_event = on_event
        self._queue: deque[Event | Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._over = False
        self.deepest = 0
        self.delivered = 0
        self.failures = 0
        self._thread = threading.Thread(target=self._run, name=f"{name}-dispatch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put_events(self, events: list[Event]) -> bool:
        """Queue them all, or none of them: False when there is no room."""
        with self._changed:
            if len(self._queue) + len(events) > self._capacity:
                return False
            self._queue.extend(events)
            self.deepest = max(self.deepest, len(self._queue))
            self._changed.notify_all()
        return True

    def put(self, notice: Callable[[], None]) -> None:
        """Queue something that must be told whatever the room: there are never many of them.

        After the end it is told at once, by the thread that puts it.
        """
        with self._changed:
            if not self._over:
                self._queue.append(notice)
                self._changed.notify_all()
                return
        self._tell(notice)

    def wait_for_room(self, seconds: float) -> bool:
        """True once half the queue is free."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._queue) <= self._capacity // 2, seconds)

    def close(self, seconds: float) -> bool:
        """Tell what is queued, then end; False if the listener did not come to an end in time."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while items := self._next():
            for item in items:
                self._tell(item)

    def _next(self) -> list[Event | Callable[[], None]]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            items = list(islice(self._queue, _AT_ONCE))
            for _ in items:
                self._queue.popleft()
            self._over = not items
            self._changed.notify_all()
        return items

    def _tell(self, item: Event | Callable[[], None]) -> None:
        try:
            if isinstance(item, Event):
                self.delivered += 1
                self._on_event(item)
            else:
                item()
        except Exception as error:
            self.failures += 1
            _log.error("a listener failed", extra={"error": type(error).__name__}, exc_info=error)

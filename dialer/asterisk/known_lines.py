"""The operators' lines of a city, known before anybody asks: whoever decides over calls never waits for the database.

The rows are read when a node would read them (`LINES_CHANGED`), now and then, and when somebody is asked for who is not
known or whose line has ended by the clock: a line is prolonged without a word. Only that last question waits for an answer, and
not long; while the database is away or stuck, what was known goes on being known.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from datetime import datetime
from types import TracebackType
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from casefile.clock import Clock
from casefile.db import APPLICATION_ROLE, Database
from dialer.asterisk.lines import LINES_CHANGED, Line, lines_of_all

_LOOK_SECONDS = 15.0
"""A notification may be lost."""
_RETRY_SECONDS = 1.0
_CONNECT_SECONDS = 10
_PATIENCE_SECONDS = 0.2
"""A tenth of what a resident waits in silence at most."""
_CLOSE_SECONDS = 5.0

_log = logging.getLogger("tsunagaru.asterisk")


class KnownLines:
    """A `dialer.asterisk.lines.LineBook` of one municipality; it reads from entering it to leaving it."""

    def __init__(self, database: Database, municipality_id: int, clock: Clock) -> None:
        self._database = database
        self._municipality_id = municipality_id
        self._clock = clock
        self._lines: dict[UUID, list[tuple[Line, datetime | None]]] = {}
        self._changed = threading.Condition()
        self._asked = self._answered = self._given_up = 0
        self._closing = threading.Event()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._keep, name="known-lines", daemon=True)

    def __enter__(self) -> KnownLines:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        os.write(self._wake, b"!")
        self._thread.join(_CLOSE_SECONDS)
        if not self._thread.is_alive():
            os.close(self._woken)
            os.close(self._wake)

    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        """See `LineBook`. Comes back within 0.2 s, whatever the database does."""
        return self._known(operator_id, node) or (self._known(operator_id, node) if self._asked_again() else None)

    def _known(self, operator_id: UUID, node: str | None) -> Line | None:
        now = self._clock.now()
        return next(
            (
                line
                for line, valid_until in self._lines.get(operator_id, ())
                if node in (None, line.node) and (valid_until is None or valid_until > now)
            ),
            None,
        )

    def _asked_again(self) -> bool:
        """Have the rows read from now on, and wait for it a moment; not again for an answer nobody had the last time."""
        with self._changed:
            if self._given_up > self._answered or self._closing.is_set():
                return False
            self._asked += 1
            number = self._asked
            os.write(self._wake, b"?")
            if self._changed.wait_for(lambda: self._answered >= number, _PATIENCE_SECONDS):
                return True
            self._given_up = number
        _log.warning("the lines cannot be read in time; those that are known go on")
        return False

    # -- the thread that reads ---------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._closing.is_set():
            try:
                self._follow()
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                _log.warning("the lines cannot be read", extra={"error": type(error).__name__})
                self._closing.wait(_RETRY_SECONDS)

    def _follow(self) -> None:
        url = self._database.url.replace("postgresql+psycopg://", "postgresql://", 1)
        options = f"-c role={APPLICATION_ROLE}"
        with psycopg.connect(url, autocommit=True, options=options, connect_timeout=_CONNECT_SECONDS) as heard:
            heard.execute(f"LISTEN {LINES_CHANGED}")
            while not self._closing.is_set():
                self._read()
                ready, _, _ = select.select([heard.fileno(), self._woken], [], [], _LOOK_SECONDS)
                if self._woken in ready:
                    os.read(self._woken, 4096)
                if heard.fileno() in ready:
                    for _ in heard.notifies(timeout=0):
                        pass

    def _read(self) -> None:
        with self._changed:
            number = self._asked
        lines = lines_of_all(self._database, self._municipality_id)
        with self._changed:
            self._lines, self._answered = lines, number
            self._changed.notify_all()

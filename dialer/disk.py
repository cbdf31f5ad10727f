"""Whether what was committed is on the database server's disk: before that, no number is given to a carrier.

Commits that do not wait for the disk (`Database.repeatable_transaction`) cost an engine nothing, and a crash of the server
may take them away again. An engine that dials asks here and goes on with its answered calls; a disk that stalls
for seconds delays the dials that wait for it and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from casefile.db import Database, reach_disk
from casefile.errors import TsunagaruError

_CLOSES_WITHIN = 5.0
_SILENT_SECONDS = 30.0
"""A connection that is silent for longer may be forgotten by a firewall, and nobody would say so for many minutes."""


class Disk(Protocol):
    def ask(self) -> int:
        """Have all that is committed by now written; gives the number of this asking, counted from 1."""

    def reached(self) -> int:
        """The last asking whose answer is yes, as all before it. Raises TsunagaruError where there can be no answer."""

    def close(self) -> None:
        """Nothing is asked any more."""


class DiskAwaited:
    """Whoever asks waits: for engines that have nothing else to do meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked = 0

    def ask(self) -> int:
        self._database.reach_disk()
        self._asked += 1
        return self._asked

    def reached(self) -> int:
        return self._asked

    def close(self) -> None:
        pass


class DiskBeside:
    """A thread waits, on a connection of its own, and calls `written` from there for each answer.

    What is asked while it waits is answered together. The connection is never opened again: one to a server
    that has crashed and started anew would say yes to what that crash took away. Raises SQLAlchemyError at once where
    the application may not ask.
    """

    def __init__(self, database: Database, written: Callable[[], None]) -> None:
        self._connection = database.engine.connect()
        try:
            reach_disk(self._connection)
        except SQLAlchemyError:
            self._connection.close()
            raise
        self._written = written
        self._changed = threading.Condition()
        self._asked = 0
        self._reached = 0
        self._broken = False
        self._closed = False
        self._thread = threading.Thread(target=self._wait_for_answers, name="disk", daemon=True)
        self._thread.start()

    def ask(self) -> int:
        with self._changed:
            self._asked += 1
            self._changed.notify()
            return self._asked

    def reached(self) -> int:
        with self._changed:
            if self._broken:
                raise TsunagaruError("データベースとの接続が切れました。エンジンは接続し直します。")
            return self._reached

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(_CLOSES_WITHIN)

    def _wait_for_answers(self) -> None:
        try:
            with suppress(SQLAlchemyError):
                while (number := self._next()) is not None:
                    reach_disk(self._connection)
                    with self._changed:
                        self._reached = number
                    self._written()
        finally:
            # Whatever it was that ended this: nobody is to wait for an answer that never comes.
            with self._changed:
                self._broken = True
            self._written()
            self._connection.invalidate()
            self._connection.close()

    def _next(self) -> int | None:
        """The last asking, once there is a new one or after a silence; None when nothing is asked any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._asked > self._reached, _SILENT_SECONDS)
            return None if self._closed else self._asked

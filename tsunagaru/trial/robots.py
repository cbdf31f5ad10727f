"""Operators who never tire: they come to work, and write up each call after a while. Their voices are telephones elsewhere."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from casefile.clock import Clock
from casefile.db import Database
from dialer.commands import give
from dialer.tables import Seat
from tsunagaru.trial.city import FLOOR, MUNICIPALITY

_LOOK_SECONDS = 0.25


class Robots:
    """`open` them before the engine starts, or while it runs; a thread looks after their seats until `close`.

    `wrapup_seconds`: how long a call is written up. Whoever the engine sent into a pause goes on as soon as that is seen.
    """

    def __init__(self, database: Database, clock: Clock, operators: list[UUID], wrapup_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._operators = operators
        self._wrapup_seconds = wrapup_seconds
        self._since: dict[UUID, float] = {}
        self._resting = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="robots", daemon=True)

    def open(self) -> None:
        for kind in ("sign_in", "ready"):
            self._say(kind, self._operators)
        self._thread.start()

    def rest(self) -> None:
        """Everybody into a pause after the call at hand: nothing is dialed any more, what is written up is finished."""
        self._resting.set()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            # A fault of the database is part of some trials: the rows are read again.
            with suppress(DBAPIError):
                self._look_after_seats()

    def _look_after_seats(self) -> None:
        with self._database.transaction(MUNICIPALITY) as conn:
            states = {row.operator_id: row.state for row in conn.execute(select(Seat.operator_id, Seat.state))}
        now = time.monotonic()
        self._since = {who: self._since.get(who, now) for who, state in states.items() if state == "wrapup"}
        written = [who for who, since in self._since.items() if now - since >= self._wrapup_seconds]
        for who in written:
            self._since[who] = now
        self._say("wrapup_done", written)
        if self._resting.is_set():
            self._say("pause", [who for who, state in states.items() if state in ("ready", "reserved", "talking")])
        else:
            self._say("ready", [who for who, state in states.items() if state == "paused"])

    def _say(self, kind: str, operators: list[UUID]) -> None:
        detail = {"reason": "break"} if kind == "pause" else None
        with self._database.transaction(MUNICIPALITY) as conn:
            for operator in operators:
                give(conn, MUNICIPALITY, FLOOR, kind, now=self._clock.now(), operator_id=operator, detail=detail)

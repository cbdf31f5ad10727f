"""The one way out to browsers: listens for what the engine changed, reads the rows, sends them to whom they concern.

Every web process listens for itself and sends to the browsers connected to it and to nobody else's, so that whatever
happens reaches each browser once, however many web processes there are.
Notifications carry ids only and may be lost; what is sent is always read from the rows. A seat's change goes to its
operator at once; the floor is sent whole, at most four times a second and at least every five seconds.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from flask_socketio import SocketIO
from sqlalchemy.exc import SQLAlchemyError

from agent_ui.context import PanelContext
from agent_ui.floor import live as floor_live
from agent_ui.live import turn_out_ended_sessions
from agent_ui.panel import live as panel_live
from agent_ui.presence import Presence
from casefile.db import APPLICATION_ROLE

CHANNEL = "floor_live"
SMALLEST_GAP = 0.25
"""Seconds between two sendings of a floor: 200 operators change state often, nobody reads faster than this."""
LARGEST_GAP = 5.0
"""Seconds after which a floor is sent though nothing was heard, since a notification may be lost."""
SESSIONS_GAP = 10.0
"""Seconds a connection may outlive its session."""
_RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a notification was about: ids, nothing else."""

    municipality_id: int
    operator_id: UUID | None
    stop: bool


def _read(payload: str) -> _Heard | None:
    try:
        found: dict[str, Any] = json.loads(payload)
        operator = found.get("operator")
        return _Heard(
            int(found["municipality"]), UUID(str(operator)) if operator else None, found.get("kind") == "stop"
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        _log.warning("a notification was not understood and was passed over")
        return None


class Notifier:
    """Two threads: one listens and serves operators at once, one sends floors at a bearable pace."""

    def __init__(self, context: PanelContext, socket: SocketIO, presence: Presence) -> None:
        self._context = context
        self._socket = socket
        self._presence = presence
        self._sessions_checked = time.monotonic()
        self._stopping = threading.Event()
        self._changed: set[int] = set()
        self._watched: dict[int, float] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self.listening = threading.Event()

    def start(self) -> None:
        for name, work in (("listen", self._listen), ("floors", self._send_floors)):
            threading.Thread(target=work, name=f"notifier-{name}", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._presence.close()

    def floor_changed(self, municipality_id: int) -> None:
        """Something on the floor differs; it is sent soon."""
        with self._lock:
            self._changed.add(municipality_id)
        self._wake.set()

    def seat_changed(self, municipality_id: int, operator_id: UUID) -> None:
        """Send an operator the state of the own desk, now."""
        panel_live.send_desk(self._context, self._socket, municipality_id, operator_id)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen_until_lost()
            except (psycopg.Error, OSError) as error:
                _log.warning(
                    "the live connection to the database was lost and is opened anew: %s", type(error).__name__
                )
            self.listening.clear()
            self._stopping.wait(_RETRY_SECONDS)

    def _listen_until_lost(self) -> None:
        url = self._context.database.url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(url, autocommit=True, options=f"-c role={APPLICATION_ROLE}") as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self.listening.set()
            while not self._stopping.is_set():
                # One transaction of the engine often says several things of one seat; its desk is sent once.
                self._take([heard.payload for heard in connection.notifies(timeout=1.0, stop_after=1)])

    def _take(self, payloads: list[str]) -> None:
        heard = [found for found in map(_read, payloads) if found is not None]
        try:
            for municipality_id, operator_id in dict.fromkeys(
                (each.municipality_id, each.operator_id) for each in heard
            ):
                if operator_id is not None:
                    self.seat_changed(municipality_id, operator_id)
            for municipality_id in dict.fromkeys(each.municipality_id for each in heard if each.stop):
                floor_live.send_stops(self._context, self._socket, municipality_id)
        except SQLAlchemyError as error:
            _log.warning("rows could not be read for a notification: %s", type(error).__name__)
        for each in heard:
            self.floor_changed(each.municipality_id)

    def _send_floors(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(SMALLEST_GAP * 2)
            self._wake.clear()
            for municipality_id in self._due(time.monotonic()):
                try:
                    floor_live.send_floor(self._context, self._socket, municipality_id)
                except SQLAlchemyError as error:
                    _log.warning("a floor could not be read: %s", type(error).__name__)
            self._check_sessions(time.monotonic())
            self._stopping.wait(SMALLEST_GAP)

    def _check_sessions(self, moment: float) -> None:
        if moment - self._sessions_checked < SESSIONS_GAP:
            return
        self._sessions_checked = moment
        try:
            turn_out_ended_sessions(self._socket, self._presence)
        except SQLAlchemyError as error:
            _log.warning("sessions could not be checked: %s", type(error).__name__)

    def _due(self, moment: float) -> list[int]:
        with self._lock:
            for municipality_id in self._changed:
                self._watched.setdefault(municipality_id, 0.0)
            due = [
                municipality_id
                for municipality_id, sent in self._watched.items()
                if municipality_id in self._changed or moment - sent >= LARGEST_GAP
            ]
            self._changed.clear()
            for municipality_id in due:
                self._watched[municipality_id] = moment
        return sorted(due)

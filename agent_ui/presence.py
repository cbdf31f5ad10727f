"""Who has a screen open. An operator whose last screen has been gone for a while is paused: no silent call.

A resident who answers and is joined to a desk without a screen hears nothing (DOMAIN.md §2.8). The web process that loses
a screen waits for it, looks whether another web process has one of the same operator, and if none has says so to the
engine by a command like any other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from agent_ui.context import PanelContext
from agent_ui.identity import SignedIn
from agent_ui.web_processes import Operator, WebProcesses
from casefile import accounts
from casefile.db import Json
from casefile.tables import Municipality
from dialer import commands
from dialer.seat import SCREEN_GONE
from dialer.tables import FloorCommand, Seat

FROM_SCREEN: Json = {"screen": True}
"""Detail of 準備完了 given at a screen, and not by a rehearsed operator, who has none."""
_AT_WORK = ("ready", "reserved", "talking", "wrapup")
_RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Screen:
    operator: Operator
    session_key: str


class Presence:
    """Every open screen of this web process by its connection. Safe for threads: connections come and go on their own."""

    def __init__(self, context: PanelContext, others: WebProcesses) -> None:
        self._context = context
        self._others = others
        self._lock = threading.Lock()
        self._screens: dict[str, _Screen] = {}
        self._waiting: dict[Operator, threading.Timer] = {}
        self._closed = False

    def start(self) -> None:
        """Begin to wait for the screens that lived before this web process: they come back within the grace or never.

        The same whenever another web process has ended: its screens come to this one, or another, or never.
        """
        self._others.start(self.operators, self._begin_to_expect)
        self._begin_to_expect()

    def close(self) -> None:
        """Nothing more is said."""
        self._others.close()
        with self._lock:
            self._closed = True
            for timer in self._waiting.values():
                timer.cancel()
            self._waiting.clear()

    # -- screens come and go --------------------------------------------------------------------------------------

    def arrived(self, connection: str, person: SignedIn) -> None:
        """A screen of this person is open."""
        operator = Operator(person.municipality_id, person.user.user_id)
        with self._lock:
            self._screens[connection] = _Screen(operator, person.user.session_key)
            timer = self._waiting.pop(operator, None)
            if timer is not None:
                timer.cancel()
        self._others.changed()

    def left(self, connection: str) -> None:
        """That screen is gone; a reload comes back within the grace."""
        with self._lock:
            screen = self._screens.pop(connection, None)
            if screen is not None:
                self._wait_unless_here(screen.operator)
        self._others.changed()

    def operators(self) -> set[Operator]:
        """Everybody who has a screen open at this web process."""
        with self._lock:
            return {screen.operator for screen in self._screens.values()}

    def expect(self, operator: Operator) -> None:
        """This operator takes calls from now on, and must have a screen for it within the grace."""
        with self._lock:
            self._wait_unless_here(operator)

    def of_ended_sessions(self) -> list[str]:
        """Connections whose session has ended meanwhile: signed out, account closed, rights or password changed."""
        with self._lock:
            screens = dict(self._screens)
        ended = []
        for connection, screen in screens.items():
            municipality_id = screen.operator.municipality_id
            with self._context.database.transaction(municipality_id) as conn:
                if accounts.user_of_session(conn, municipality_id, screen.session_key) is None:
                    ended.append(connection)
        return ended

    # -- those who do not come back -------------------------------------------------------------------------------

    def _wait_unless_here(self, operator: Operator) -> None:
        here = any(screen.operator == operator for screen in self._screens.values())
        if here or operator in self._waiting or self._closed:
            return
        timer = threading.Timer(self._context.screen_grace_seconds, self._grace_over, (operator,))
        timer.daemon = True
        self._waiting[operator] = timer
        timer.start()

    def _grace_over(self, operator: Operator) -> None:
        with self._lock:
            if self._waiting.get(operator) is not threading.current_thread():
                return
            del self._waiting[operator]
        if self._others.show(operator):
            return
        try:
            self._pause(operator)
        except SQLAlchemyError as error:
            _log.warning("a vanished screen could not be told to the engine yet: %s", type(error).__name__)
            self.expect(operator)

    def _pause(self, operator: Operator) -> None:
        with self._context.database.transaction(operator.municipality_id) as conn:
            seat = conn.execute(
                select(Seat.floor_id, Seat.state).where(Seat.operator_id == operator.operator_id)
            ).one_or_none()
            if seat is None or seat.state not in _AT_WORK:
                return
            commands.give(
                conn,
                operator.municipality_id,
                seat.floor_id,
                "pause",
                now=self._context.clock.now(),
                operator_id=operator.operator_id,
                detail={"reason": SCREEN_GONE},
            )
        _log.info("a screen is gone and its operator is paused: %s", operator.operator_id)

    def _begin_to_expect(self) -> None:
        threading.Thread(target=self._expect_those_at_work, name="presence", daemon=True).start()

    def _expect_those_at_work(self) -> None:
        while not self._closed:
            try:
                for operator in self._at_work():
                    self.expect(operator)
            except SQLAlchemyError as error:
                _log.warning("seats could not be read at the start: %s", type(error).__name__)
                time.sleep(_RETRY_SECONDS)
            else:
                return

    def _at_work(self) -> list[Operator]:
        database = self._context.database
        with database.transaction(None) as conn:
            cities = list(conn.scalars(select(Municipality.municipality_id).order_by(Municipality.municipality_id)))
        found = []
        for municipality_id in cities:
            with database.transaction(municipality_id) as conn:
                found += [Operator(municipality_id, operator_id) for operator_id in _ready_at_screens(conn)]
        return found


def _ready_at_screens(conn: Connection) -> Iterator[UUID]:
    """Operators at work who last became ready at a screen."""
    seats = conn.scalars(select(Seat.operator_id).where(Seat.state.in_(_AT_WORK)).order_by(Seat.operator_id)).all()
    for operator_id in seats:
        detail = conn.scalar(
            select(FloorCommand.detail)
            .where(FloorCommand.operator_id == operator_id, FloorCommand.kind == "ready")
            .order_by(FloorCommand.command_no.desc())
            .limit(1)
        )
        if detail and detail.get("screen"):
            yield operator_id

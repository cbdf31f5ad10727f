"""A screen that vanishes takes its operator out of the calls; a reload does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from flask_socketio import SocketIO
from sqlalchemy import insert, select, update

from agent_ui.app import create_app
from agent_ui.context import PanelContext
from agent_ui.live import turn_out_ended_sessions
from agent_ui.presence import Presence
from agent_ui.web_processes import NoOthers
from casefile import accounts
from casefile.db import Database
from casefile.tables import UserAccount
from dialer.seat import SCREEN_GONE
from dialer.tables import Floor, FloorCommand, Seat
from tests.integration.agent_ui.conftest import NOW, Visitor

FLOOR = UUID(int=0xF)
GRACE = 0.3


class Room:
    """A floor with one operator's seat, and what the web said to its engine."""

    def __init__(self, app: APIFlask, database: Database, municipality: int) -> None:
        self.app = app
        self._database = database
        self._municipality = municipality
        self.socket: SocketIO = app.extensions["socketio"]
        self.presence: Presence = app.extensions["presence"]
        self.visitor = Visitor(app.test_client())
        assert self.visitor.sign_in("operator").status_code == 200
        with database.transaction(municipality) as conn:
            self.operator_id: UUID = conn.scalars(
                select(UserAccount.user_id).where(UserAccount.login == "operator")
            ).one()
            conn.execute(
                insert(Floor).values(municipality_id=municipality, floor_id=FLOOR, name="本庁", epoch=1, figures={})
            )
            conn.execute(
                insert(Seat).values(
                    municipality_id=municipality,
                    operator_id=self.operator_id,
                    floor_id=FLOOR,
                    state="ready",
                    since=NOW,
                )
            )

    def open_screen(self) -> Any:
        return self.socket.test_client(self.app, flask_test_client=self.visitor.client)

    def seat_is(self, state: str) -> None:
        with self._database.transaction(self._municipality) as conn:
            conn.execute(update(Seat).where(Seat.operator_id == self.operator_id).values(state=state))

    def pauses(self) -> list[str]:
        with self._database.transaction(self._municipality) as conn:
            rows = conn.execute(
                select(FloorCommand.detail, FloorCommand.operator_id).where(FloorCommand.kind == "pause")
            ).all()
        assert {row.operator_id for row in rows} <= {self.operator_id}
        return [row.detail["reason"] for row in rows]

    def pauses_soon(self) -> list[str]:
        deadline = time.monotonic() + 10
        while not self.pauses() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.pauses()

    def pauses_after_the_grace(self) -> list[str]:
        """Nothing is said by then; the wait is the subject here."""
        time.sleep(GRACE * 2)
        return self.pauses()


@pytest.fixture
def room(context: PanelContext, database: Database, municipality: int) -> Iterator[Room]:
    app = create_app(replace(context, screen_grace_seconds=GRACE))
    opened = Room(app, database, municipality)
    yield opened
    opened.presence.close()


def test_a_vanished_screen_pauses_its_operator(room: Room) -> None:
    room.open_screen().disconnect()
    assert room.pauses_soon() == [SCREEN_GONE]


def test_a_reload_changes_nothing(room: Room) -> None:
    room.open_screen().disconnect()
    room.open_screen()
    assert room.pauses_after_the_grace() == []


def test_one_of_two_screens_is_enough(room: Room) -> None:
    room.open_screen()
    room.open_screen().disconnect()
    assert room.pauses_after_the_grace() == []


@pytest.mark.parametrize("state", ["offline", "paused"])
def test_who_takes_no_calls_is_left_alone(room: Room, state: str) -> None:
    room.seat_is(state)
    room.open_screen().disconnect()
    assert room.pauses_after_the_grace() == []


def test_ready_without_any_screen_does_not_last(room: Room) -> None:
    assert room.visitor.post("/api/panel/ready").status_code == 200
    assert room.pauses_soon() == [SCREEN_GONE]


def test_a_new_web_process_waits_for_the_screens_of_the_old_one(room: Room, context: PanelContext) -> None:
    room.open_screen()
    assert room.visitor.post("/api/panel/ready").status_code == 200
    room.presence.close()
    after = Presence(replace(context, screen_grace_seconds=GRACE), NoOthers())
    after.start()
    assert room.pauses_soon() == [SCREEN_GONE]
    after.close()


def test_rehearsed_operators_need_no_screen(room: Room, context: PanelContext) -> None:
    after = Presence(replace(context, screen_grace_seconds=GRACE), NoOthers())
    after.start()
    assert room.pauses_after_the_grace() == []
    after.close()


def test_a_session_that_ended_hears_nothing_more(room: Room, database: Database, municipality: int) -> None:
    screen = room.open_screen()
    turn_out_ended_sessions(room.socket, room.presence)
    assert screen.is_connected()
    with database.transaction(municipality) as conn:
        accounts.end_sessions(conn, municipality, room.operator_id)
    turn_out_ended_sessions(room.socket, room.presence)
    assert not screen.is_connected()

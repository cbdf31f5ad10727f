"""Two web processes of one room: a screen at either is a screen, tries to sign in count once, and Redis may be away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from flask_socketio import SocketIO
from redis import Redis
from sqlalchemy import insert, select, update

from agent_ui.app import create_app
from agent_ui.context import PanelContext
from agent_ui.others_by_redis import LISTS_OF_SCREENS, PROCESSES, redis_connections
from agent_ui.presence import Presence
from casefile.db import Database
from casefile.tables import UserAccount
from dialer.seat import SCREEN_GONE
from dialer.tables import Floor, FloorCommand, Seat
from tests.integration.agent_ui.conftest import NOW, Visitor
from tests.redis_server import RedisServer, redis_server
from tests.waiting import until

pytestmark = [pytest.mark.debian]

FLOOR = UUID(int=0xF)
GRACE = 0.5


class Web:
    """One web process, and one operator's browser at it."""

    def __init__(self, context: PanelContext) -> None:
        self.app: APIFlask = create_app(context)
        self.socket: SocketIO = self.app.extensions["socketio"]
        self.presence: Presence = self.app.extensions["presence"]
        self.presence.start()
        self.visitor = Visitor(self.app.test_client())

    def open_screen(self) -> Any:
        if not self.visitor.get("/api/session").get_json()["user"]:
            assert self.visitor.sign_in("operator").status_code == 200
        return self.socket.test_client(self.app, flask_test_client=self.visitor.client)


class Room:
    """A floor with one operator, who is at work, and what the web processes said to its engine."""

    def __init__(self, database: Database, municipality: int) -> None:
        self._database = database
        self._municipality = municipality
        with database.transaction(municipality) as conn:
            self.operator_id = conn.scalars(select(UserAccount.user_id).where(UserAccount.login == "operator")).one()
            conn.execute(
                insert(Floor).values(municipality_id=municipality, floor_id=FLOOR, name="本庁", epoch=1, figures={})
            )
            conn.execute(
                insert(Seat).values(
                    municipality_id=municipality,
                    operator_id=self.operator_id,
                    floor_id=FLOOR,
                    state="offline",
                    since=NOW,
                )
            )

    def become_ready(self, web: Web) -> None:
        with self._database.transaction(self._municipality) as conn:
            conn.execute(update(Seat).values(state="ready"))
        assert web.visitor.post("/api/panel/ready").status_code == 200

    def pauses(self) -> list[str]:
        with self._database.transaction(self._municipality) as conn:
            return [
                detail["reason"]
                for detail in conn.scalars(
                    select(FloorCommand.detail).where(FloorCommand.kind == "pause").order_by(FloorCommand.command_no)
                )
            ]

    def pauses_after_the_grace(self) -> list[str]:
        """Nothing is said by then; the wait is the subject here."""
        time.sleep(GRACE * 2)
        return self.pauses()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def shared(context: PanelContext, redis: RedisServer) -> PanelContext:
    return replace(context, redis=redis_connections(redis.url), screen_grace_seconds=GRACE, sign_in_rate="4 per hour")


@pytest.fixture
def webs(shared: PanelContext) -> Iterator[tuple[Web, Web]]:
    both = Web(shared), Web(shared)
    yield both
    for web in both:
        web.presence.close()


@pytest.fixture
def room(database: Database, municipality: int, webs: tuple[Web, Web]) -> Room:
    return Room(database, municipality)


def know_of_each_other(room: Room, here: Web, there: Web) -> None:
    """`there` has a screen, and `here` has heard of it."""
    operator = next(iter(there.presence.operators()))
    assert operator.operator_id == room.operator_id
    until(lambda: here.presence._others.show(operator))


def test_a_screen_at_the_other_process_is_a_screen(room: Room, webs: tuple[Web, Web]) -> None:
    here, there = webs
    there.open_screen()
    here.open_screen().disconnect()
    room.become_ready(here)
    assert room.pauses_after_the_grace() == []


def test_who_has_a_screen_at_neither_is_paused(room: Room, webs: tuple[Web, Web]) -> None:
    here, there = webs
    there.open_screen().disconnect()
    here.open_screen().disconnect()
    room.become_ready(here)
    until(room.pauses, fits=lambda said: set(said) == {SCREEN_GONE})


def test_a_reload_may_come_to_the_other_process(room: Room, webs: tuple[Web, Web]) -> None:
    here, there = webs
    screen = here.open_screen()
    room.become_ready(here)
    screen.disconnect()
    there.open_screen()
    assert room.pauses_after_the_grace() == []


def test_a_new_process_leaves_those_of_the_others_alone(
    room: Room, webs: tuple[Web, Web], shared: PanelContext
) -> None:
    here, _ = webs
    here.open_screen()
    room.become_ready(here)
    third = Web(shared)
    assert room.pauses_after_the_grace() == []
    third.presence.close()


def test_the_screens_of_a_process_that_ended_are_waited_for_by_the_others(room: Room, webs: tuple[Web, Web]) -> None:
    here, there = webs
    there.open_screen()
    room.become_ready(there)
    know_of_each_other(room, here, there)
    there.presence.close()
    until(room.pauses, fits=lambda said: said == [SCREEN_GONE])


def test_a_list_that_cannot_be_read_keeps_nobody_from_being_missed(
    room: Room, webs: tuple[Web, Web], shared: PanelContext
) -> None:
    here, _ = webs
    strange = Redis(connection_pool=shared.redis)
    strange.set(f"{LISTS_OF_SCREENS}strange", "[1]")
    strange.sadd(PROCESSES, "strange")
    here.open_screen().disconnect()
    room.become_ready(here)
    until(room.pauses, fits=lambda said: said == [SCREEN_GONE])


def test_while_redis_is_away_the_others_count_as_last_known(
    room: Room, webs: tuple[Web, Web], redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = webs
    screen = there.open_screen()
    know_of_each_other(room, here, there)
    redis.kill()
    until(lambda: "Redis does not answer" in caplog.text)
    mine = here.open_screen()
    room.become_ready(here)
    mine.disconnect()
    assert room.pauses_after_the_grace() == []
    redis.start()
    know_of_each_other(room, here, there)
    assert room.pauses_after_the_grace() == []
    screen.disconnect()
    until(room.pauses, fits=lambda said: said == [SCREEN_GONE])


def test_a_process_alone_goes_on_while_redis_is_away(room: Room, webs: tuple[Web, Web], redis: RedisServer) -> None:
    here, _ = webs
    screen = here.open_screen()
    room.become_ready(here)
    redis.kill()
    # Opened before the first one goes: on a busy machine opening takes longer than the grace.
    another = here.open_screen()
    screen.disconnect()
    assert room.pauses_after_the_grace() == []
    another.disconnect()
    until(room.pauses, fits=lambda said: said == [SCREEN_GONE])


def test_tries_to_sign_in_are_counted_at_both_processes_together(
    room: Room, webs: tuple[Web, Web], redis: RedisServer
) -> None:
    def tries(web: Web) -> int:
        return int(web.visitor.sign_in("nobody").status_code)

    here, there = webs
    assert [tries(web) for web in (here, there, here, there, here, there)] == [422] * 4 + [429] * 2
    redis.kill()
    # Each for itself, rather than nobody or everybody.
    assert [tries(here) for _ in range(5)] == [422] * 4 + [429]
    assert [tries(there) for _ in range(5)] == [422] * 4 + [429]

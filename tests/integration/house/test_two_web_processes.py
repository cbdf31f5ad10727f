"""Two web processes as an office runs them, with a Redis between: each event reaches each browser once, come what may."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import socketio
from sqlalchemy import insert, select, text, update

from agent_ui.presence import FROM_SCREEN
from casefile.accounts import create_user
from casefile.clock import SystemClock
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.stops import StopKind, stop_contacts
from dialer import commands
from dialer.seat import SCREEN_GONE
from dialer.tables import Floor, FloorCommand, Seat
from tests.redis_server import HOST, RedisServer, free_port, redis_server
from tests.waiting import until

pytestmark = [pytest.mark.debian]

FLOOR = UUID(int=0xF)
PASSWORD = "Shiken-2026-shitsu"  # of a database that lives for seconds
AWAY, BACK = "Redis does not answer", "Redis answers again"
CLOCK = SystemClock()
IDS = TimeOrderedIds(CLOCK.now)


class Web:
    """A web process of its own, as gunicorn serves it."""

    def __init__(self, surroundings: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self._log = log
        command = [sys.executable, "-m", "gunicorn", "--config", "python:tsunagaru.gunicorn_config"]
        with log.open("wb") as told:
            self.process = subprocess.Popen(
                [*command, "tsunagaru.wiring:web_application()"],
                env=surroundings | {"TSUNAGARU_PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                # gunicorn's worker dies with it.
                start_new_session=True,
            )

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[Any, str]:
        """The answer's JSON, and the cookie that came with it."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            wanted = {"Content-Type": "application/json"} | headers
            connection.request(method, path, json.dumps(body) if body is not None else None, wanted)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            return json.loads(answer.read()), (answer.getheader("Set-Cookie") or "").partition(";")[0]
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return bool(self.ask("GET", "/healthz"))
        except OSError:
            return False

    def said(self, sentence: str) -> bool:
        """Whether its log has this sentence."""
        return sentence in self._log.read_text(encoding="utf-8")

    def sign_in(self, login: str) -> str:
        """The cookie of whoever signed in."""
        start, cookie = self.ask("GET", "/api/session")
        who = {"login": login, "password": PASSWORD}
        return self.ask("POST", "/api/session", who, **{"Cookie": cookie, "X-CSRFToken": start["csrf_token"]})[1]

    def kill(self) -> None:
        """With its worker, at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


class Screen:
    """A browser's live connection, and all it heard."""

    def __init__(self, web: Web, cookie: str) -> None:
        self.desks: list[str] = []
        self.stops: list[int] = []
        self.client = socketio.Client(reconnection=False)
        self.client.on("desk", lambda desk: self.desks.append(desk["seat"]["pause_reason"]))
        self.client.on("stops", lambda stops: self.stops.append(len(stops)))
        self.client.connect(
            f"http://{HOST}:{web.port}", headers={"Cookie": cookie}, socketio_path="live", transports=["websocket"]
        )


@contextmanager
def two_webs(database_url: str, redis: RedisServer, home: Path) -> Iterator[tuple[Web, Web]]:
    surroundings = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": redis.url, "TSUNAGARU_HOME": str(home)}
    with ExitStack() as ends:
        webs = [Web(surroundings, home / f"web-{number}.log") for number in (1, 2)]
        for web in webs:
            ends.callback(web.kill)
        until(lambda: all(web.answers() for web in webs), 60)
        yield webs[0], webs[1]


def employ(database: Database, municipality: int, *logins: str) -> list[UUID]:
    """Operators with seats of one floor, at work."""
    now = CLOCK.now()
    with database.transaction(municipality) as conn:
        conn.execute(
            insert(Floor).values(municipality_id=municipality, floor_id=FLOOR, name="本庁", epoch=1, figures={})
        )
        people = [
            create_user(
                conn,
                municipality,
                login=login,
                display_name=login,
                password=PASSWORD,
                roles=["operator"],
                now=now,
                ids=IDS,
            ).user_id
            for login in logins
        ]
        for operator_id in people:
            seat = {"operator_id": operator_id, "floor_id": FLOOR, "state": "offline", "since": now}
            conn.execute(insert(Seat).values(municipality_id=municipality, **seat))
    return people


def test_every_event_reaches_every_browser_once_and_a_killed_process_is_noticed(
    tmp_path: Path, database: Database, database_url: str, municipality: int
) -> None:
    of_both, leaving, bereft = employ(database, municipality, "both", "leaving", "bereft")

    def change(reason: str) -> None:
        """As the engine does it: rows and word of them in one transaction."""
        with database.transaction(municipality) as conn:
            conn.execute(update(Seat).where(Seat.operator_id == of_both).values(state="paused", pause_reason=reason))
            word = commands.live_payload(municipality, FLOOR, "seat", of_both)
            conn.execute(text("SELECT pg_notify('floor_live', :word)"), {"word": word})

    def paused_for_no_screen() -> list[UUID | None]:
        given = select(FloorCommand.operator_id, FloorCommand.detail).where(FloorCommand.kind == "pause")
        with database.transaction(municipality) as conn:
            rows = conn.execute(given.order_by(FloorCommand.command_no)).all()
        return [row.operator_id for row in rows if row.detail["reason"] == SCREEN_GONE]

    with redis_server(tmp_path) as redis, two_webs(database_url, redis, tmp_path) as (first, second):
        # A session is good at both: they share the secret that signs it.
        cookie = first.sign_in("both")
        screens = [Screen(first, cookie), Screen(second, cookie)]
        about_to_leave = Screen(first, first.sign_in("leaving"))
        Screen(first, first.sign_in("bereft"))

        def both_hear(reason: str) -> None:
            change(reason)
            until(lambda: [screen.desks[-1:] for screen in screens], fits=lambda seen: seen == [[reason]] * 2)

        told = [f"理由{number}" for number in range(9)]
        for number, reason in enumerate(told):
            if number == 3:
                redis.kill()
                until(lambda: first.said(AWAY) and second.said(AWAY), 20)
            if number == 6:
                redis.start()
                until(lambda: first.said(BACK) and second.said(BACK), 20)
            both_hear(reason)
        # What is heard after everything else: had anything come twice, it would have come before.
        with database.transaction(municipality) as conn:
            stop_contacts(
                conn, municipality, kind=StopKind.OTHER, reason="試験", now=CLOCK.now(), ids=IDS, user_id=None
            )
        until(lambda: [screen.stops for screen in screens], fits=lambda seen: seen == [[0, 1]] * 2)
        assert [screen.desks for screen in screens] == [told] * 2

        with database.transaction(municipality) as conn:
            conn.execute(update(Seat).values(state="ready", pause_reason=None))
            for operator_id in (of_both, leaving, bereft):
                commands.give(
                    conn,
                    municipality,
                    FLOOR,
                    "ready",
                    now=CLOCK.now(),
                    operator_id=operator_id,
                    detail=dict(FROM_SCREEN),
                )
        # The first process loses two screens, one after the other, and only one of them was the operator's last.
        screens[0].client.disconnect()
        about_to_leave.client.disconnect()
        until(paused_for_no_screen, 40, fits=lambda gone: gone == [leaving])
        with database.transaction(municipality) as conn:
            conn.execute(update(Seat).where(Seat.operator_id == leaving).values(state="paused"))
        first.kill()
        until(paused_for_no_screen, 40, fits=lambda gone: gone == [leaving, bereft])
        screens[1].client.disconnect()

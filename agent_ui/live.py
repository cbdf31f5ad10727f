"""The live connection of each browser: who hears what. Everything sent goes through the notifier."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from apiflask import APIFlask
from engineio.async_drivers.threading import SimpleWebSocketWSGI
from flask import request
from flask_login import current_user
from flask_socketio import SocketIO, emit, join_room
from simple_websocket import ConnectionClosed
from wsproto.utilities import LocalProtocolError

from agent_ui.context import PanelContext
from agent_ui.floor import board
from agent_ui.identity import SignedIn, signed_in
from agent_ui.presence import Presence
from casefile.roles import Right


def operator_room(operator_id: UUID) -> str:
    """What only this operator hears."""
    return f"operator:{operator_id}"


def floor_room(municipality_id: int) -> str:
    """What everybody who watches the floor of this municipality hears."""
    return f"floor:{municipality_id}"


def everybody_room(municipality_id: int) -> str:
    """What every signed-in person of this municipality hears: an emergency stop."""
    return f"municipality:{municipality_id}"


def anybody_in(socket: SocketIO, room: str) -> bool:
    """Whether a browser connected to this web process hears this room: for nobody nothing need be read."""
    return any(True for _ in socket.server.manager.get_participants("/", room))


PING_SECONDS = 5
"""A dead network is noticed after twice this; a browser that closes is noticed at once."""


class BrowserSocket(SimpleWebSocketWSGI):  # type: ignore[misc,unused-ignore]
    """A browser may leave between Engine.IO's look whether it is still there and its farewell: then all is said.

    It leaves with its own farewell read (ConnectionClosed), with that just coming in (LocalProtocolError) or with none:
    the line is gone (OSError, of a TLS line too).
    """

    def close(self) -> None:
        with suppress(ConnectionClosed, LocalProtocolError, OSError):
            super().close()


def install(app: APIFlask, context: PanelContext, presence: Presence) -> SocketIO:
    """Attach Socket.IO with threads; only the same origin may connect, only a signed-in person stays connected."""
    live = SocketIO(
        app,
        async_mode="threading",
        cors_allowed_origins=None,
        serve_client=False,
        path="/live",
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
    )
    # The only place where Engine.IO's kind of socket can be chosen.
    engine = live.server.eio
    engine._async = engine._async | {"websocket": BrowserSocket}  # noqa: SLF001

    @live.on("connect")  # type: ignore[untyped-decorator,unused-ignore]
    def connect() -> bool:
        if not current_user.is_authenticated:
            return False
        person: SignedIn = signed_in()
        presence.arrived(_connection(), person)
        join_room(operator_room(person.user.user_id))
        join_room(everybody_room(person.municipality_id))
        if person.may(Right.FLOOR):
            join_room(floor_room(person.municipality_id))
        # Whoever comes while everything stands still must see it too.
        with context.database.transaction(person.municipality_id) as conn:
            emit("stops", [stop.model_dump(mode="json") for stop in board.stops(conn, person.municipality_id)])
        return True

    @live.on("disconnect")  # type: ignore[untyped-decorator,unused-ignore]
    def disconnect(reason: str) -> None:
        del reason
        presence.left(_connection())

    return live


def turn_out_ended_sessions(socket: SocketIO, presence: Presence) -> None:
    """A session that ended hears nothing more, though its browser never let go of the connection."""
    for connection in presence.of_ended_sessions():
        socket.server.disconnect(connection, namespace="/")


def _connection() -> str:
    """Socket.IO's name of the connection at hand."""
    return str(request.sid)  # type: ignore[attr-defined]

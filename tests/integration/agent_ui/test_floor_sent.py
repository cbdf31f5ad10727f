"""The floor goes to those who watch it; for nobody it is not read at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_socketio import SocketIO
from sqlalchemy import event

from agent_ui.context import PanelContext
from agent_ui.floor import live as floor_live
from tests.integration.agent_ui.conftest import Visitor


def test_the_floor_is_read_for_those_who_watch_it(
    app: Any, context: PanelContext, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    socket: SocketIO = app.extensions["socketio"]
    asked: list[str] = []
    operator = socket.test_client(app, flask_test_client=visitor("operator").client)
    event.listen(context.database.engine, "before_cursor_execute", lambda _, __, said, *___: asked.append(said))
    floor_live.send_floor(context, socket, municipality)
    assert asked == []
    supervisor = socket.test_client(app, flask_test_client=visitor("supervisor").client)
    floor_live.send_floor(context, socket, municipality)
    assert "floor" in {one["name"] for one in supervisor.get_received()}
    assert "floor" not in {one["name"] for one in operator.get_received()}

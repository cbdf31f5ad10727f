"""The operator's own desk as it is pushed the moment a seat or its call changes."""

from __future__ import annotations

from uuid import UUID

from flask_socketio import SocketIO

from agent_ui.context import PanelContext
from agent_ui.live import anybody_in, operator_room
from agent_ui.panel import desk


def send_desk(context: PanelContext, socket: SocketIO, municipality_id: int, operator_id: UUID) -> None:
    """The whole desk, in the shape of GET /api/panel, without what only the signed session knows, to its operator's screens."""
    if not anybody_in(socket, operator_room(operator_id)):
        return
    with context.database.transaction(municipality_id) as conn:
        state = desk.read(conn, context, municipality_id, operator_id)
    socket.emit("desk", state.model_dump(mode="json"), to=operator_room(operator_id))

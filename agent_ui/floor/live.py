"""The floor as it is pushed to everybody who watches it."""

from __future__ import annotations

from flask_socketio import SocketIO

from agent_ui.context import PanelContext
from agent_ui.floor import board
from agent_ui.live import anybody_in, everybody_room, floor_room


def send_floor(context: PanelContext, socket: SocketIO, municipality_id: int) -> None:
    """The whole floor, in the shape of GET /api/floor, to those who watch it."""
    if not anybody_in(socket, floor_room(municipality_id)):
        return
    with context.database.transaction(municipality_id) as conn:
        view = board.read(conn, municipality_id, context.clock.now())
    socket.emit("floor", view.model_dump(mode="json"), to=floor_room(municipality_id))


def send_stops(context: PanelContext, socket: SocketIO, municipality_id: int) -> None:
    """Every signed-in person learns of a stop at once; the sentences carry no name of any resident."""
    with context.database.transaction(municipality_id) as conn:
        stops = board.stops(conn, municipality_id)
    socket.emit("stops", [stop.model_dump(mode="json") for stop in stops], to=everybody_room(municipality_id))

"""The operator's line under /api/panel/line."""

from __future__ import annotations

from apiflask import APIBlueprint

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.signin.schemas import Done
from agent_ui.voice import service
from agent_ui.voice.schemas import LineView


def add_routes(api: APIBlueprint, context: PanelContext) -> None:
    """Give the line; it ends by itself with the shift."""

    @api.post("/line")
    @api.output(LineView)
    def line() -> LineView:
        """Where and as whom this operator's browser registers to speak; the line lives for the shift."""
        return service.give(context, signed_in())

    @api.post("/line/lost")
    @api.output(Done)
    def lost() -> Done:
        """This operator's telephone is gone: nobody is joined to silence meanwhile."""
        return service.lost(context, signed_in())

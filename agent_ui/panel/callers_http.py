"""Whose call-back it is, under /api/panel/calls/…/caller."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.panel import callers
from agent_ui.panel.schemas import CallCard, CallerChoices, CallerInput


def add_routes(api: APIBlueprint, context: PanelContext) -> None:
    """List, choose."""

    @api.get("/calls/<uuid:attempt_id>/caller")
    @api.output(CallerChoices)
    def list_callers(attempt_id: UUID) -> CallerChoices:
        """Who has the caller's number on file, by name only."""
        return callers.choices(context, signed_in(), attempt_id)

    @api.post("/calls/<uuid:attempt_id>/caller")
    @api.input(CallerInput, arg_name="form")
    @api.output(CallCard)
    def match_caller(attempt_id: UUID, form: CallerInput) -> CallCard:
        """Whose call-back it is; a match once made stays."""
        return callers.match(context, signed_in(), attempt_id, form.addressee_no)

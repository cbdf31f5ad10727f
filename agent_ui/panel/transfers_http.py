"""取次 under /api/panel/calls/…."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint
from flask import session

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.panel import transfers
from agent_ui.panel.schemas import Colleagues, ConsultInput
from agent_ui.signin.schemas import Done


def add_routes(api: APIBlueprint, context: PanelContext) -> None:
    """Choose a colleague, ask in, go on."""

    @api.get("/calls/<uuid:attempt_id>/colleagues")
    @api.output(Colleagues)
    def list_colleagues(attempt_id: UUID) -> Colleagues:
        """Who may be asked in, and what they do now."""
        return transfers.colleagues(context, signed_in(), attempt_id)

    @api.post("/calls/<uuid:attempt_id>/consult")
    @api.input(ConsultInput, arg_name="form")
    @api.output(Done)
    def consult(attempt_id: UUID, form: ConsultInput) -> Done:
        """取次: the resident waits, and the colleague's line rings."""
        return transfers.consult(context, signed_in(), attempt_id, form, session)

    @api.post("/calls/<uuid:attempt_id>/hand-over")
    @api.output(Done)
    def hand_over(attempt_id: UUID) -> Done:
        """取次完了: the colleague goes on with the resident."""
        return transfers.go_on(context, signed_in(), attempt_id, "hand_over")

    @api.post("/calls/<uuid:attempt_id>/three-way")
    @api.output(Done)
    def three_way(attempt_id: UUID) -> Done:
        """三者通話."""
        return transfers.go_on(context, signed_in(), attempt_id, "three_way")

    @api.post("/calls/<uuid:attempt_id>/take-back")
    @api.output(Done)
    def take_back(attempt_id: UUID) -> Done:
        """通話を戻す: the operator goes on with the resident."""
        return transfers.go_on(context, signed_in(), attempt_id, "take_back")

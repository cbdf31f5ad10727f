"""The other members of the household on the line, under /api/panel/calls/…/members."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint
from flask import session

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.panel import forms, identities, members
from agent_ui.panel.schemas import (
    CallCard,
    CheckedView,
    MemberChoices,
    MemberTicks,
    OpenedMember,
    ResultInput,
    SubmittedView,
)


def add_routes(api: APIBlueprint, context: PanelContext) -> None:
    """Choose, confirm, read, record."""

    @api.get("/calls/<uuid:attempt_id>/members")
    @api.output(MemberChoices)
    def list_members(attempt_id: UUID) -> MemberChoices:
        """Who else of the household may be on this line, by relation only."""
        return members.choices(context, signed_in(), attempt_id, session)

    @api.get("/calls/<uuid:attempt_id>/members/<string:addressee_no>")
    @api.output(CallCard)
    def member_card(attempt_id: UUID, addressee_no: str) -> CallCard:
        """The neutral card of a member who has come to the telephone."""
        return members.card(context, signed_in(), attempt_id, addressee_no)

    @api.post("/calls/<uuid:attempt_id>/members/<string:addressee_no>/identity")
    @api.input(MemberTicks, arg_name="form")
    @api.output(OpenedMember)
    def confirm_member(attempt_id: UUID, addressee_no: str, form: MemberTicks) -> OpenedMember:
        """Which items the member said; opens the member's case once they are enough."""
        return members.confirm(context, signed_in(), attempt_id, addressee_no, form, session)

    @api.get("/calls/<uuid:attempt_id>/members/<string:addressee_no>/case")
    @api.output(OpenedMember)
    def member_case(attempt_id: UUID, addressee_no: str) -> OpenedMember:
        """The case of a member who was confirmed in this call."""
        return members.case_of(context, signed_in(), attempt_id, addressee_no, session)

    @api.post("/calls/<uuid:attempt_id>/members/<string:addressee_no>/form/check")
    @api.input(ResultInput, arg_name="form")
    @api.output(CheckedView)
    def check_member(attempt_id: UUID, addressee_no: str, form: ResultInput) -> CheckedView:
        """What would keep the member's form from being saved; writes nothing."""
        confirmed = identities.members_in(session, attempt_id)
        return forms.check_member(context, signed_in(), attempt_id, addressee_no, form, confirmed)

    @api.post("/calls/<uuid:attempt_id>/members/<string:addressee_no>/form")
    @api.input(ResultInput, arg_name="form")
    @api.output(SubmittedView)
    def submit_member(attempt_id: UUID, addressee_no: str, form: ResultInput) -> SubmittedView:
        """Save the member's result: a second record on the same call."""
        confirmed = identities.members_in(session, attempt_id)
        return forms.submit_member(context, signed_in(), attempt_id, addressee_no, form, confirmed)

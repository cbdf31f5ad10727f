"""Campaigns under /api/campaigns."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint

from agent_ui.campaigns import service
from agent_ui.campaigns.schemas import CampaignForm, Campaigns, Counted, Created, RuleInput, SelectionChoices
from agent_ui.context import PanelContext
from agent_ui.errors import NotFound
from agent_ui.identity import signed_in


def blueprint(context: PanelContext) -> APIBlueprint:
    """List, choices, count, create, freeze, start, pause, stop."""
    api = APIBlueprint("campaigns", __name__, url_prefix="/api/campaigns", tag="キャンペーン")

    @api.get("")
    @api.output(Campaigns)
    def listing() -> Campaigns:
        """Campaigns, newest first."""
        return service.listing(context, signed_in())

    @api.get("/choices")
    @api.output(SelectionChoices)
    def choices() -> SelectionChoices:
        """What the selection builder offers."""
        return service.choices(context, signed_in())

    @api.post("/count")
    @api.input(RuleInput, arg_name="form")
    @api.output(Counted)
    def count(form: RuleInput) -> Counted:
        """Persons, households and yen of a rule."""
        return service.count(context, signed_in(), form)

    @api.post("")
    @api.input(CampaignForm, arg_name="form")
    @api.output(Created)
    def create(form: CampaignForm) -> Created:
        """A draft."""
        return service.create(context, signed_in(), form)

    @api.post("/<uuid:campaign_id>/freeze")
    @api.output(Campaigns)
    def freeze(campaign_id: UUID) -> Campaigns:
        """Fix who is in."""
        return service.freeze(context, signed_in(), campaign_id)

    @api.post("/<uuid:campaign_id>/<string:what>")
    @api.output(Campaigns)
    def change(campaign_id: UUID, what: str) -> Campaigns:
        """start, pause or stop."""
        if what not in service.CHANGES:
            raise NotFound("この操作はありません。画面を再読み込みしてください。")
        return service.change(context, signed_in(), campaign_id, what)

    return api

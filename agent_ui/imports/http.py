"""Imports under /api/imports."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.imports import service
from agent_ui.imports.schemas import Imports, Rejects


def blueprint(context: PanelContext) -> APIBlueprint:
    """What came in, and what was refused."""
    api = APIBlueprint("imports", __name__, url_prefix="/api/imports", tag="取込")

    @api.get("")
    @api.output(Imports)
    def listing() -> Imports:
        """The newest imports."""
        return service.listing(context, signed_in())

    @api.get("/<uuid:import_id>/rejects")
    @api.output(Rejects)
    def rejects(import_id: UUID) -> Rejects:
        """Refused rows with the reason."""
        return service.rejects(context, signed_in(), import_id)

    return api

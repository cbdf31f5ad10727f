"""Reports under /api/reports."""

from __future__ import annotations

from apiflask import APIBlueprint

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.reports import service
from agent_ui.reports.schemas import Forms, ReportQuery, ReportView


def blueprint(context: PanelContext) -> APIBlueprint:
    """The forms, and each of them."""
    api = APIBlueprint("reports", __name__, url_prefix="/api/reports", tag="帳票")

    @api.get("")
    @api.output(Forms)
    def forms() -> Forms:
        """Which forms there are, by which axes."""
        return service.forms(signed_in())

    @api.get("/<string:form>")
    @api.input(ReportQuery, location="query", arg_name="query")
    @api.output(ReportView)
    def page(form: str, query: ReportQuery) -> ReportView:
        """One form over a period."""
        return service.page(context, signed_in(), form, query)

    return api

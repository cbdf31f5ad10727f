"""Reports under /api/reports."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

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

    @api.get("/<string:form>/export/<string:fmt>")
    @api.input(ReportQuery, location="query", arg_name="query")
    @api.doc(responses=[200])
    def export(form: str, fmt: str, query: ReportQuery) -> Response:
        """The same form as a file: csv, xlsx, pdf, html or json."""
        file = service.export_file(context, signed_in(), form, fmt, query)
        answer = Response(file.content, mimetype=file.media_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
        return answer

    return api

"""Finding a person and reading the case, under /api/cases. What is searched for travels in the body, never in a URL."""

from __future__ import annotations

from apiflask import APIBlueprint

from agent_ui.cases import service
from agent_ui.cases.schemas import ExplainView, Hits, PersonPage, SearchForm
from agent_ui.context import PanelContext
from agent_ui.identity import signed_in


def blueprint(context: PanelContext) -> APIBlueprint:
    """Search, person, explanation."""
    api = APIBlueprint("cases", __name__, url_prefix="/api/cases", tag="検索・個人")

    @api.post("/search")
    @api.input(SearchForm, arg_name="form")
    @api.output(Hits)
    def search(form: SearchForm) -> Hits:
        """By 宛名番号, the beginning of a reading, or a telephone number."""
        return service.search(context, signed_in(), form.query)

    @api.get("/<string:addressee_no>")
    @api.output(PersonPage)
    def person(addressee_no: str) -> PersonPage:
        """The person page; the case with it for those whose rights include tax data outside a call."""
        return service.person_page(context, signed_in(), addressee_no)

    @api.get("/<string:addressee_no>/explain")
    @api.output(ExplainView)
    def explain(addressee_no: str) -> ExplainView:
        """なぜ架電されないか."""
        return service.explain(context, signed_in(), addressee_no)

    return api

"""GET of the whole floor; the one switch; starting and pausing is with the campaigns."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint

from agent_ui.context import PanelContext
from agent_ui.floor import listening, service
from agent_ui.floor.schemas import Districts, FloorView, ListenForm, StopForm
from agent_ui.identity import signed_in
from agent_ui.signin.schemas import Done


def blueprint(context: PanelContext) -> APIBlueprint:
    """The floor under /api/floor."""
    api = APIBlueprint("floor", __name__, url_prefix="/api/floor", tag="フロア")

    @api.get("")
    @api.output(FloorView)
    def show() -> FloorView:
        """Operators, calls, abandonment, list, messages, refusals and figures of now."""
        return service.show(context, signed_in())

    @api.get("/districts")
    @api.output(Districts)
    def districts() -> Districts:
        """The districts a stop may be limited to."""
        return service.districts(context, signed_in())

    @api.post("/stops")
    @api.input(StopForm, arg_name="form")
    @api.output(FloorView)
    def stop(form: StopForm) -> FloorView:
        """緊急停止: no dialing and no texting from now on."""
        return service.stop(context, signed_in(), form)

    @api.delete("/stops/<uuid:stop_id>")
    @api.output(FloorView)
    def resume(stop_id: UUID) -> FloorView:
        """End one stop; what is due goes on."""
        return service.resume(context, signed_in(), stop_id)

    @api.post("/operators/<uuid:operator_id>/listen")
    @api.input(ListenForm, arg_name="form")
    @api.output(Done)
    def listen(operator_id: UUID, form: ListenForm) -> Done:
        """聞く, ささやく, 割り込む: the supervisor's own line is rung and hears the operator's."""
        return listening.listen(context, signed_in(), operator_id, form)

    @api.delete("/listening")
    @api.output(Done)
    def stop_listening() -> Done:
        """Hear nobody any more."""
        return listening.stop(context, signed_in())

    return api

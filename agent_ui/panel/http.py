"""The operator's desk under /api/panel."""

from __future__ import annotations

from uuid import UUID

from apiflask import APIBlueprint
from flask import session

from agent_ui.context import PanelContext
from agent_ui.identity import signed_in
from agent_ui.panel import callers_http, calls, forms, members_http, seats, transfers_http
from agent_ui.panel.schemas import (
    CheckedView,
    FormCodes,
    IdentityTicks,
    ManualDial,
    OpenedCase,
    PanelState,
    Pause,
    PullInput,
    ResultInput,
    SkipInput,
    SpeechView,
    SubmittedView,
)
from agent_ui.presence import Presence
from agent_ui.signin.schemas import Done
from agent_ui.voice import http as voice_http
from agent_ui.voice import service as voice


def blueprint(context: PanelContext, presence: Presence) -> APIBlueprint:
    """Seat, call, identity, case, result form."""
    api = APIBlueprint("panel", __name__, url_prefix="/api/panel", tag="操作パネル")
    _seat_routes(api, context, presence)
    _call_routes(api, context)
    _form_routes(api, context)
    members_http.add_routes(api, context)
    callers_http.add_routes(api, context)
    transfers_http.add_routes(api, context)
    voice_http.add_routes(api, context)
    return api


def _seat_routes(api: APIBlueprint, context: PanelContext, presence: Presence) -> None:
    @api.get("")
    @api.output(PanelState)
    def show() -> PanelState:
        """Everything the desk needs, in one round trip."""
        return seats.show(context, signed_in(), session)

    @api.post("/sign-in")
    @api.output(Done)
    def take_seat() -> Done:
        """着席."""
        return seats.say(context, signed_in(), "sign_in")

    @api.post("/sign-out")
    @api.output(Done)
    def leave_seat() -> Done:
        """退席."""
        done = seats.say(context, signed_in(), "sign_out")
        voice.end(context, signed_in())
        return done

    @api.post("/ready")
    @api.output(Done)
    def ready() -> Done:
        """準備完了: calls may come."""
        return seats.ready(context, signed_in(), presence)

    @api.post("/pause")
    @api.input(Pause, arg_name="form")
    @api.output(Done)
    def pause(form: Pause) -> Done:
        """離席 with its reason; it begins once no call needs this operator."""
        return seats.pause(context, signed_in(), form.reason)

    @api.post("/pull")
    @api.input(PullInput, arg_name="form")
    @api.output(Done)
    def pull(form: PullInput) -> Done:
        """後処理中の受電: agree, or take it back."""
        return seats.agree_to_pull(context, signed_in(), form.agreed)

    @api.post("/preview/dial")
    @api.output(Done)
    def preview_dial() -> Done:
        """Call the case on offer."""
        return seats.say(context, signed_in(), "preview_dial")

    @api.post("/preview/skip")
    @api.input(SkipInput, arg_name="form")
    @api.output(Done)
    def preview_skip(form: SkipInput) -> Done:
        """Pass over the case on offer, with a reason."""
        return seats.skip(context, signed_in(), form.reason)

    @api.post("/dial")
    @api.input(ManualDial, arg_name="form")
    @api.output(Done)
    def dial(form: ManualDial) -> Done:
        """Click to call a number of a case; the gate still decides."""
        return seats.dial(context, signed_in(), form)


def _call_routes(api: APIBlueprint, context: PanelContext) -> None:
    @api.post("/calls/<uuid:attempt_id>/hang-up")
    @api.output(Done)
    def hang_up(attempt_id: UUID) -> Done:
        """切断."""
        return seats.say(context, signed_in(), "hang_up", attempt_id)

    @api.post("/calls/<uuid:attempt_id>/wrapup-done")
    @api.output(Done)
    def wrapup_done(attempt_id: UUID) -> Done:
        """後処理完了: the next call may come. Refused while the result is not saved."""
        return seats.wrapup_done(context, signed_in(), attempt_id, session)

    @api.post("/calls/<uuid:attempt_id>/identity")
    @api.input(IdentityTicks, arg_name="form")
    @api.output(OpenedCase)
    def identity(attempt_id: UUID, form: IdentityTicks) -> OpenedCase:
        """Which items the resident said; opens the case once they are enough, and refuses it otherwise."""
        return calls.confirm(context, signed_in(), attempt_id, form, session)

    @api.get("/calls/<uuid:attempt_id>/case")
    @api.output(OpenedCase)
    def case(attempt_id: UUID) -> OpenedCase:
        """The case of a call whose identity was confirmed at this desk."""
        return calls.case_of(context, signed_in(), attempt_id, session)

    @api.get("/calls/<uuid:attempt_id>/speech")
    @api.output(SpeechView)
    def speech(attempt_id: UUID) -> SpeechView:
        """What a rehearsed resident says; empty on a real line."""
        return calls.speech(context, signed_in(), attempt_id)


def _form_routes(api: APIBlueprint, context: PanelContext) -> None:
    @api.get("/codes")
    @api.output(FormCodes)
    def codes() -> FormCodes:
        """The pulldowns of the result form."""
        return forms.codes(signed_in())

    @api.post("/calls/<uuid:attempt_id>/form/check")
    @api.input(ResultInput, arg_name="form")
    @api.output(CheckedView)
    def check(attempt_id: UUID, form: ResultInput) -> CheckedView:
        """What would keep the form from being saved; writes nothing."""
        return forms.check(
            context, signed_in(), attempt_id, form, calls.confirmed_for(context, signed_in(), attempt_id, session)
        )

    @api.post("/calls/<uuid:attempt_id>/form")
    @api.input(ResultInput, arg_name="form")
    @api.output(SubmittedView)
    def submit(attempt_id: UUID, form: ResultInput) -> SubmittedView:
        """Save the result with everything that follows from it."""
        return forms.submit(
            context, signed_in(), attempt_id, form, calls.confirmed_for(context, signed_in(), attempt_id, session)
        )

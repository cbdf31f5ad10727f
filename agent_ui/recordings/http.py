"""Recordings under /api/recordings. Ids alone in addresses; the reason for listening travels in the body."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid
from agent_ui.identity import signed_in
from agent_ui.recordings import service
from agent_ui.recordings.schemas import HoldForm, ListenForm, Listening, Listens, MissingOfDay, Recordings
from agent_ui.recordings.sound import answer
from casefile.roles import Right


def blueprint(context: PanelContext) -> APIBlueprint:
    """List, listen, hold, lift, the auditors' list, the day's missing ones."""
    api = APIBlueprint("recordings", __name__, url_prefix="/api/recordings", tag="録音")

    @api.get("/person/<string:addressee_no>")
    @api.output(Recordings)
    def of_person(addressee_no: str) -> Recordings:
        """Recordings of a person's calls, deleted ones included."""
        return service.of_person(context, signed_in(), addressee_no)

    @api.post("/<uuid:recording_id>/listen")
    @api.input(ListenForm, arg_name="form")
    @api.output(Listening)
    def listen(recording_id: UUID, form: ListenForm) -> Listening:
        """Say why; the answer says where the sound is."""
        return service.listen(context, signed_in(), recording_id, form.reason)

    @api.get("/<uuid:recording_id>/sound")
    @api.doc(hide=True)
    def sound(recording_id: UUID) -> Response:
        """The sound of a listen that was written down, whole or in parts."""
        person = signed_in()
        person.require(Right.RECORDINGS)
        found = service.sound(context, person, recording_id, _listen_id())
        return answer(found, request.headers.get("Range"))

    @api.post("/<uuid:recording_id>/hold")
    @api.input(HoldForm, arg_name="form")
    @api.output(Recordings)
    def hold(recording_id: UUID, form: HoldForm) -> Recordings:
        """Keep it past its time."""
        return service.hold(context, signed_in(), recording_id, form)

    @api.delete("/<uuid:recording_id>/hold")
    @api.output(Recordings)
    def lift(recording_id: UUID) -> Recordings:
        """Let it be deleted in its time again."""
        return service.lift(context, signed_in(), recording_id)

    @api.get("/listens")
    @api.output(Listens)
    def listens() -> Listens:
        """Who listened to what and why; `before` pages on."""
        return service.listens(context, signed_in(), _before())

    @api.get("/missing")
    @api.output(MissingOfDay)
    def missing() -> MissingOfDay:
        """Calls of a day (today without `day`) that should have a recording and have none."""
        return service.missing(context, signed_in(), _day())

    return api


def _listen_id() -> UUID:
    try:
        return UUID(request.args.get("listen", ""))
    except ValueError:
        raise Invalid("聴取の指定がありません。一覧から再生してください。") from None


def _before() -> datetime | None:
    text = request.args.get("before")
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or found.tzinfo is None):
        raise Invalid("日時の形が正しくありません。一覧を開き直してください。")
    return found


def _day() -> date | None:
    text = request.args.get("day")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日付の形が正しくありません。2026-04-01 の形で指定してください。") from None

"""What an operator wants of the engine: a command row each; the engine alone changes the seat."""

from __future__ import annotations

import time
from uuid import UUID

from sqlalchemy import func, select

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid, Refused, Unavailable
from agent_ui.identity import SignedIn, note
from agent_ui.labels import PauseReason
from agent_ui.panel import desk
from agent_ui.panel.schemas import Confirmed, ManualDial, PanelState
from agent_ui.presence import FROM_SCREEN, Operator, Presence
from agent_ui.signin.schemas import Done
from casefile.db import Json
from casefile.roles import Right
from casefile.tables import ContactRecord
from dialer import commands
from dialer.tables import FloorCommand, Seat

DONE = Done(ok=True)
_LOOK_SECONDS = 0.03


def show(context: PanelContext, person: SignedIn, confirmed: Confirmed | None) -> PanelState:
    """The desk."""
    person.require(Right.PANEL)
    with context.database.transaction(person.municipality_id) as conn:
        return desk.read(conn, context, person.municipality_id, person.user.user_id, confirmed)


def say(
    context: PanelContext, person: SignedIn, kind: str, attempt_id: UUID | None = None, detail: Json | None = None
) -> Done:
    """Give one command to the engine of this operator's floor. Raises Unavailable when there is no floor."""
    person.require(Right.PANEL)
    with context.database.transaction(person.municipality_id) as conn:
        floor_id = desk.floor_of(conn, person.user.user_id)
        if floor_id is None:
            raise Unavailable("フロアがまだ用意されていません。管理者に連絡してください。")
        command_no = commands.give(
            conn,
            person.municipality_id,
            floor_id,
            kind,
            now=context.clock.now(),
            operator_id=person.user.user_id,
            attempt_id=attempt_id,
            by_user=person.user.user_id,
            detail=detail,
        )
    answer = _answer(context, person, command_no)
    if answer not in (None, commands.DONE):
        raise Refused(str(answer))
    return DONE


def _answer(context: PanelContext, person: SignedIn, command_no: int) -> str | None:
    """What the engine says to a command; None while it has not said anything in time, which is no refusal."""
    deadline = time.monotonic() + context.answer_seconds
    while time.monotonic() < deadline:
        with context.database.transaction(person.municipality_id) as conn:
            answer = conn.scalar(select(FloorCommand.answer).where(FloorCommand.command_no == command_no))
        if answer is not None:
            return answer
        time.sleep(_LOOK_SECONDS)
    return None


def ready(context: PanelContext, person: SignedIn, presence: Presence) -> Done:
    """準備完了: calls may come, to a screen that must be open."""
    done = say(context, person, "ready", detail=FROM_SCREEN)
    presence.expect(Operator(person.municipality_id, person.user.user_id))
    return done


def pause(context: PanelContext, person: SignedIn, reason: str) -> Done:
    """離席; the reason must be one of the list."""
    if reason not in set(PauseReason):
        raise Invalid(
            "離席理由を一覧から選んでください。", [{"field": "reason", "message": "一覧から選んでください。"}]
        )
    return say(context, person, "pause", detail={"reason": reason})


def skip(context: PanelContext, person: SignedIn, reason: str) -> Done:
    """Pass over the case on offer."""
    if not reason.strip():
        raise Invalid("見送る理由を選んでください。", [{"field": "reason", "message": "理由を選んでください。"}])
    return say(context, person, "preview_skip", detail={"reason": reason.strip()})


def dial(context: PanelContext, person: SignedIn, form: ManualDial) -> Done:
    """Click to call; what the gate thinks of it comes back with the seat."""
    detail: Json = {"addressee_no": form.addressee_no, "phone_id": str(form.phone_id)}
    with context.database.transaction(person.municipality_id) as conn:
        note(conn, context, person, "case.dial", form.addressee_no)
    return say(context, person, "manual_dial", detail=detail)


def wrapup_done(context: PanelContext, person: SignedIn, attempt_id: UUID) -> Done:
    """The desk is free again, once the result is saved. Raises Refused before."""
    with context.database.transaction(person.municipality_id) as conn:
        own = conn.scalar(
            select(func.count()).where(Seat.operator_id == person.user.user_id, Seat.attempt_id == attempt_id)
        )
        saved = conn.scalar(
            select(func.count()).where(
                ContactRecord.attempt_id == attempt_id, ContactRecord.recorded_by == person.user.user_id
            )
        )
    if own and not saved:
        raise Refused("結果がまだ登録されていません。結果を入力して登録してから、次へ進んでください。")
    return say(context, person, "wrapup_done", attempt_id)

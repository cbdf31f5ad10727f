"""What an operator wants of the engine: a command row each; the engine alone changes the seat."""

from __future__ import annotations

import time
from uuid import UUID

from flask.sessions import SessionMixin
from sqlalchemy import Connection, or_, select

from agent_ui.cases.service import own_purpose
from agent_ui.context import PanelContext
from agent_ui.errors import Invalid, Refused, Unavailable
from agent_ui.identity import SignedIn, note
from agent_ui.labels import PauseReason
from agent_ui.panel import desk, identities, members
from agent_ui.panel.schemas import ManualDial, PanelState
from agent_ui.presence import FROM_SCREEN, Presence
from agent_ui.signin.schemas import Done
from agent_ui.web_processes import Operator
from casefile.db import Json
from casefile.roles import Right
from casefile.tables import Arrears, Attempt
from casefile.vocabulary import ClaimGroup, Purpose
from dialer import commands, pull_consent
from dialer.tables import FloorCommand, Seat

DONE = Done(ok=True)
_LOOK_SECONDS = 0.03


def show(context: PanelContext, person: SignedIn, session: SessionMixin) -> PanelState:
    """The desk, with what only the signed session knows: whose identity was confirmed in the call at hand."""
    person.require(Right.PANEL)
    with context.database.transaction(person.municipality_id) as conn:
        operator_id = person.user.user_id
        attempt_id = desk.shown_to(conn, operator_id)
        others = identities.members_in(session, attempt_id)
        return desk.read(
            conn,
            context,
            person.municipality_id,
            operator_id,
            identities.person_in(session, attempt_id),
            members.tabs(conn, others, operator_id),
        )


def say(
    context: PanelContext, person: SignedIn, kind: str, attempt_id: UUID | None = None, detail: Json | None = None
) -> Done:
    """Give one command to the engine of this operator's floor. Raises Unavailable when there is no floor."""
    person.require(Right.PANEL)
    with context.database.transaction(person.municipality_id) as conn:
        floor_id = desk.floor_of(conn, person.user.user_id)
        if floor_id is None:
            raise Unavailable("フロアがまだ用意されていません。管理者に連絡してください。")
    return give(context, person, floor_id, kind, attempt_id, detail)


def give(
    context: PanelContext,
    person: SignedIn,
    floor_id: UUID,
    kind: str,
    attempt_id: UUID | None = None,
    detail: Json | None = None,
) -> Done:
    """Give one command to the engine of a floor and wait for its answer. Raises Refused with the engine's sentence."""
    with context.database.transaction(person.municipality_id) as conn:
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


def agree_to_pull(context: PanelContext, person: SignedIn, agreed: bool) -> Done:
    """Whether calls may come in the middle of this operator's wrap-up; it holds at once, and the audit log has both."""
    person.require(Right.PANEL)
    operator_id = person.user.user_id
    with context.database.transaction(person.municipality_id) as conn:
        if agreed:
            changed = pull_consent.give(conn, person.municipality_id, operator_id, context.clock.now())
        else:
            changed = pull_consent.take_back(conn, person.municipality_id, operator_id)
        if changed:
            note(conn, context, person, "pull.agree" if agreed else "pull.withdraw")
        floor_id = desk.floor_of(conn, operator_id)
    return DONE if floor_id is None or not changed else give(context, person, floor_id, "reload")


def skip(context: PanelContext, person: SignedIn, reason: str) -> Done:
    """Pass over the case on offer."""
    if not reason.strip():
        raise Invalid("見送る理由を選んでください。", [{"field": "reason", "message": "理由を選んでください。"}])
    return say(context, person, "preview_skip", detail={"reason": reason.strip()})


def dial(context: PanelContext, person: SignedIn, form: ManualDial) -> Done:
    """Click to call; what the gate thinks of it comes back with the seat."""
    person.require(Right.PANEL)
    with context.database.transaction(person.municipality_id) as conn:
        purpose, claim_group = _subject(conn, person, form.addressee_no)
        note(conn, context, person, "case.dial", form.addressee_no)
    detail: Json = {
        "addressee_no": form.addressee_no,
        "phone_id": str(form.phone_id),
        "purpose": purpose.value,
        "claim_group": claim_group.value,
    }
    return say(context, person, "manual_dial", detail=detail)


def _subject(conn: Connection, person: SignedIn, addressee_no: str) -> tuple[Purpose, ClaimGroup]:
    """What a call by hand is about: a purpose of this operator's own; in 催告 the claims the person owes, and of two kinds
    the compulsory ones, since one call never speaks of both (DOMAIN.md §2.6)."""
    purpose = Purpose(own_purpose(person))
    if purpose is not Purpose.DUNNING:
        return purpose, ClaimGroup.NONE
    owed = conn.scalars(
        select(Arrears.claim_group)
        .where(Arrears.addressee_no == addressee_no, Arrears.outstanding_yen > 0)
        .order_by(Arrears.claim_group)
        .limit(1)
    ).one_or_none()
    return purpose, ClaimGroup(owed) if owed else ClaimGroup.COMPULSORY


def wrapup_done(context: PanelContext, person: SignedIn, attempt_id: UUID, session: SessionMixin) -> Done:
    """The desk is free again, once the call's result is saved and that of every member spoken with. Raises Refused before."""
    with context.database.transaction(person.municipality_id) as conn:
        called = conn.execute(
            select(Attempt.addressee_no)
            .join(Seat, or_(Seat.attempt_id == Attempt.attempt_id, Seat.put_off_attempt_id == Attempt.attempt_id))
            .where(Seat.operator_id == person.user.user_id, Attempt.attempt_id == attempt_id)
        ).one_or_none()
        # A caller whom nobody could find has no case to write a record in.
        addressee_no = called.addressee_no if called else None
        saved = addressee_no is None or desk.is_recorded(conn, attempt_id, addressee_no, person.user.user_id)
        waiting = (
            members.unrecorded(conn, identities.members_in(session, attempt_id), person.user.user_id) if called else []
        )
        relations = "、".join(members.relation_of(conn, one) for one in waiting)
    if not saved:
        raise Refused("結果がまだ登録されていません。結果を入力して登録してから、次へ進んでください。")
    if waiting:
        raise Refused(f"世帯の別の方({relations})の結果がまだ登録されていません。登録してから、次へ進んでください。")
    return say(context, person, "wrapup_done", attempt_id)

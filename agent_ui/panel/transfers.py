"""取次 at the desk: whom to ask in, what they are told, and what both desks show of it.

Whoever is called in sees the call as its operator does: the same card, the note, and whose identity was confirmed by which
items. A confirmed identity is confirmed for both, for as long as the call is on their desks.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.sessions import SessionMixin
from sqlalchemy import Connection, and_, func, insert, select

from agent_ui.context import PanelContext
from agent_ui.errors import Forbidden, Refused
from agent_ui.identity import SignedIn, note
from agent_ui.labels import SEAT_STATES, pause_label
from agent_ui.panel import calls, seats
from agent_ui.panel.schemas import (
    Colleague,
    Colleagues,
    ConsultInput,
)
from agent_ui.signin.schemas import Done
from casefile.roles import Right
from casefile.tables import Role, UserAccount, UserRole
from dialer.tables import HandoverNote, Seat

_NOT_YOURS = "この通話はほかの担当者のものです。取り次げるのは通話の担当者だけです。"
_NOBODY = "選んだ相手には取り次げません。一覧から選び直してください。"


def colleagues(context: PanelContext, person: SignedIn, attempt_id: UUID) -> Colleagues:
    """Who may be asked in, with what they do now: 徴税吏員 and whoever else holds the right, seated on this floor."""
    with context.database.transaction(person.municipality_id) as conn:
        attempt = calls.call_at_hand(conn, person, attempt_id)
        return Colleagues(colleagues=_seated(conn, person, attempt))


def consult(
    context: PanelContext, person: SignedIn, attempt_id: UUID, form: ConsultInput, session: SessionMixin
) -> Done:
    """Ask the colleague in. Raises Refused with the engine's sentence where that cannot be now."""
    confirmed = calls.confirmed_for(context, person, attempt_id, session)
    with context.database.transaction(person.municipality_id) as conn:
        attempt = calls.call_at_hand(conn, person, attempt_id)
        part = conn.scalar(select(Seat.part).where(Seat.operator_id == person.user.user_id))
        if part is not None:
            raise Refused(_NOT_YOURS)
        if form.colleague_id not in {one.operator_id for one in _seated(conn, person, attempt)}:
            raise Forbidden(_NOBODY)
        conn.execute(
            insert(HandoverNote).values(
                municipality_id=person.municipality_id,
                note_id=context.ids.new(),
                attempt_id=attempt_id,
                from_operator=person.user.user_id,
                to_operator=form.colleague_id,
                at=context.clock.now(),
                note=form.note.strip(),
                contact=confirmed.contact if confirmed else None,
                items=confirmed.items if confirmed else [],
            )
        )
        detail = {"attempt": str(attempt_id), "to": str(form.colleague_id)}
        note(conn, context, person, "call.consult", attempt.addressee_no, detail)
    return seats.say(context, person, "consult", attempt_id, {"to": str(form.colleague_id)})


def go_on(context: PanelContext, person: SignedIn, attempt_id: UUID, what: str) -> Done:
    """hand_over, three_way or take_back; written down before it is asked of the engine."""
    with context.database.transaction(person.municipality_id) as conn:
        attempt = calls.call_at_hand(conn, person, attempt_id)
        note(conn, context, person, f"call.{what}", attempt.addressee_no, {"attempt": str(attempt_id)})
    return seats.say(context, person, what, attempt_id)


def _seated(conn: Connection, person: SignedIn, attempt: Any) -> list[Colleague]:
    floor = select(Seat.floor_id).where(Seat.operator_id == person.user.user_id).scalar_subquery()
    roles = func.string_agg(Role.name, "・")
    rows = conn.execute(
        select(UserAccount.user_id, UserAccount.display_name, Seat.state, Seat.since, Seat.pause_reason, roles)
        .join(Seat, and_(Seat.municipality_id == UserAccount.municipality_id, Seat.operator_id == UserAccount.user_id))
        .join(
            UserRole,
            and_(UserRole.municipality_id == UserAccount.municipality_id, UserRole.user_id == UserAccount.user_id),
        )
        .join(Role, and_(Role.municipality_id == UserRole.municipality_id, Role.role_code == UserRole.role_code))
        .where(
            UserAccount.active,
            UserAccount.user_id != person.user.user_id,
            Seat.floor_id == floor,
            Seat.state != "offline",
            Role.rights.contains([Right.TAKE_TRANSFERS.value]),
            Role.purposes.contains([attempt.purpose]),
        )
        .group_by(UserAccount.user_id, UserAccount.display_name, Seat.state, Seat.since, Seat.pause_reason)
        .order_by(Seat.state.in_(["ready", "paused"]).desc(), UserAccount.display_name, UserAccount.user_id)
    )
    return [
        Colleague(
            operator_id=row.user_id,
            name=row.display_name,
            roles=row[5],
            state=row.state,
            state_label=SEAT_STATES[row.state],
            pause_label=pause_label(row.pause_reason),
            since=row.since,
            free=row.state in ("ready", "paused"),
        )
        for row in rows
    ]

"""What a desk shows of a transfer (取次) and of whoever listens (聴取). Read-only."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy.orm import aliased

from agent_ui.panel.schemas import Confirmed, ListenerView, TransferView
from callflow.events import Listening
from callflow.identity import IdentityItem
from casefile.tables import UserAccount
from dialer.tables import HandoverNote, ListeningIn, Seat

HOW = {Listening.LISTEN: "聞いています", Listening.WHISPER: "ささやいています", Listening.BARGE: "割り込んでいます"}
_Stage = Literal["ringing", "consulting", "three_way", "taken_over", "handed_over", "left"]

# Read with every desk, so it is built once.
_FORMER, _LATER = aliased(UserAccount), aliased(UserAccount)
_LAST_NOTE = (
    select(
        HandoverNote.attempt_id,
        HandoverNote.from_operator,
        HandoverNote.to_operator,
        HandoverNote.note,
        HandoverNote.contact,
        HandoverNote.items,
        _FORMER.display_name.label("from_name"),
        _LATER.display_name.label("to_name"),
    )
    .join(
        _FORMER,
        and_(_FORMER.municipality_id == HandoverNote.municipality_id, _FORMER.user_id == HandoverNote.from_operator),
    )
    .join(
        _LATER,
        and_(_LATER.municipality_id == HandoverNote.municipality_id, _LATER.user_id == HandoverNote.to_operator),
    )
    .where(HandoverNote.attempt_id == bindparam("attempt"))
    .order_by(HandoverNote.at.desc(), HandoverNote.note_id.desc())
    .limit(1)
)


def view(conn: Connection, operator_id: UUID, seat: Any, told: Any) -> TransferView | None:
    """What this desk shows of the transfer of its call, of which `told` is the `last_note`; None where there is none."""
    if seat is None or told is None:
        return None
    other = _other_seat(conn, seat)
    stage: _Stage
    if told.to_operator == operator_id:
        stage = _stage(seat.state, seat.part)
    elif other is not None:
        stage = _stage(other.state, other.part)
    elif seat.part == "left":
        stage = "handed_over"
    else:
        return None
    return TransferView(
        stage=stage,
        mine=told.from_operator == operator_id,
        from_name=told.from_name,
        to_name=told.to_name,
        note=told.note,
        confirmed_items=[IdentityItem(item).label for item in told.items],
    )


def handed_confirmation(operator_id: UUID, told: Any) -> Confirmed | None:
    """Whose identity the operator before had confirmed when this one was called in; `told`: the `last_note`."""
    if told is None or told.to_operator != operator_id or told.contact is None:
        return None
    return Confirmed(attempt_id=told.attempt_id, contact=told.contact, items=told.items)


def listeners(conn: Connection, operator_id: UUID) -> list[ListenerView]:
    """Who hears this operator now."""
    rows = conn.execute(
        select(UserAccount.display_name, ListeningIn.how)
        .join(
            UserAccount,
            and_(
                UserAccount.municipality_id == ListeningIn.municipality_id,
                UserAccount.user_id == ListeningIn.supervisor_id,
            ),
        )
        .where(ListeningIn.operator_id == operator_id)
        .order_by(ListeningIn.since, ListeningIn.supervisor_id)
    )
    return [ListenerView(name=row.display_name, how=row.how, how_label=HOW[Listening(row.how)]) for row in rows]


def _stage(state: str, part: str | None) -> _Stage:
    if part is None:
        return "taken_over"
    if part == "called_in":
        return "ringing" if state == "reserved" else "consulting"
    return "three_way" if part == "three_way" else "left"


def _other_seat(conn: Connection, seat: Any) -> Any:
    """The colleague's seat, while one is in this call."""
    return conn.execute(
        select(Seat.state, Seat.part)
        .where(
            Seat.attempt_id == seat.attempt_id,
            Seat.operator_id != seat.operator_id,
            Seat.part.in_(["called_in", "three_way"]),
        )
        .order_by(Seat.operator_id)
        .limit(1)
    ).one_or_none()


def last_note(conn: Connection, attempt_id: UUID | None) -> Any:
    """What was said when somebody was last called into this call; None where nobody was, or there is no call."""
    return conn.execute(_LAST_NOTE, {"attempt": attempt_id}).one_or_none() if attempt_id is not None else None

"""聴取 from the floor: 聞く, ささやく, 割り込む. Each is written down with its reason before the engine is asked."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from agent_ui.context import PanelContext
from agent_ui.errors import Forbidden, Refused
from agent_ui.floor.schemas import ListenForm
from agent_ui.identity import SignedIn, note
from agent_ui.panel import desk, seats
from agent_ui.signin.schemas import Done
from casefile import protected
from casefile.clock import jst_date
from casefile.person.cautions import is_protected
from casefile.roles import Right
from casefile.tables import Attempt
from dialer.tables import ListeningIn, Seat

_NOT_TALKING = "このオペレーターは通話中ではありません。画面を更新してください。"
_PROTECTED = "支援措置対象者の通話です。案件を開く許可を得てから操作してください。"
_NOT_YOUR_PURPOSE = "この通話の業務を担当する権限がありません。管理者に連絡してください。"


def listen(context: PanelContext, person: SignedIn, operator_id: UUID, form: ListenForm) -> Done:
    """Hear this operator, or take part in another way than before. Raises Refused or Forbidden."""
    person.require(Right.LISTEN_IN)
    with context.database.transaction(person.municipality_id) as conn:
        seat = conn.execute(
            select(Seat.floor_id, Seat.attempt_id).where(Seat.operator_id == operator_id, Seat.state == "talking")
        ).one_or_none()
        if seat is None or seat.attempt_id is None:
            raise Refused(_NOT_TALKING)
        call = conn.execute(
            select(Attempt.purpose, Attempt.addressee_no).where(Attempt.attempt_id == seat.attempt_id)
        ).one()
        if call.purpose not in person.user.purposes:
            raise Forbidden(_NOT_YOUR_PURPOSE)
        _refuse_protected(conn, context, person, call.addressee_no)
        detail = {"attempt": str(seat.attempt_id), "operator": str(operator_id), "reason": form.reason.strip()}
        note(conn, context, person, f"call.{form.how}", call.addressee_no, detail)
    wanted = {"to": str(operator_id), "how": form.how}
    return seats.give(context, person, seat.floor_id, "listen_in", seat.attempt_id, wanted)


def _refuse_protected(conn: Connection, context: PanelContext, person: SignedIn, addressee_no: str | None) -> None:
    """As with their recordings, a voice tells where somebody is: by four eyes alone (DOMAIN.md §2.7)."""
    now = context.clock.now()
    if addressee_no is None or not is_protected(conn, person.municipality_id, addressee_no, jst_date(now)):
        return
    if not protected.is_open_to(conn, person.municipality_id, addressee_no, person.user, now):
        raise Forbidden(_PROTECTED)


def stop(context: PanelContext, person: SignedIn) -> Done:
    """Hear nobody any more."""
    person.require(Right.LISTEN_IN)
    with context.database.transaction(person.municipality_id) as conn:
        floor_id = conn.scalar(
            select(ListeningIn.floor_id).where(ListeningIn.supervisor_id == person.user.user_id)
        ) or desk.floor_of(conn, person.user.user_id)
    if floor_id is None:
        return seats.DONE
    return seats.give(context, person, floor_id, "stop_listening")

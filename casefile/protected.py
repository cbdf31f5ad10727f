"""Opening a case under 支援措置(DV等): one authorised person asks with a reason, a second one allows, for half an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from casefile import audit
from casefile.accounts import User
from casefile.ids import Ids
from casefile.problems import EntryRefused, Problem
from casefile.roles import Right
from casefile.tables import ProtectedOpening

OPEN_FOR = timedelta(minutes=30)
ASKED_FOR = timedelta(hours=8)
"""An application nobody allowed within a working day has to be made anew."""


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody waits for a second person to allow an opening."""

    opening_id: UUID
    addressee_no: str
    reason: str
    asked_by: UUID
    asked_at: datetime


def ask_to_open(
    conn: Connection, municipality_id: int, addressee_no: str, reason: str, user: User, now: datetime, ids: Ids
) -> UUID:
    """Apply for seeing a protected case. Raises EntryRefused: no right, or no reason given."""
    _refuse_without_right(user)
    if not reason.strip():
        raise EntryRefused([Problem("reason", "開示が必要な理由を入力してください。")])
    opening_id = ids.new()
    conn.execute(
        insert(ProtectedOpening),
        {
            "municipality_id": municipality_id,
            "opening_id": opening_id,
            "addressee_no": addressee_no,
            "reason": reason.strip(),
            "asked_by": user.user_id,
            "asked_at": now,
            "allowed_by": None,
            "allowed_at": None,
            "open_until": None,
        },
    )
    _note(conn, municipality_id, "protected.asked", opening_id, addressee_no, user, now, ids)
    return opening_id


def applications(conn: Connection, municipality_id: int, user: User, now: datetime) -> list[Application]:
    """What this user may allow now: everybody's but his own, oldest first; nothing without the right."""
    if not user.may(Right.OPEN_PROTECTED):
        return []
    rows = conn.execute(
        select(
            ProtectedOpening.opening_id,
            ProtectedOpening.addressee_no,
            ProtectedOpening.reason,
            ProtectedOpening.asked_by,
            ProtectedOpening.asked_at,
        )
        .where(
            ProtectedOpening.municipality_id == municipality_id,
            ProtectedOpening.allowed_by.is_(None),
            ProtectedOpening.asked_by != user.user_id,
            ProtectedOpening.asked_at > now - ASKED_FOR,
        )
        .order_by(ProtectedOpening.asked_at, ProtectedOpening.opening_id)
    )
    return [Application(*row) for row in rows]


def allow_opening(
    conn: Connection, municipality_id: int, opening_id: UUID, user: User, now: datetime, ids: Ids
) -> datetime:
    """Allow another's application; returns until when the case is open to him. Raises EntryRefused."""
    _refuse_without_right(user)
    allowed = conn.execute(
        update(ProtectedOpening)
        .where(
            ProtectedOpening.municipality_id == municipality_id,
            ProtectedOpening.opening_id == opening_id,
            ProtectedOpening.allowed_by.is_(None),
            ProtectedOpening.asked_by != user.user_id,
            ProtectedOpening.asked_at > now - ASKED_FOR,
        )
        .values(allowed_by=user.user_id, allowed_at=now, open_until=now + OPEN_FOR)
        .returning(ProtectedOpening.addressee_no)
    ).one_or_none()
    if allowed is None:
        sentence = "この申請は許可できません(ご自身の申請か、処理済みか、期限切れです)。一覧を読み直してください。"
        raise EntryRefused([Problem("opening", sentence)])
    _note(conn, municipality_id, "protected.allowed", opening_id, allowed.addressee_no, user, now, ids)
    return now + OPEN_FOR


def is_open_to(conn: Connection, municipality_id: int, addressee_no: str, user: User, now: datetime) -> bool:
    """Whether this user may see the protected case now (Disclosure.OPENED)."""
    if not user.may(Right.OPEN_PROTECTED):
        return False
    found = conn.execute(
        select(ProtectedOpening.opening_id)
        .where(
            ProtectedOpening.municipality_id == municipality_id,
            ProtectedOpening.addressee_no == addressee_no,
            ProtectedOpening.asked_by == user.user_id,
            ProtectedOpening.open_until > now,
        )
        .limit(1)
    )
    return found.first() is not None


def _refuse_without_right(user: User) -> None:
    if not user.may(Right.OPEN_PROTECTED):
        sentence = "支援措置対象の案件を開く権限がありません。担当の職員に引き継いでください。"
        raise EntryRefused([Problem("user", sentence)])


def _note(
    conn: Connection,
    municipality_id: int,
    action: str,
    opening_id: UUID,
    addressee_no: str,
    user: User,
    now: datetime,
    ids: Ids,
) -> None:
    audit.note(
        conn,
        municipality_id,
        ids=ids,
        at=now,
        user_id=user.user_id,
        actor=user.login,
        action=action,
        addressee_no=addressee_no,
        detail={"opening_id": str(opening_id)},
    )

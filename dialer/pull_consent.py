"""Who has agreed to be called in the middle of a wrap-up: the operator's own word, given and taken back at any time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from dialer.tables import PullConsent


def agreed_to_pull(conn: Connection, municipality_id: int) -> frozenset[UUID]:
    """Every operator who agrees now."""
    mine = PullConsent.municipality_id == municipality_id
    return frozenset(conn.scalars(select(PullConsent.operator_id).where(mine).order_by(PullConsent.operator_id)))


def give(conn: Connection, municipality_id: int, operator_id: UUID, now: datetime) -> bool:
    """Note the consent; whether that was news. An engine takes it up within seconds."""
    row = {"municipality_id": municipality_id, "operator_id": operator_id, "given_at": now}
    done = conn.execute(insert(PullConsent).values(row).on_conflict_do_nothing().returning(PullConsent.operator_id))
    return done.one_or_none() is not None


def take_back(conn: Connection, municipality_id: int, operator_id: UUID) -> bool:
    """Forget the consent; whether there was one."""
    mine = (PullConsent.municipality_id == municipality_id, PullConsent.operator_id == operator_id)
    return conn.execute(delete(PullConsent).where(*mine).returning(PullConsent.operator_id)).one_or_none() is not None

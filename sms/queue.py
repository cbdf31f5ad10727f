"""Which texts are due: follow-ups become messages, messages are leased to one worker, a few a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, or_, select, text, update

from callflow.tables import FollowUp
from casefile.city import City
from casefile.ids import Ids
from casefile.tables import Attempt
from sms.tables import Message

LEASE = timedelta(seconds=60)
"""How long a worker has a message to itself; longer than any gateway may take to answer."""
_ONE_TAKER = 7_341_003
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message with the follow-up it came from, as read under its own lock."""

    message_id: UUID
    follow_up_id: UUID
    addressee_no: str
    purpose: str
    claim_group: str
    trigger: str
    occasion: str
    campaign_id: UUID | None
    due_at: datetime
    asked_for_at: datetime


def take_due(conn: Connection, city: City, now: datetime, ids: Ids, limit: int) -> list[UUID]:
    """Lease due messages to the caller, turning due follow-ups into messages first. Gives ids in order of due time.

    Never more than the city's throttle leaves for this minute. Two workers take different messages.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(:space, :city)"), {"space": _ONE_TAKER, "city": city.id})
    room = min(limit, allowance(conn, city, now))
    if room <= 0:
        return []
    _open_messages(conn, city, now, ids, room)
    due = (
        conn.execute(
            select(Message.message_id)
            .where(
                Message.municipality_id == city.id,
                Message.state.in_(("accepted", "scheduled")),
                Message.due_at <= now,
                or_(Message.leased_until.is_(None), Message.leased_until <= now),
            )
            .order_by(Message.due_at, Message.message_id)
            .limit(room)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    if due:
        conn.execute(
            update(Message)
            .where(Message.municipality_id == city.id, Message.message_id.in_(due))
            .values(leased_until=now + LEASE)
        )
    return list(due)


def allowance(conn: Connection, city: City, now: datetime) -> int:
    """How many texts may still begin in this minute: the throttle less what was begun or is being prepared."""
    begun = (
        select(func.count())
        .select_from(Attempt)
        .where(
            Attempt.municipality_id == city.id,
            Attempt.channel == "sms",
            Attempt.intended_at > now - _MINUTE,
            Attempt.intended_at <= now,
        )
    )
    prepared = (
        select(func.count())
        .select_from(Message)
        .where(
            Message.municipality_id == city.id,
            Message.state.in_(("accepted", "scheduled")),
            Message.leased_until > now,
        )
    )
    spent: int = conn.execute(select(begun.scalar_subquery() + prepared.scalar_subquery())).scalar_one()
    return city.settings.sms_per_minute - spent


def lock_message(conn: Connection, city: City, message_id: UUID) -> DueMessage | None:
    """Lock one leased message for sending; None when it was cancelled or sent meanwhile."""
    row = conn.execute(
        select(
            Message.message_id,
            Message.follow_up_id,
            Message.addressee_no,
            FollowUp.purpose,
            FollowUp.claim_group,
            FollowUp.trigger,
            FollowUp.occasion,
            FollowUp.campaign_id,
            FollowUp.due_at,
            FollowUp.created_at,
        )
        .join(
            FollowUp,
            (FollowUp.municipality_id == Message.municipality_id) & (FollowUp.follow_up_id == Message.follow_up_id),
        )
        .where(
            Message.municipality_id == city.id,
            Message.message_id == message_id,
            Message.state.in_(("accepted", "scheduled")),
        )
        .with_for_update(of=Message)
    ).first()
    return None if row is None else DueMessage(*tuple(row))


def postpone(conn: Connection, city: City, message_id: UUID, until: datetime, reason: str, now: datetime) -> None:
    """Let a message wait; it keeps its place by the new time."""
    _set(
        conn, city, message_id, state="scheduled", due_at=until, leased_until=None, state_reason=reason, changed_at=now
    )


def suppress(conn: Connection, city: City, message: DueMessage, reason: str, now: datetime) -> None:
    """Give a message up for good, with the code of the reason, and its follow-up with it."""
    _set(conn, city, message.message_id, state="suppressed", leased_until=None, state_reason=reason, changed_at=now)
    close_follow_up(conn, city, message.follow_up_id, "suppressed", reason, now)


def close_follow_up(
    conn: Connection, city: City, follow_up_id: UUID, state: str, reason: str | None, now: datetime
) -> None:
    conn.execute(
        update(FollowUp)
        .where(FollowUp.municipality_id == city.id, FollowUp.follow_up_id == follow_up_id)
        .values(state=state, state_reason=reason, closed_at=now)
    )


def _open_messages(conn: Connection, city: City, now: datetime, ids: Ids, room: int) -> None:
    follow_ups = conn.execute(
        select(FollowUp.follow_up_id, FollowUp.addressee_no, FollowUp.due_at)
        .where(
            FollowUp.municipality_id == city.id,
            FollowUp.channel == "sms",
            FollowUp.state == "waiting",
            FollowUp.due_at <= now,
        )
        .order_by(FollowUp.due_at, FollowUp.follow_up_id)
        .limit(room)
        .with_for_update(skip_locked=True)
    ).all()
    if not follow_ups:
        return
    conn.execute(insert(Message), [_new_message(city, row, now, ids) for row in follow_ups])
    conn.execute(
        update(FollowUp)
        .where(FollowUp.municipality_id == city.id, FollowUp.follow_up_id.in_([row.follow_up_id for row in follow_ups]))
        .values(state="taken")
    )


def _new_message(city: City, follow_up: Row[*tuple[Any, ...]], now: datetime, ids: Ids) -> dict[str, Any]:
    return {
        "municipality_id": city.id,
        "message_id": ids.new(),
        "follow_up_id": follow_up.follow_up_id,
        "addressee_no": follow_up.addressee_no,
        "state": "accepted",
        "due_at": follow_up.due_at,
        "changed_at": now,
    }


def _set(conn: Connection, city: City, message_id: UUID, **values: Any) -> None:
    conn.execute(
        update(Message).where(Message.municipality_id == city.id, Message.message_id == message_id).values(**values)
    )

"""Which texts are due: follow-ups become messages, messages are leased to one worker, a few a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, update

from callflow.tables import FollowUp
from casefile.city import City
from casefile.ids import Ids
from sms.tables import Message

LEASE = timedelta(seconds=60)
"""How long a worker has a message to itself; longer than any gateway may take to answer."""
_ONE_TAKER = 7_341_003
_MINUTE = timedelta(minutes=1)

# Asked every round, also when nothing is due, or for every message: texts, which need not be built each time.
_TAKE_TURN = "SELECT pg_advisory_xact_lock(%(space)s, %(city)s)"
_SPENT = """
SELECT (SELECT count(*) FROM attempt
         WHERE municipality_id = %(city)s AND channel = 'sms' AND intended_at > %(since)s AND intended_at <= %(now)s)
     + (SELECT count(*) FROM message
         WHERE municipality_id = %(city)s AND state IN ('accepted', 'scheduled') AND leased_until > %(now)s)
"""
_DUE_FOLLOW_UPS = """
SELECT follow_up_id, addressee_no, due_at FROM follow_up
 WHERE municipality_id = %(city)s AND channel = 'sms' AND state = 'waiting' AND due_at <= %(now)s
 ORDER BY due_at, follow_up_id LIMIT %(room)s FOR UPDATE SKIP LOCKED
"""
_DUE_MESSAGES = """
SELECT message_id FROM message
 WHERE municipality_id = %(city)s AND state IN ('accepted', 'scheduled') AND due_at <= %(now)s
   AND (leased_until IS NULL OR leased_until <= %(now)s)
 ORDER BY due_at, message_id LIMIT %(room)s FOR UPDATE SKIP LOCKED
"""
_LOCK_MESSAGE = """
SELECT m.message_id, m.follow_up_id, m.addressee_no, f.purpose, f.claim_group, f.trigger, f.occasion, f.campaign_id,
       f.due_at, f.created_at
  FROM message m
  JOIN follow_up f ON f.municipality_id = m.municipality_id AND f.follow_up_id = m.follow_up_id
 WHERE m.municipality_id = %(city)s AND m.message_id = %(message)s AND m.state IN ('accepted', 'scheduled')
   FOR UPDATE OF m
"""
_CLOSE_FOLLOW_UP = """
UPDATE follow_up SET state = %(state)s, state_reason = %(reason)s, closed_at = %(now)s
 WHERE municipality_id = %(city)s AND follow_up_id = %(follow_up)s
"""


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
    conn.exec_driver_sql(_TAKE_TURN, {"space": _ONE_TAKER, "city": city.id})
    room = min(limit, allowance(conn, city, now))
    if room <= 0:
        return []
    _open_messages(conn, city, now, ids, room)
    due = conn.exec_driver_sql(_DUE_MESSAGES, {"city": city.id, "now": now, "room": room}).scalars().all()
    if due:
        conn.execute(
            update(Message)
            .where(Message.municipality_id == city.id, Message.message_id.in_(due))
            .values(leased_until=now + LEASE)
        )
    return list(due)


def allowance(conn: Connection, city: City, now: datetime) -> int:
    """How many texts may still begin in this minute: the throttle less what was begun or is being prepared."""
    moment = {"city": city.id, "since": now - _MINUTE, "now": now}
    spent: int = conn.exec_driver_sql(_SPENT, moment).scalar_one()
    return city.settings.sms_per_minute - spent


def lock_message(conn: Connection, city: City, message_id: UUID) -> DueMessage | None:
    """Lock one leased message for sending; None when it was cancelled or sent meanwhile."""
    row = conn.exec_driver_sql(_LOCK_MESSAGE, {"city": city.id, "message": message_id}).first()
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
    values = {"city": city.id, "follow_up": follow_up_id, "state": state, "reason": reason, "now": now}
    conn.exec_driver_sql(_CLOSE_FOLLOW_UP, values)


def _open_messages(conn: Connection, city: City, now: datetime, ids: Ids, room: int) -> None:
    follow_ups = conn.exec_driver_sql(_DUE_FOLLOW_UPS, {"city": city.id, "now": now, "room": room}).all()
    if not follow_ups:
        return
    conn.execute(insert(Message), [_new_message(city, row, now, ids) for row in follow_ups])
    conn.execute(
        update(FollowUp)
        .where(FollowUp.municipality_id == city.id, FollowUp.follow_up_id.in_([row.follow_up_id for row in follow_ups]))
        .values(state="taken")
    )


def _new_message(city: City, follow_up: Any, now: datetime, ids: Ids) -> dict[str, Any]:
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

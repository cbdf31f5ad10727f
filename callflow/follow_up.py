"""What is written when a call without conversation closes: its record, dead numbers, and the way on to SMS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from callflow.unreached import (
    AttemptClose,
    UnreachedFacts,
    UnreachedRule,
    cancel_unreached,
    queue_unreached,
    sms_due_on,
)
from casefile.city import City
from casefile.ids import Ids, stable_id
from casefile.records import NewRecord, add_records

__all__ = [
    "AttemptClose",
    "Closed",
    "UnreachedFacts",
    "UnreachedRule",
    "cancel_unreached",
    "close_call",
    "close_calls",
    "mark_number",
    "queue_sms_if_unreached",
    "record_id_of",
    "sms_due_on",
]


@dataclass(frozen=True, slots=True)
class Closed:
    """What was written. `number_dead`: the phone was marked NG for this person. `follow_up_id`: an SMS is now waiting."""

    attempt_id: UUID
    record_id: UUID
    number_dead: bool
    follow_up_id: UUID | None


def close_call(conn: Connection, city: City, close: AttemptClose, now: datetime, ids: Ids) -> Closed:
    """Write everything that follows a call without conversation, in the transaction that closes it.

    Contact record (one per attempt, however often this is called), NG of a dead number, SMS follow-up by the rule.
    """
    return close_calls(conn, city, [close], now, ids)[0]


def close_calls(conn: Connection, city: City, closes: Sequence[AttemptClose], now: datetime, ids: Ids) -> list[Closed]:
    """`close_call` for many at once: the same rows in a few statements, answers in the order of `closes`."""
    records = [_record(close) for close in closes]
    new = add_records(conn, city.id, records, recorded_at=now, recorded_by=None)
    dead = [close for close in closes if close.result.kills_number and close.phone_id is not None]
    for close in dead:
        mark_number(conn, city.id, close.addressee_no, close.e164, close.result.label, now)
    queued = queue_unreached(conn, city, [close for close in closes if record_id_of(close) in new], now, ids)
    marked = {close.attempt_id for close in dead}
    return [
        Closed(close.attempt_id, record_id_of(close), close.attempt_id in marked, queued.get(close.attempt_id))
        for close in closes
    ]


def queue_sms_if_unreached(
    conn: Connection, city: City, close: AttemptClose, rule: UnreachedRule, now: datetime, ids: Ids
) -> UUID | None:
    """Queue the SMS follow-up if `rule` is met; returns its id, or None. `close_call` does this by the call's own rule."""
    return queue_unreached(conn, city, [replace(close, rule=rule)], now, ids).get(close.attempt_id)


def mark_number(
    conn: Connection,
    municipality_id: int,
    addressee_no: str,
    e164: str,
    reason: str,
    now: datetime,
    *,
    by: UUID | None = None,
) -> None:
    """Mark a number as not to be used for this person; never dialed or texted again until somebody confirms it (Z9)."""
    about = {"city": municipality_id, "person": addressee_no, "number": e164, "reason": reason, "by": by, "now": now}
    conn.exec_driver_sql(_MARK, about)


_MARK = """
UPDATE phone SET ng_reason = %(reason)s, ng_at = %(now)s, learned_by = %(by)s, learned_at = %(now)s
 WHERE municipality_id = %(city)s AND addressee_no = %(person)s AND e164 = %(number)s AND ng_reason IS NULL
"""


def record_id_of(close: AttemptClose) -> UUID:
    """The one record of a call without conversation."""
    return stable_id("close", close.attempt_id)


def _record(close: AttemptClose) -> NewRecord:
    return NewRecord(
        record_id=record_id_of(close),
        addressee_no=close.addressee_no,
        household_id=close.household_id,
        purpose=close.purpose,
        claim_group=close.claim_group,
        direction=close.direction.value,
        started_at=close.started_at,
        ended_at=close.ended_at,
        e164=close.e164,
        attempt_id=close.attempt_id,
        campaign_id=close.campaign_id,
        result=close.result.value,
    )

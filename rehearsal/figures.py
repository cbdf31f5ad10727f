"""The figures of a rehearsal, from its committed rows; and the same day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from casefile.clock import JST

_RIGHT_PARTY = ("self", "company", "agent", "heir")


@dataclass(slots=True)
class Day:
    """One day's figures; the run's are their sums. Yen are whole, seconds too."""

    attempts: int = 0
    live_answers: int = 0
    abandoned: int = 0
    conversations: int = 0
    right_party_contacts: int = 0
    promises: int = 0
    promised_yen: int = 0
    sms_sent: int = 0
    sms_delivered: int = 0
    inbound_calls: int = 0
    payments_yen: int = 0
    seat_seconds: int = 0
    talk_seconds: int = 0
    wrapup_seconds: int = 0


def by_day(conn: Connection, municipality_id: int, payments: Mapping[date, int]) -> dict[date, Day]:
    """Figures by Japanese day. `payments`: yen paid by day, from the tills."""
    days: dict[date, Day] = {}

    def of(day: date) -> Day:
        return days.setdefault(day, Day())

    for day, column, value in _counted(conn, municipality_id):
        found = of(day)
        setattr(found, column, getattr(found, column) + value)
    for day, state, seconds in _seat_seconds(conn, municipality_id):
        found = of(day)
        found.seat_seconds += seconds
        if state == "talking":
            found.talk_seconds += seconds
        elif state == "wrapup":
            found.wrapup_seconds += seconds
    for day, yen in payments.items():
        of(day).payments_yen += yen
    return dict(sorted(days.items()))


_CALLS = """
SELECT (intended_at AT TIME ZONE 'Asia/Tokyo')::date,
       count(*) FILTER (WHERE direction = 'outbound' AND handed_at IS NOT NULL AND result NOT IN ('11', '12', '15')),
       count(*) FILTER (WHERE direction = 'outbound' AND person_answered),
       count(*) FILTER (WHERE direction = 'outbound' AND abandoned),
       count(*) FILTER (WHERE direction = 'outbound' AND connected_at IS NOT NULL AND NOT abandoned),
       count(*) FILTER (WHERE direction = 'inbound')
FROM attempt WHERE municipality_id = :m AND channel = 'call' GROUP BY 1 ORDER BY 1
"""
_CONTACTS = """
SELECT (started_at AT TIME ZONE 'Asia/Tokyo')::date, count(*)
FROM (SELECT DISTINCT ON (record_id) record_id, started_at, contact, direction
      FROM contact_record WHERE municipality_id = :m ORDER BY record_id, version DESC) latest
WHERE contact = ANY(:contacts) AND direction = 'outbound' GROUP BY 1 ORDER BY 1
"""
_PROMISES = """
SELECT made_on, count(*), sum(promised_yen)::bigint
FROM promise WHERE municipality_id = :m AND source <> 'import' GROUP BY 1 ORDER BY 1
"""
_TEXTS = """
SELECT (sent_at AT TIME ZONE 'Asia/Tokyo')::date, count(*), count(*) FILTER (WHERE state = 'delivered')
FROM message WHERE municipality_id = :m AND sent_at IS NOT NULL GROUP BY 1 ORDER BY 1
"""


def _counted(conn: Connection, municipality_id: int) -> list[tuple[date, str, int]]:
    rows: list[tuple[date, str, int]] = []

    def add(statement: str, *columns: str, **more: Any) -> None:
        for day, *values in conn.execute(text(statement), {"m": municipality_id, **more}):
            rows.extend((day, column, int(value)) for column, value in zip(columns, values, strict=True))

    add(_CALLS, "attempts", "live_answers", "abandoned", "conversations", "inbound_calls")
    add(_CONTACTS, "right_party_contacts", contacts=list(_RIGHT_PARTY))
    add(_PROMISES, "promises", "promised_yen")
    add(_TEXTS, "sms_sent", "sms_delivered")
    return rows


def _seat_seconds(conn: Connection, municipality_id: int) -> list[tuple[date, str, int]]:
    """Time in each state while on duty: offline and paused count for nothing. A shift ends on the day it began."""
    changes = conn.execute(
        text(
            "SELECT operator_id, at, state FROM seat_change WHERE municipality_id = :m ORDER BY operator_id, at, change_id"
        ),
        {"m": municipality_id},
    )
    result: list[tuple[date, str, int]] = []
    last: tuple[Any, datetime, str] | None = None
    for operator_id, at, state in changes:
        if last is not None and last[0] == operator_id and last[2] not in ("offline", "paused"):
            since = last[1]
            result.append((since.astimezone(JST).date(), last[2], round((at - since) / timedelta(seconds=1))))
        last = (operator_id, at, state)
    return result


def totals(days: Mapping[date, Day]) -> Day:
    """The sum over all days."""
    whole = Day()
    for day in days.values():
        for column in fields(Day):
            setattr(whole, column.name, getattr(whole, column.name) + getattr(day, column.name))
    return whole


def occupancy(day: Day) -> float:
    """(talk + wrap-up) ÷ (operators × time), PACING.md §1; four decimals."""
    return round((day.talk_seconds + day.wrapup_seconds) / day.seat_seconds, 4) if day.seat_seconds else 0.0


def talk_minutes_per_operator_hour(day: Day) -> float:
    return round(60 * day.talk_seconds / day.seat_seconds, 2) if day.seat_seconds else 0.0


_REFUSALS = """
SELECT reason, count(*) AS times FROM gate_decision, jsonb_array_elements_text(reasons) AS reason
WHERE municipality_id = :m AND NOT allowed GROUP BY reason ORDER BY reason
"""
_KEPT = "SELECT count(*) FROM promise WHERE municipality_id = :m AND source <> 'import' AND state = 'kept'"
_QUEUED = "SELECT count(*) FROM follow_up WHERE municipality_id = :m AND channel = 'sms'"
_SUPPRESSED = """
SELECT state_reason, count(*) FROM message WHERE municipality_id = :m AND state = 'suppressed'
GROUP BY state_reason ORDER BY state_reason
"""


def gate_refusals(conn: Connection, municipality_id: int) -> dict[str, int]:
    """How often the gate said no, by reason; one refusal may have several."""
    rows = conn.execute(text(_REFUSALS), {"m": municipality_id})
    return {row.reason: row.times for row in rows}


def promises_kept(conn: Connection, municipality_id: int) -> int:
    return int(conn.execute(text(_KEPT), {"m": municipality_id}).scalar_one())


def sms_queued(conn: Connection, municipality_id: int) -> int:
    return int(conn.execute(text(_QUEUED), {"m": municipality_id}).scalar_one())


def sms_suppressed(conn: Connection, municipality_id: int) -> Counter[str]:
    """Suppressed messages by the reason stored with them."""
    rows = conn.execute(text(_SUPPRESSED), {"m": municipality_id})
    return Counter({reason or "": count for reason, count in rows})


_BY_PAYMENT = """
SELECT count(*) FROM message WHERE municipality_id = :m AND state = 'suppressed' AND state_reason = ANY(:reasons)
"""
_PAID_REASONS = ("nothing_owed",)


def sms_suppressed_by_payment(conn: Connection, municipality_id: int) -> int:
    """Messages the gate held back because everything had been paid meanwhile."""
    return int(conn.execute(text(_BY_PAYMENT), {"m": municipality_id, "reasons": list(_PAID_REASONS)}).scalar_one())

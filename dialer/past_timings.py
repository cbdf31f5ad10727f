"""How long the calls of a campaign have taken of late, read from the attempt ledger for its pacer (PACING.md §7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from dialer.messages import PastTimings

_LATELY = timedelta(days=30)
_MOST = 2000
"""So many of the latest calls tell enough, and are read in a few milliseconds."""
_ENOUGH = 300
"""A campaign with fewer calls of its own takes on what others of the city for the same purpose have learned."""

_SPANS = """
SELECT extract(epoch FROM COALESCE(a.speech_at, a.answered_at, a.connected_at) - a.intended_at)::float AS answer,
       extract(epoch FROM a.ended_at - a.intended_at)::float AS taken,
       extract(epoch FROM a.ended_at - a.connected_at)::float AS talk,
       CASE WHEN a.put_off_seconds IS NULL THEN extract(epoch FROM a.wrapped_up_at - a.ended_at)::float END AS wrapup,
       a.person_answered
  FROM attempt a
 WHERE a.municipality_id = %(city)s AND a.channel = 'call' AND a.direction = 'outbound' AND a.state = 'ended'
   AND a.counted AND a.intended_at >= %(since)s AND {whose}
 ORDER BY a.intended_at DESC, a.attempt_id DESC LIMIT %(most)s
"""
_OWN = _SPANS.format(whose="a.campaign_id = %(campaign)s")
_OTHERS = _SPANS.format(whose="a.purpose = %(purpose)s AND a.campaign_id <> %(campaign)s")


def past_timings(conn: Connection, municipality_id: int, campaign_id: UUID, purpose: str, now: datetime) -> PastTimings:
    """Seconds of the latest calls of the last 30 days, the oldest first; what went backwards is left out."""
    asked = {"city": municipality_id, "campaign": campaign_id, "purpose": purpose, "since": now - _LATELY}
    own = conn.exec_driver_sql(_OWN, asked | {"most": _MOST}).all()
    missing = _ENOUGH - len(own)
    others = conn.exec_driver_sql(_OTHERS, asked | {"most": missing}).all() if missing > 0 else ()
    rows: Sequence[Any] = [*own, *others][::-1]
    return PastTimings(
        answer=_sound(row.answer for row in rows if row.person_answered),
        release=_sound(row.taken for row in rows if not row.person_answered),
        talk=_sound(row.talk for row in rows),
        wrapup=_sound(row.wrapup for row in rows),
    )


def _sound(seconds: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(span for span in seconds if span is not None and span >= 0)

"""When somebody whom the gate refused comes up again: in minutes, tomorrow, or when what stands against it may have changed.

A stop flag or a kept plan stands for months. Asking about it every morning would fill the books with the same answer, so
such people rest for a week, and come up at once when the core system brings new facts of that kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.gate import Reason
from dialer.aftermath import EntryChange
from dialer.messages import Candidate

_SOON = timedelta(minutes=5)
PASSING: Mapping[Reason, timedelta] = {
    Reason.LIVE_HOUSEHOLD: _SOON,
    Reason.LIVE_NUMBER: _SOON,
    Reason.HOUSEHOLD_CHANGED: _SOON,
    Reason.BUSY_GAP: _SOON,
    Reason.STOPPED_CITY: _SOON,
    Reason.STOPPED_DISTRICT: timedelta(minutes=30),
    Reason.NUMBER_GAP: timedelta(minutes=30),
    Reason.PHONE_HOURS: timedelta(hours=1),
    Reason.CITY_HOURS: timedelta(hours=1),
    Reason.CAMPAIGN_HOURS: timedelta(hours=1),
    Reason.RECEIPTS_STALE: timedelta(hours=1),
    Reason.RECEIPTS_MISSING: timedelta(hours=1),
    Reason.RESERVED_ONLY: timedelta(0),
}
"""When asking again may get another answer the same day."""
LASTING: Mapping[Reason, str] = {
    Reason.FLAG_REFUSES: "flags",
    Reason.FLAG_STAFF: "flags",
    Reason.LANGUAGE: "addressees",
    Reason.PLAN_KEPT: "promises",
    Reason.NO_DEMAND_NOTICE: "arrears",
}
"""What stands until a file of this kind says otherwise. Every other reason holds for the day; the gate still decides."""
_LASTS = timedelta(days=7)
"""The longest rest: flags also end by their date, and a city's settings may change."""
_LONGEST = timedelta(days=32)

_LATEST_FILES = """
SELECT file_kind, max(applied_at) AS applied_at FROM import_run
 WHERE municipality_id = %(city)s AND file_kind = ANY(%(kinds)s) GROUP BY file_kind
"""
_REOPEN = """
UPDATE campaign_entry SET next_at = %(now)s
 WHERE municipality_id = %(city)s AND campaign_id = %(campaign)s AND state = 'open' AND next_at > %(now)s
   AND state_reason = ANY(%(reasons)s) AND changed_at < %(since)s
"""


def after_refusal(candidate: Candidate, reasons: Sequence[Reason], now: datetime) -> EntryChange | None:
    """Where a refused candidate stands in the list from now on; None where no campaign's list is concerned.

    The reason that keeps them away longest is the one the entry shows.
    """
    if candidate.campaign_id is None:
        return None
    back = {reason: _back_at(reason, now) for reason in reasons}
    longest = max(back, key=lambda reason: back[reason], default=None)
    return EntryChange(
        candidate.campaign_id,
        candidate.addressee_no,
        0,
        _tomorrow(now) if longest is None else min(back[longest], now + _LONGEST),
        "open",
        None if longest is None else longest.value,
        candidate.reserved or Reason.RESERVED_ONLY in reasons,
    )


def _back_at(reason: Reason, now: datetime) -> datetime:
    if reason in PASSING:
        return now + PASSING[reason]
    if reason in LASTING:
        return at_jst(jst_date(now + _LASTS))
    if reason is Reason.PERSON_MONTH_CAP:
        next_month = jst_date(now).replace(day=1) + timedelta(days=32)
        return at_jst(next_month.replace(day=1))
    return _tomorrow(now)


def _tomorrow(now: datetime) -> datetime:
    return at_jst(jst_date(now) + timedelta(days=1))


class NewFacts:
    """Brings up those who rest for a lasting reason, once for every file that may have changed it."""

    def __init__(self) -> None:
        self._seen: dict[UUID, Mapping[str, datetime]] = {}

    def reopen(self, conn: Connection, city: City, campaign_id: UUID, now: datetime) -> None:
        """In the caller's transaction, before the list is read."""
        latest = _latest_files(conn, city)
        seen = self._seen.get(campaign_id, {})
        for kind in sorted(latest.keys()):
            if latest[kind] != seen.get(kind):
                _reopen(conn, city, campaign_id, [r for r, its in LASTING.items() if its == kind], latest[kind], now)
        self._seen[campaign_id] = latest


def _latest_files(conn: Connection, city: City) -> dict[str, datetime]:
    rows = conn.exec_driver_sql(_LATEST_FILES, {"city": city.id, "kinds": sorted(set(LASTING.values()))})
    return {row.file_kind: row.applied_at for row in rows}


def _reopen(
    conn: Connection, city: City, campaign_id: UUID, reasons: Collection[Reason], since: datetime, now: datetime
) -> None:
    values = {
        "city": city.id,
        "campaign": campaign_id,
        "reasons": [reason.value for reason in reasons],
        "since": since,
        "now": now,
    }
    conn.exec_driver_sql(_REOPEN, values)

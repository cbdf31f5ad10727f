"""Calls that should have a recording and have none: a day's list, each with what is known of the reason.

Due is a call that was under terms with recording when it was intended, and in which an operator and a resident spoke.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row

from casefile.city import City
from casefile.clock import at_jst
from casefile.vocabulary import Labelled

_ON_THE_WAY = timedelta(minutes=10)
"""A recording is sealed and handed on within seconds; after this it is missing."""
_TOO_SHORT = timedelta(seconds=1)
_INTERRUPTED = ("reconciled", "reconciled_lost")
"""Causes of calls whose end nobody saw happen."""


class Reason(Labelled):
    """Why there is no recording, as far as that is known."""

    ON_THE_WAY = "on_the_way", "まだ届いていません(ノードからの引き渡し待ち)"
    SILENT = "silent", "録音は届きましたが、音声がありません"
    TOO_SHORT = "too_short", "通話が1秒未満で、録音が始まる前に終わりました"
    INTERRUPTED = "interrupted", "通話中に発信の仕組みが停止しました"
    FILE_GONE = "file_gone", "届いた録音のファイルが保管場所にありません。バックアップから戻してください"
    UNKNOWN = "unknown", "理由は分かりません。ノードの録音係が動いているか確かめてください"


class Shelf(Protocol):
    """Where sealed recordings lie."""

    def holds(self, recording_id: UUID, began_at: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class MissingRecording:
    attempt_id: UUID
    addressee_no: str | None
    campaign_id: UUID | None
    operator_id: UUID | None
    connected_at: datetime
    ended_at: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class MissingRecordings:
    """A Japanese day: how many calls were due a recording, and those that have none."""

    day: date
    due: int
    missing: tuple[MissingRecording, ...]


# Terms are looked up as of when the call was intended; a row without a campaign is for calls of none.
_DUE = """
SELECT a.attempt_id, a.addressee_no, a.campaign_id, a.operator_id, a.connected_at, a.ended_at, a.cause,
       r.recording_id, r.began_at, r.milliseconds, r.state
  FROM attempt a
 CROSS JOIN LATERAL (
       SELECT t.mode FROM recording_terms t
        WHERE t.municipality_id = a.municipality_id AND t.campaign_id IS NOT DISTINCT FROM a.campaign_id
          AND t.valid_from <= a.intended_at
        ORDER BY t.valid_from DESC, t.terms_id DESC LIMIT 1) AS terms
  LEFT JOIN LATERAL (
       SELECT r.recording_id, r.began_at, r.milliseconds, r.state FROM recording r
        WHERE r.municipality_id = a.municipality_id AND r.attempt_id = a.attempt_id
        ORDER BY r.milliseconds DESC, r.recording_id LIMIT 1) AS r ON true
 WHERE a.municipality_id = %(city)s AND a.channel = 'call' AND terms.mode <> 'off'
   AND a.connected_at >= %(first)s AND a.connected_at < %(after)s AND a.state = 'ended'
   AND a.purpose = ANY(%(purposes)s)
 ORDER BY a.connected_at, a.attempt_id
"""


def missing_recordings(
    conn: Connection, city: City, day: date, now: datetime, purposes: frozenset[str], shelf: Shelf
) -> MissingRecordings:
    """The list of one Japanese day, for these purposes. A deleted recording was there, and is not missing."""
    bounds = {"first": at_jst(day), "after": at_jst(day + timedelta(days=1))}
    rows = conn.exec_driver_sql(_DUE, {"city": city.id, "purposes": sorted(purposes), **bounds}).all()
    found = [(row, _reason(row, now, shelf)) for row in rows]
    return MissingRecordings(
        day,
        len(rows),
        tuple(
            MissingRecording(
                row.attempt_id,
                row.addressee_no,
                row.campaign_id,
                row.operator_id,
                row.connected_at,
                row.ended_at,
                reason,
            )
            for row, reason in found
            if reason is not None
        ),
    )


def _reason(row: Row[*tuple[Any, ...]], now: datetime, shelf: Shelf) -> Reason | None:
    if row.recording_id is not None and row.milliseconds > 0:
        kept = row.state != "kept" or shelf.holds(row.recording_id, row.began_at)
        return None if kept else Reason.FILE_GONE
    if row.ended_at - row.connected_at < _TOO_SHORT:
        return Reason.TOO_SHORT
    if row.recording_id is not None:
        return Reason.SILENT
    if row.cause in _INTERRUPTED:
        return Reason.INTERRUPTED
    return Reason.ON_THE_WAY if now < row.ended_at + _ON_THE_WAY else Reason.UNKNOWN

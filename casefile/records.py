"""交渉記録: inserted once, never overwritten. A correction is a new version with its reason; readers see the newest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Subquery, select
from sqlalchemy.dialects.postgresql import distinct_on

from casefile.history import TimelineItem, history
from casefile.problems import EntryRefused, Problem
from casefile.tables import ContactRecord

__all__ = [
    "NewRecord",
    "TimelineItem",
    "add_record",
    "add_records",
    "correct_record",
    "history",
    "latest_records",
    "versions",
]


@dataclass(frozen=True, slots=True)
class NewRecord:
    """The content of one contact record (DOMAIN.md §2.11). Codes are the stored ones of casefile and callflow.

    `identity_items` names what the resident said, never its content. `remarks` may hold anything but that.
    """

    record_id: UUID
    addressee_no: str
    household_id: str
    purpose: str
    claim_group: str
    direction: str
    started_at: datetime
    ended_at: datetime | None = None
    e164: str | None = None
    attempt_id: UUID | None = None
    campaign_id: UUID | None = None
    result: str | None = None
    contact: str | None = None
    identity_items: tuple[str, ...] = ()
    outcome: str | None = None
    delinquency_reason: str | None = None
    promise_id: UUID | None = None
    next_at: datetime | None = None
    next_channel: str | None = None
    remarks: str = ""
    complaint: bool = False
    operator_id: UUID | None = None


CORRECTABLE = frozenset(
    {
        "contact",
        "result",
        "outcome",
        "delinquency_reason",
        "identity_items",
        "remarks",
        "complaint",
        "next_at",
        "next_channel",
    }
)
"""What a correction may change. Who, when, on which number and which promise stay as they happened."""


def add_record(
    conn: Connection, municipality_id: int, record: NewRecord, *, recorded_at: datetime, recorded_by: UUID | None
) -> bool:
    """Insert the first version. False: a record of this id is there already, and stands as it was."""
    return bool(add_records(conn, municipality_id, [record], recorded_at=recorded_at, recorded_by=recorded_by))


def add_records(
    conn: Connection,
    municipality_id: int,
    records: list[NewRecord],
    *,
    recorded_at: datetime,
    recorded_by: UUID | None,
) -> set[UUID]:
    """`add_record` for many in one statement; returns the ids that are new."""
    if not records:
        return set()
    rows = [_first_version(municipality_id, record, recorded_at, recorded_by) for record in records]
    return set(conn.exec_driver_sql(_INSERT, {"rows": json.dumps(rows, default=_as_text)}).scalars())


def correct_record(
    conn: Connection,
    municipality_id: int,
    record_id: UUID,
    changes: Mapping[str, Any],
    *,
    reason: str,
    corrected_at: datetime,
    corrected_by: UUID | None,
) -> int:
    """Store a new version that differs in `changes`; returns its number.

    Raises EntryRefused: no such record, nothing changed, no reason given, or a field that no correction may change. Two
    corrections at the same time make two versions, one after the other or one IntegrityError, never a lost one.
    """
    if not reason.strip():
        raise EntryRefused([Problem("correction_reason", "訂正の理由を入力してください。")])
    fixed = sorted(set(changes) - CORRECTABLE)
    if fixed:
        raise EntryRefused(
            [Problem(name, "この項目は訂正できません。新しい交渉記録として登録してください。") for name in fixed]
        )
    newest = versions(conn, municipality_id, record_id)
    if not newest:
        raise EntryRefused([Problem("record_id", "交渉記録が見つかりません。画面を読み直してください。")])
    before = newest[0]
    wanted = {name: list(value) if name == "identity_items" else value for name, value in changes.items()}
    if all(before[name] == value for name, value in wanted.items()):
        raise EntryRefused(
            [Problem("changes", "変更された項目がありません。訂正する項目を直してから登録してください。")]
        )
    version: int = before["version"] + 1
    corrected = {
        **before,
        **wanted,
        "version": version,
        "recorded_at": corrected_at,
        "recorded_by": corrected_by,
        "correction_reason": reason.strip(),
    }
    conn.exec_driver_sql(_INSERT_VERSION, {"rows": json.dumps([corrected], default=_as_text)})
    return version


def versions(conn: Connection, municipality_id: int, record_id: UUID) -> list[dict[str, Any]]:
    """Every version of a record as stored, newest first."""
    rows = conn.exec_driver_sql(_VERSIONS, {"city": municipality_id, "record": record_id})
    return [row._asdict() for row in rows]


def latest_records(municipality_id: int) -> Subquery:
    """The newest version of every record, to select from (reports, lists)."""
    return (
        select(*ContactRecord.__table__.columns)
        .where(ContactRecord.municipality_id == municipality_id)
        .ext(distinct_on(ContactRecord.record_id))
        .order_by(ContactRecord.record_id, ContactRecord.version.desc())
        .subquery("latest_record")
    )


# One prepared statement whatever the number of rows: this is written with every call that ends.
_INSERT_VERSION = """
INSERT INTO contact_record SELECT * FROM jsonb_populate_recordset(NULL::contact_record, %(rows)s::jsonb)
"""
_INSERT = _INSERT_VERSION + "ON CONFLICT DO NOTHING RETURNING record_id"
_VERSIONS = """
SELECT * FROM contact_record WHERE municipality_id = %(city)s AND record_id = %(record)s ORDER BY version DESC
"""
_FIELDS = tuple(field.name for field in fields(NewRecord))


def _first_version(
    municipality_id: int, record: NewRecord, recorded_at: datetime, recorded_by: UUID | None
) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in _FIELDS},
        "identity_items": list(record.identity_items),
        "municipality_id": municipality_id,
        "version": 1,
        "recorded_at": recorded_at,
        "recorded_by": recorded_by,
        "correction_reason": None,
    }


def _as_text(value: datetime | UUID) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

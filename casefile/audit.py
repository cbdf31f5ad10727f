"""The audit log (I24): entries are inserted plain; the worker seals them into a SHA-256 chain; anyone may verify it.

A link is SHA-256 over the link before it and the canonical JSON of the entry. Changing, removing or inserting an
entry or a link breaks the chain at that place. Cutting off its end is visible only against a head that was noted
elsewhere: print `head` on the monthly report and hand it to `verify`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select

from casefile.db import Json
from casefile.ids import Ids
from casefile.tables import AuditEntry, AuditSeal

_LOCK_CLASS = 7_341_001
"""Namespace of the advisory lock that lets one sealer work at a time."""
_LOOK_BACK = timedelta(days=31)
_CHUNK = 1000
_NOTE = """
INSERT INTO audit_entry (municipality_id, audit_id, at, user_id, actor, action, addressee_no, detail)
VALUES (%(city)s, %(audit)s, %(at)s, %(user)s, %(actor)s, %(action)s, %(person)s, %(detail)s::jsonb)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """日時・担当者・操作内容・対象者 as stored. `actor` is a login, or the name of a process."""

    audit_id: UUID
    at: datetime
    user_id: UUID | None
    actor: str
    action: str
    addressee_no: str | None
    detail: Json


@dataclass(frozen=True, slots=True)
class Link:
    """One seal as stored."""

    seq: int
    audit_id: UUID
    chain_hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link: whoever noted it can later prove that nothing up to it was cut off."""

    seq: int
    chain_hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """`faults` is empty exactly when every sealed entry stands as it was sealed."""

    sealed: int
    unsealed: int
    head: Head | None
    faults: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.faults


def note(
    conn: Connection,
    municipality_id: int,
    *,
    ids: Ids,
    at: datetime,
    user_id: UUID | None,
    actor: str,
    action: str,
    addressee_no: str | None = None,
    detail: Json | None = None,
) -> UUID:
    """Write one entry in the caller's transaction. `action` is a dotted word such as "case.view" or "export.csv"."""
    audit_id = ids.new()
    conn.exec_driver_sql(
        _NOTE,
        {
            "city": municipality_id,
            "audit": audit_id,
            "at": at,
            "user": user_id,
            "actor": actor,
            "action": action,
            "person": addressee_no,
            "detail": json.dumps(detail or {}),
        },
    )
    return audit_id


def seal(conn: Connection, municipality_id: int, now: datetime, limit: int = 1000) -> int:
    """Seal up to `limit` unsealed entries, oldest first; returns how many. Safe to call from several workers."""
    conn.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, municipality_id)))
    last = head(conn, municipality_id)
    unsealed = _unsealed(municipality_id).order_by(AuditEntry.at, AuditEntry.audit_id).limit(limit)
    if last is not None:
        # Years of sealed entries need not be gone through again; `verify` counts whatever is unsealed, of any age.
        unsealed = unsealed.where(AuditEntry.at >= _sealed_at(conn, municipality_id, last) - _LOOK_BACK)
    entries = [_entry(row) for row in conn.execute(unsealed)]
    links = chain(municipality_id, entries, last)
    if links:
        conn.execute(
            insert(AuditSeal),
            [
                {
                    "municipality_id": municipality_id,
                    "seq": link.seq,
                    "audit_id": link.audit_id,
                    "chain_hash": link.chain_hash,
                    "sealed_at": now,
                }
                for link in links
            ],
        )
    return len(links)


def head(conn: Connection, municipality_id: int) -> Head | None:
    """The newest link, or None before the first seal."""
    row = conn.execute(
        select(AuditSeal.seq, AuditSeal.chain_hash)
        .where(AuditSeal.municipality_id == municipality_id)
        .order_by(AuditSeal.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Head(row.seq, row.chain_hash)


def verify(conn: Connection, municipality_id: int, noted: Iterable[Head] = ()) -> Verification:
    """Recompute the whole chain. `noted` are heads written down elsewhere that must still be found in it."""
    rows = conn.execute(
        select(AuditSeal.seq, AuditSeal.chain_hash, *_ENTRY_COLUMNS)
        .join(
            AuditEntry,
            (AuditEntry.municipality_id == AuditSeal.municipality_id) & (AuditEntry.audit_id == AuditSeal.audit_id),
        )
        .where(AuditSeal.municipality_id == municipality_id)
        .order_by(AuditSeal.seq)
        .execution_options(yield_per=_CHUNK)
    )
    sealed = 0

    def counted() -> Iterator[tuple[Link, Entry]]:
        nonlocal sealed
        for row in rows:
            sealed += 1
            yield Link(row.seq, row.audit_id, row.chain_hash), _entry(row)

    found = faults(municipality_id, counted(), noted)
    waiting = conn.execute(select(func.count()).select_from(_unsealed(municipality_id).subquery())).scalar_one()
    return Verification(sealed, waiting, head(conn, municipality_id), found)


def chain(municipality_id: int, entries: Iterable[Entry], last: Head | None) -> list[Link]:
    """The links that follow `last` for these entries, in their order."""
    seq = last.seq if last else 0
    previous = last.chain_hash if last else _genesis(municipality_id)
    links = []
    for entry in entries:
        seq += 1
        previous = _hash(previous, municipality_id, seq, entry)
        links.append(Link(seq, entry.audit_id, previous))
    return links


def faults(municipality_id: int, sealed: Iterable[tuple[Link, Entry]], noted: Iterable[Head] = ()) -> tuple[str, ...]:
    """Every place, as a Japanese sentence, where the stored chain is not what its entries make of it.

    After a fault the check goes on from the stored link, so that each damaged place is named once.
    """
    found = []
    expected, previous = 1, _genesis(municipality_id)
    missing = {kept.seq: kept for kept in noted}
    for link, entry in sealed:
        if link.seq != expected:
            found.append(f"連番{expected}から{link.seq - 1}までの封印がありません。")
        if link.audit_id != entry.audit_id or link.chain_hash != _hash(previous, municipality_id, link.seq, entry):
            found.append(f"連番{link.seq}の記録(ID {entry.audit_id})が封印時の内容と一致しません。")
        expected, previous = link.seq + 1, link.chain_hash
        if link.seq in missing and missing[link.seq].chain_hash == link.chain_hash:
            del missing[link.seq]
    found.extend(f"控えのある連番{seq}の封印が見つからないか、控えと一致しません。" for seq in sorted(missing))
    return tuple(found)


def canonical(municipality_id: int, entry: Entry) -> str:
    """The one text of an entry that is hashed: JSON with sorted keys, UTC times to the microsecond."""
    return json.dumps(
        {
            "municipality_id": municipality_id,
            "audit_id": str(entry.audit_id),
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "user_id": None if entry.user_id is None else str(entry.user_id),
            "actor": entry.actor,
            "action": entry.action,
            "addressee_no": entry.addressee_no,
            "detail": entry.detail,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


_ENTRY_COLUMNS = (
    AuditEntry.audit_id,
    AuditEntry.at,
    AuditEntry.user_id,
    AuditEntry.actor,
    AuditEntry.action,
    AuditEntry.addressee_no,
    AuditEntry.detail,
)


def _genesis(municipality_id: int) -> str:
    return hashlib.sha256(f"tsunagaru audit {municipality_id}".encode()).hexdigest()


def _hash(previous: str, municipality_id: int, seq: int, entry: Entry) -> str:
    return hashlib.sha256(f"{previous}\n{seq}\n{canonical(municipality_id, entry)}".encode()).hexdigest()


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(row.audit_id, row.at, row.user_id, row.actor, row.action, row.addressee_no, row.detail)


def _sealed_at(conn: Connection, municipality_id: int, last: Head) -> datetime:
    """When the entry of a link happened."""
    return conn.execute(
        select(AuditEntry.at)
        .join(
            AuditSeal,
            (AuditSeal.municipality_id == AuditEntry.municipality_id) & (AuditSeal.audit_id == AuditEntry.audit_id),
        )
        .where(AuditSeal.municipality_id == municipality_id, AuditSeal.seq == last.seq)
    ).scalar_one()


def _unsealed(municipality_id: int) -> Select[*tuple[Any, ...]]:
    sealed = (
        select(AuditSeal.audit_id)
        .where(AuditSeal.municipality_id == AuditEntry.municipality_id, AuditSeal.audit_id == AuditEntry.audit_id)
        .exists()
    )
    return select(*_ENTRY_COLUMNS).where(AuditEntry.municipality_id == municipality_id, ~sealed)

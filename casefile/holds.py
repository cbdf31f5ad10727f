"""Times during which the gate keeps the room from pressing a person, because of what an earlier contact brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, or_, select, update

from casefile.ids import Ids
from casefile.tables import ContactHold
from casefile.vocabulary import HoldKind


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that stands. `until` None: until it is released."""

    hold_id: UUID
    addressee_no: str
    purpose: str
    claim_group: str
    kind: HoldKind
    since: datetime
    until: datetime | None
    exempt_id: UUID | None
    record_id: UUID | None


def place(
    conn: Connection,
    municipality_id: int,
    *,
    addressee_no: str,
    purpose: str,
    claim_group: str,
    kind: HoldKind,
    since: datetime,
    until: datetime | None,
    ids: Ids,
    exempt_id: UUID | None = None,
    record_id: UUID | None = None,
) -> UUID:
    """Hold the room back from a case; one of the same kind that stands is replaced by it."""
    hold_id = ids.new()
    conn.exec_driver_sql(
        _PLACE,
        {
            "city": municipality_id,
            "hold": hold_id,
            "person": addressee_no,
            "purpose": purpose,
            "group": claim_group,
            "kind": kind.value,
            "since": since,
            "until": until,
            "exempt": exempt_id,
            "record": record_id,
        },
    )
    return hold_id


_PLACE = """
WITH replaced AS (
    UPDATE contact_hold SET released_at = %(since)s, released_why = '更新'
     WHERE municipality_id = %(city)s AND addressee_no = %(person)s AND purpose = %(purpose)s
       AND claim_group = %(group)s AND kind = %(kind)s AND released_at IS NULL
)
INSERT INTO contact_hold (municipality_id, hold_id, addressee_no, purpose, claim_group, kind, since, until, exempt_id,
                          record_id)
VALUES (%(city)s, %(hold)s, %(person)s, %(purpose)s, %(group)s, %(kind)s, %(since)s, %(until)s, %(exempt)s, %(record)s)
"""


def release(conn: Connection, municipality_id: int, hold_id: UUID, at: datetime, why: str) -> bool:
    """Lift one hold. False: it was lifted already."""
    return _release(conn, municipality_id, ContactHold.hold_id == hold_id, at, why) > 0


def release_of_record(
    conn: Connection, municipality_id: int, record_id: UUID, kind: HoldKind, at: datetime, why: str
) -> int:
    """Lift the hold of one kind that came from one contact record (its request was dealt with)."""
    which = (ContactHold.record_id == record_id) & (ContactHold.kind == kind)
    return _release(conn, municipality_id, which, at, why)


def let_end(conn: Connection, municipality_id: int, record_id: UUID, kind: HoldKind, until: datetime) -> None:
    """Give the standing hold of one kind that came from one contact record an end."""
    conn.execute(
        update(ContactHold)
        .where(
            ContactHold.municipality_id == municipality_id,
            ContactHold.record_id == record_id,
            ContactHold.kind == kind,
            ContactHold.released_at.is_(None),
        )
        .values(until=until)
    )


def standing(conn: Connection, municipality_id: int, addressee_no: str, now: datetime) -> list[Hold]:
    """Holds on a person that stand at `now`, in order of their beginning."""
    rows = conn.execute(
        select(
            ContactHold.hold_id,
            ContactHold.addressee_no,
            ContactHold.purpose,
            ContactHold.claim_group,
            ContactHold.kind,
            ContactHold.since,
            ContactHold.until,
            ContactHold.exempt_id,
            ContactHold.record_id,
        )
        .where(
            ContactHold.municipality_id == municipality_id,
            ContactHold.addressee_no == addressee_no,
            ContactHold.released_at.is_(None),
            ContactHold.since <= now,
            or_(ContactHold.until.is_(None), ContactHold.until > now),
        )
        .order_by(ContactHold.since, ContactHold.hold_id)
    )
    return [Hold(*row[:4], HoldKind(row.kind), *row[5:]) for row in rows]


def _release(conn: Connection, municipality_id: int, which: ColumnElement[bool], at: datetime, why: str) -> int:
    changed = conn.execute(
        update(ContactHold)
        .where(ContactHold.municipality_id == municipality_id, ContactHold.released_at.is_(None), which)
        .values(released_at=at, released_why=why)
    )
    return changed.rowcount

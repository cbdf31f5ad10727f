"""再コール予約: a call the resident was promised, for one operator or for the room. It goes before list order (I10).

booked → calling → done; back to booked after 話中; missed when nobody called, or nobody answered. While it is booked a
hold keeps every other 催告 contact away from the person; only the booked call itself passes (`exempt_id`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.ids import Ids

OWN_GRACE = timedelta(minutes=15)
"""So long only the operator named in the booking gets it; then it is the room's."""


@dataclass(frozen=True, slots=True)
class RecallWish:
    """What was agreed on the phone. `operator_id` None: whoever is free."""

    call_at: datetime
    phone_id: UUID
    operator_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as stored."""

    recall_id: UUID
    addressee_no: str
    phone_id: UUID
    purpose: str
    claim_group: str
    campaign_id: UUID | None
    call_at: datetime
    operator_id: UUID | None
    note: str
    record_id: UUID | None
    state: str


def book(
    conn: Connection,
    municipality_id: int,
    *,
    addressee_no: str,
    purpose: str,
    claim_group: str,
    wish: RecallWish,
    now: datetime,
    ids: Ids,
    campaign_id: UUID | None = None,
    record_id: UUID | None = None,
) -> UUID:
    """Book a call and hold back every other contact until then. An earlier booking of the same case is replaced."""
    raise NotImplementedError


def due(
    conn: Connection, municipality_id: int, now: datetime, *, operator_id: UUID | None = None, limit: int = 100
) -> list[Booked]:
    """Bookings whose time has come, oldest first.

    With an operator: his own, and those of the room; another's come to him after OWN_GRACE. Without: those of the room
    (nobody's, or past OWN_GRACE).
    """
    raise NotImplementedError


def upcoming(
    conn: Connection, municipality_id: int, *, until: datetime, operator_id: UUID | None = None
) -> list[Booked]:
    """Open bookings up to a moment, in order of time; with an operator only his own and the room's."""
    raise NotImplementedError


def start(conn: Connection, municipality_id: int, recall_id: UUID) -> bool:
    """booked → calling, in the transaction that admits the attempt. False: somebody else took it."""
    raise NotImplementedError


def done(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """The resident was reached: close it and lift its hold. False: it was closed already."""
    raise NotImplementedError


def put_back(conn: Connection, municipality_id: int, recall_id: UUID, call_at: datetime) -> bool:
    """calling → booked for a little later (話中, network trouble, refused by the gate for the moment)."""
    raise NotImplementedError


def missed(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """Called in vain, or never called: close it as missed and lift its hold, so that the ordinary rules go on."""
    raise NotImplementedError


def cancel(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """The resident or the room no longer wants it."""
    raise NotImplementedError


def sweep_missed(conn: Connection, city: City, now: datetime) -> list[UUID]:
    """Close as missed whatever was booked for an earlier day and never reached; the worker calls it each morning."""
    raise NotImplementedError

"""再コール予約: a call the resident was promised, for one operator or for the room. It goes before list order (I10).

booked → calling → done; back to booked after 話中; missed when nobody called, or nobody answered. While it is booked a
hold keeps every other 催告 contact away from the person; only the booked call itself passes (`exempt_id`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, or_, select, update

from callflow.tables import Recall
from casefile import holds
from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.ids import Ids
from casefile.vocabulary import HoldKind

OWN_GRACE = timedelta(minutes=15)
"""So long only the operator named in the booking gets it; then it is the room's."""


class RecallState(StrEnum):
    """Where a booking stands."""

    BOOKED = "booked"
    CALLING = "calling"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


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
    """Book a call and hold back every other contact until then. An earlier booking of the same case is replaced.

    The hold ends by itself at midnight after the booked day, so that a booking nobody swept up silences no case.
    """
    cancel_of_case(conn, municipality_id, addressee_no=addressee_no, purpose=purpose, claim_group=claim_group, now=now)
    recall_id = ids.new()
    conn.execute(
        insert(Recall),
        {
            "municipality_id": municipality_id,
            "recall_id": recall_id,
            "addressee_no": addressee_no,
            "phone_id": wish.phone_id,
            "purpose": purpose,
            "claim_group": claim_group,
            "campaign_id": campaign_id,
            "call_at": wish.call_at,
            "operator_id": wish.operator_id,
            "note": wish.note,
            "record_id": record_id,
            "state": RecallState.BOOKED.value,
            "created_at": now,
            "closed_at": None,
        },
    )
    holds.place(
        conn,
        municipality_id,
        addressee_no=addressee_no,
        purpose=purpose,
        claim_group=claim_group,
        kind=HoldKind.RECALL,
        since=now,
        until=at_jst(jst_date(wish.call_at) + timedelta(days=1)),
        ids=ids,
        exempt_id=recall_id,
        record_id=record_id,
    )
    return recall_id


def due(
    conn: Connection, municipality_id: int, now: datetime, *, operator_id: UUID | None = None, limit: int = 100
) -> list[Booked]:
    """Bookings whose time has come, oldest first.

    With an operator: his own, and those of the room; another's come to him after OWN_GRACE. Without: those of the room
    (nobody's, or past OWN_GRACE).
    """
    for_anybody = or_(Recall.operator_id.is_(None), Recall.call_at <= now - OWN_GRACE)
    mine = for_anybody if operator_id is None else or_(for_anybody, Recall.operator_id == operator_id)
    return _booked(conn, municipality_id, (Recall.call_at <= now) & mine, limit)


def upcoming(
    conn: Connection, municipality_id: int, *, until: datetime, operator_id: UUID | None = None, limit: int = 500
) -> list[Booked]:
    """Open bookings up to a moment, in order of time; with an operator only his own and the room's."""
    which = Recall.call_at <= until
    if operator_id is not None:
        which &= or_(Recall.operator_id.is_(None), Recall.operator_id == operator_id)
    return _booked(conn, municipality_id, which, limit)


def due_and_next(conn: Connection, municipality_id: int, now: datetime) -> tuple[list[Booked], datetime | None]:
    """Every booking whose time has come, whoever's it is, oldest first; and when the next one's will have."""
    overdue, next_at = conn.execute(_WAITING, {"city": municipality_id, "now": now}).one()
    return _booked(conn, municipality_id, Recall.call_at <= now, overdue) if overdue else [], next_at


def of_person(conn: Connection, municipality_id: int, addressee_no: str) -> list[Booked]:
    """Open bookings of a person, for the neutral card: their notes are shown before the identity check."""
    return _booked(conn, municipality_id, Recall.addressee_no == addressee_no, 20)


def start(conn: Connection, municipality_id: int, recall_id: UUID) -> bool:
    """booked → calling, in the transaction that admits the attempt. False: somebody else took it."""
    return _move(conn, municipality_id, recall_id, (RecallState.BOOKED,), state=RecallState.CALLING.value)


def done(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """The resident was reached: close it and lift its hold. False: it was closed already."""
    return _close(conn, municipality_id, recall_id, RecallState.DONE, now, "再コール済")


def put_back(conn: Connection, municipality_id: int, recall_id: UUID, call_at: datetime) -> bool:
    """calling → booked for a little later (話中, network trouble, refused by the gate for the moment).

    Keep `call_at` on the booked day; the hold ends with it.
    """
    values = {"state": RecallState.BOOKED.value, "call_at": call_at}
    return _move(conn, municipality_id, recall_id, (RecallState.BOOKED, RecallState.CALLING), **values)


def missed(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """Called in vain, or never called: close it as missed and lift its hold, so that the ordinary rules go on."""
    return _close(conn, municipality_id, recall_id, RecallState.MISSED, now, "再コール不成立")


def cancel(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """The resident or the room no longer wants it."""
    return _close(conn, municipality_id, recall_id, RecallState.CANCELLED, now, "再コール取消")


def cancel_of_case(
    conn: Connection, municipality_id: int, *, addressee_no: str, purpose: str, claim_group: str, now: datetime
) -> int:
    """Cancel every open booking of a case, because it was spoken with or a new one is made; returns how many."""
    case = {"city": municipality_id, "person": addressee_no, "purpose": purpose, "group": claim_group}
    open_ones = conn.scalars(_OPEN_OF_CASE, case).all()
    return sum(cancel(conn, municipality_id, recall_id, now) for recall_id in open_ones)


def sweep_missed(conn: Connection, city: City, now: datetime) -> list[UUID]:
    """Close as missed whatever was booked for an earlier day and never reached; the worker calls it each morning."""
    passed = conn.scalars(
        select(Recall.recall_id)
        .where(
            Recall.municipality_id == city.id,
            Recall.state.in_((RecallState.BOOKED, RecallState.CALLING)),
            Recall.call_at < at_jst(jst_date(now)),
        )
        .order_by(Recall.call_at, Recall.recall_id)
    ).all()
    return [recall_id for recall_id in passed if missed(conn, city.id, recall_id, now)]


_COLUMNS = (
    Recall.recall_id,
    Recall.addressee_no,
    Recall.phone_id,
    Recall.purpose,
    Recall.claim_group,
    Recall.campaign_id,
    Recall.call_at,
    Recall.operator_id,
    Recall.note,
    Recall.record_id,
    Recall.state,
)


# Asked after every talk: built once.
_WAITING = select(
    func.count().filter(Recall.call_at <= bindparam("now")),
    func.min(Recall.call_at).filter(Recall.call_at > bindparam("now")),
).where(Recall.municipality_id == bindparam("city"), Recall.state == RecallState.BOOKED)
_OPEN_OF_CASE = (
    select(Recall.recall_id)
    .where(
        Recall.municipality_id == bindparam("city"),
        Recall.state == RecallState.BOOKED,
        Recall.addressee_no == bindparam("person"),
        Recall.purpose == bindparam("purpose"),
        Recall.claim_group == bindparam("group"),
    )
    .order_by(Recall.call_at, Recall.recall_id)
)


def _booked(conn: Connection, municipality_id: int, which: ColumnElement[bool], limit: int) -> list[Booked]:
    rows = conn.execute(
        select(*_COLUMNS)
        .where(Recall.municipality_id == municipality_id, Recall.state == RecallState.BOOKED, which)
        .order_by(Recall.call_at, Recall.recall_id)
        .limit(limit)
    )
    return [Booked(*row) for row in rows]


def _close(
    conn: Connection, municipality_id: int, recall_id: UUID, state: RecallState, now: datetime, why: str
) -> bool:
    open_states = (RecallState.BOOKED, RecallState.CALLING)
    closed = _move(conn, municipality_id, recall_id, open_states, state=state.value, closed_at=now)
    if closed:
        holds.release_exempting(conn, municipality_id, recall_id, now, why)
    return closed


def _move(
    conn: Connection, municipality_id: int, recall_id: UUID, states: tuple[RecallState, ...], **values: Any
) -> bool:
    changed = conn.execute(
        update(Recall)
        .where(Recall.municipality_id == municipality_id, Recall.recall_id == recall_id, Recall.state.in_(states))
        .values(**values)
    )
    return changed.rowcount > 0

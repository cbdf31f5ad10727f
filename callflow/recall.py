"""再コール予約: a call the resident was promised, for one operator or for the room. It goes before list order (I10).

booked → calling → done; back to booked after 話中; missed when nobody called, or nobody answered. While it is booked a
hold keeps every other 催告 contact away from the person; only the booked call itself passes (`exempt_id`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from callflow.tables import Recall
from casefile import holds
from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.ids import Ids
from casefile.vocabulary import HoldKind

_CANCELLED = "再コール取消"
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


@dataclass(frozen=True, slots=True)
class DueCall:
    """A booking whose time has come, as the dialer needs it. `e164` None: its number is no longer one we can dial."""

    recall_id: UUID
    addressee_no: str
    household_id: str
    phone_id: UUID
    e164: str | None
    purpose: str
    claim_group: str
    campaign_id: UUID | None
    operator_id: UUID | None
    call_at: datetime


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


def due_and_next(conn: Connection, municipality_id: int, now: datetime) -> tuple[list[DueCall], datetime | None]:
    """Every booking whose time has come, whoever's it is, oldest first; and when the next one's will have."""
    calls = [DueCall(*row) for row in conn.exec_driver_sql(_DUE_AND_NEXT, {"city": municipality_id, "now": now})]
    later = [call.call_at for call in calls if call.call_at > now]
    return [call for call in calls if call.call_at <= now], min(later, default=None)


def of_person(conn: Connection, municipality_id: int, addressee_no: str) -> list[Booked]:
    """Open bookings of a person, for the neutral card: their notes are shown before the identity check."""
    return _booked(conn, municipality_id, Recall.addressee_no == addressee_no, 20)


def start(conn: Connection, municipality_id: int, recall_id: UUID) -> bool:
    """booked → calling, in the transaction that admits the attempt. False: somebody else took it."""
    return bool(conn.exec_driver_sql(_START, {"city": municipality_id, "recall": recall_id}).rowcount)


def done(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """The resident was reached: close it and lift its hold. False: it was closed already."""
    return _close(conn, municipality_id, recall_id, RecallState.DONE, now, "再コール済")


def put_back(conn: Connection, municipality_id: int, recall_id: UUID, call_at: datetime) -> bool:
    """calling → booked for a little later (話中, network trouble, refused by the gate for the moment).

    Keep `call_at` on the booked day; the hold ends with it.
    """
    values = {"city": municipality_id, "recall": recall_id, "call_at": call_at}
    return bool(conn.exec_driver_sql(_PUT_BACK, values).rowcount)


def missed(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """Called in vain, or never called: close it as missed and lift its hold, so that the ordinary rules go on."""
    return _close(conn, municipality_id, recall_id, RecallState.MISSED, now, "再コール不成立")


def cancel(conn: Connection, municipality_id: int, recall_id: UUID, now: datetime) -> bool:
    """The resident or the room no longer wants it."""
    return _close(conn, municipality_id, recall_id, RecallState.CANCELLED, now, _CANCELLED)


def cancel_of_case(
    conn: Connection, municipality_id: int, *, addressee_no: str, purpose: str, claim_group: str, now: datetime
) -> int:
    """Cancel every open booking of a case, because it was spoken with or a new one is made; returns how many."""
    case = {"city": municipality_id, "person": addressee_no, "purpose": purpose, "group": claim_group}
    change = {"state": RecallState.CANCELLED.value, "now": now, "why": _CANCELLED}
    return len(conn.exec_driver_sql(_CANCEL_OF_CASE, case | change).all())


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


# Asked after every talk. What is due, and what falls due next: at one moment perhaps several.
_DUE_AND_NEXT = """
SELECT r.recall_id, r.addressee_no, t.household_id, r.phone_id, p.e164, r.purpose, r.claim_group, r.campaign_id,
       r.operator_id, r.call_at
  FROM recall r
  JOIN taxpayer t ON t.municipality_id = r.municipality_id AND t.addressee_no = r.addressee_no
  LEFT JOIN phone p ON p.municipality_id = r.municipality_id AND p.phone_id = r.phone_id
 WHERE r.municipality_id = %(city)s AND r.state = 'booked'
   AND r.call_at <= coalesce((SELECT min(n.call_at) FROM recall n
                               WHERE n.municipality_id = %(city)s AND n.state = 'booked' AND n.call_at > %(now)s), %(now)s)
 ORDER BY r.call_at, r.recall_id
"""
_START = """
UPDATE recall SET state = 'calling' WHERE municipality_id = %(city)s AND recall_id = %(recall)s AND state = 'booked'
"""
_PUT_BACK = """
UPDATE recall SET state = 'booked', call_at = %(call_at)s
 WHERE municipality_id = %(city)s AND recall_id = %(recall)s AND state IN ('booked', 'calling')
"""
# A booking and the hold that kept its time free end together.
_END = """
WITH closed AS (
    UPDATE recall SET state = %(state)s, closed_at = %(now)s
     WHERE municipality_id = %(city)s AND {which} RETURNING recall_id, addressee_no
), lifted AS (
    UPDATE contact_hold h SET released_at = %(now)s, released_why = %(why)s FROM closed
     WHERE h.municipality_id = %(city)s AND h.addressee_no = closed.addressee_no AND h.exempt_id = closed.recall_id
       AND h.released_at IS NULL
)
SELECT recall_id FROM closed
"""
_CLOSE = _END.format(which="recall_id = %(recall)s AND state IN ('booked', 'calling')")
_CANCEL_OF_CASE = _END.format(
    which="addressee_no = %(person)s AND purpose = %(purpose)s AND claim_group = %(group)s AND state = 'booked'"
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
    """Close a booking and lift its hold; False: it was closed already."""
    values = {"city": municipality_id, "recall": recall_id, "state": state.value, "now": now, "why": why}
    return conn.exec_driver_sql(_CLOSE, values).first() is not None

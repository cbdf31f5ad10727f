"""What a new epoch finds: the floor's lock, its seats, and the calls a former engine left behind."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, or_, select, update

from callflow.events import Listening
from callflow.states import CallState
from callflow.tables import CallTransition
from casefile.city import City
from casefile.errors import TsunagaruError
from casefile.tables import Attempt
from dialer.messages import Caller, CallRow, Candidate, ListeningRow, Restored, SeatRow
from dialer.pull import PullTally
from dialer.recording_terms import terms_at
from dialer.tables import Floor, ListeningIn, Seat

_TOLD_AGAIN = timedelta(days=7)
"""No node remembers a caller for longer."""

_STATE = {
    "intended": CallState.ADMITTED,
    "handed": CallState.DIALING,
    "answered": CallState.LISTENING,
    "joined": CallState.TALKING,
    "unknown": CallState.UNKNOWN,
    "ended": CallState.WRAPUP,
}


def lock_key(municipality_id: int, floor_id: UUID) -> int:
    """The advisory lock of a floor: a signed 64-bit number nothing else in the house uses."""
    digest = hashlib.sha256(f"floor:{municipality_id}:{floor_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def begin_epoch(conn: Connection, floor_id: UUID, now: datetime) -> int:
    """Raise the floor's epoch: whoever dials in an older one is refused by the gate. Raises TsunagaruError."""
    epoch = conn.execute(
        update(Floor)
        .where(Floor.floor_id == floor_id)
        .values(epoch=Floor.epoch + 1, engine_started_at=now, engine_seen_at=now)
        .returning(Floor.epoch)
    ).scalar()
    if epoch is None:
        raise TsunagaruError("指定されたフロアは登録されていません。フロアを作成してから起動してください。")
    return epoch


def restored(conn: Connection, city: City, floor_id: UUID, now: datetime) -> Restored:
    """The seats and calls of the floor, as their rows say."""
    seats = [
        _seat(row) for row in conn.execute(select(Seat).where(Seat.floor_id == floor_id).order_by(Seat.operator_id))
    ]
    held = [seat.attempt_id for seat in seats if seat.attempt_id is not None and seat.part is None]
    held += [seat.put_off for seat in seats if seat.put_off is not None]
    rows = conn.execute(
        select(Attempt)
        .where(
            Attempt.channel == "call",
            or_(
                (Attempt.floor_id == floor_id) & Attempt.live.is_(True),
                Attempt.attempt_id.in_(held)
                & (Attempt.state == "ended")
                & Attempt.connected_at.is_not(None)
                & Attempt.wrapped_up_at.is_(None),
            ),
        )
        .order_by(Attempt.intended_at, Attempt.attempt_id)
    ).all()
    last = {
        row.attempt_id: row.seq
        for row in conn.execute(
            select(CallTransition.attempt_id, func.max(CallTransition.seq).label("seq"))
            .where(CallTransition.attempt_id.in_([row.attempt_id for row in rows]))
            .group_by(CallTransition.attempt_id)
            .order_by(CallTransition.attempt_id)
        )
    }
    calls = tuple(_call(conn, city, row, last.get(row.attempt_id, 0) + 1) for row in rows)
    return Restored(now, tuple(seats), calls, _listening(conn, floor_id))


def callers_entered(conn: Connection, now: datetime) -> frozenset[UUID]:
    """Callers of the last days who are in the ledger already, whom the nodes tell a new engine of all the same."""
    entered = conn.scalars(
        select(Attempt.attempt_id)
        .where(Attempt.direction == "inbound", Attempt.intended_at >= now - _TOLD_AGAIN)
        .order_by(Attempt.attempt_id)
    )
    return frozenset(entered)


def _listening(conn: Connection, floor_id: UUID) -> tuple[ListeningRow, ...]:
    rows = conn.execute(
        select(
            ListeningIn.supervisor_id,
            ListeningIn.operator_id,
            ListeningIn.attempt_id,
            ListeningIn.how,
            ListeningIn.since,
        )
        .where(ListeningIn.floor_id == floor_id)
        .order_by(ListeningIn.supervisor_id)
    )
    return tuple(
        ListeningRow(row.supervisor_id, row.operator_id, row.attempt_id, Listening(row.how), row.since) for row in rows
    )


def _seat(row: Any) -> SeatRow:
    return SeatRow(
        row.operator_id,
        row.state,
        row.since,
        row.pause_reason,
        row.attempt_id,
        row.campaign_id,
        row.assigned_campaign_id,
        None,
        row.pausing,
        row.part,
        row.put_off_attempt_id,
        row.put_off_at,
        PullTally(row.calls_on, row.calls, row.pulled, row.pulled_last),
    )


def _call(conn: Connection, city: City, row: Any, next_seq: int) -> CallRow:
    return CallRow(
        row.attempt_id,
        _caller(conn, city, row) if row.direction == "inbound" else _candidate(row),
        row.intended_at,
        row.handed_at is not None,
        next_seq,
        _STATE[row.state],
        row.operator_id,
    )


def _caller(conn: Connection, city: City, row: Any) -> Caller:
    """Without the operator and the skills looked for at first: they have waited long enough for anybody."""
    return Caller(
        purpose=row.purpose,
        claim_group=row.claim_group,
        e164=row.e164,
        addressee_no=row.addressee_no,
        household_id=row.household_id,
        phone_id=row.phone_id,
        persons=int(row.addressee_no is not None),
        recording=terms_at(conn, city, None, row.intended_at).mode,
    )


def _candidate(row: Any) -> Candidate:
    return Candidate(
        campaign_id=row.campaign_id,
        purpose=row.purpose,
        claim_group=row.claim_group,
        addressee_no=row.addressee_no,
        household_id=row.household_id,
        phone_id=row.phone_id,
        e164=row.e164,
        answer_probability=0.0,
        recall_id=row.recall_id,
    )

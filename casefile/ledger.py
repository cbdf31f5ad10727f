"""What becomes of an attempt after the gate let it through: each step a guarded change, refused in the wrong state.

Every function that changes one attempt answers False, and changes nothing, when the attempt is not in a state from
which the step leads on; an ended attempt never comes alive again (a trigger guards that too).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from casefile.tables import Attempt

HANDOVER_SECONDS = 3
"""An intent not handed to its carrier within this time is closed as 15 (規則), never dialed (DESIGN.md §2)."""
STOPPED_BY_RULE = "15"
CONGESTION = "12"
INVALID_NUMBER = "11"
BUSY = "02"
NOT_COUNTED = (INVALID_NUMBER, CONGESTION, STOPPED_BY_RULE)
"""架電結果 that never reached the network and so count toward no cap (DOMAIN.md §2.10)."""

_ON_THE_WAY = ("intended", "handed", "unknown")


@dataclass(frozen=True, slots=True)
class LiveAttempt:
    """An attempt whose end is not known yet."""

    attempt_id: UUID
    channel: str
    direction: str
    state: str
    addressee_no: str | None
    phone_id: UUID | None
    e164: str | None
    campaign_id: UUID | None
    recall_id: UUID | None
    purpose: str
    claim_group: str
    mode: str
    attempt_no: int
    epoch: int | None
    operator_id: UUID | None
    intended_at: datetime
    handed_at: datetime | None
    answered_at: datetime | None
    connected_at: datetime | None
    unknown_since: datetime | None


def hand(conn: Connection, attempt_id: UUID, at: datetime) -> bool:
    """The carrier or gateway has taken it. An unknown one that turns out to be ringing is handed, too."""
    return _step(conn, attempt_id, ("intended", "unknown"), state="handed", handed_at=at, unknown_since=None)


def answered(
    conn: Connection, attempt_id: UUID, at: datetime, *, speech_at: datetime | None = None, person: bool | None = None
) -> bool:
    """The line was taken up. `person`: whether a person is there (有人応答), None while nothing was heard yet."""
    values: dict[str, Any] = {"state": "answered", "answered_at": at, "unknown_since": None}
    if speech_at is not None:
        values["speech_at"] = speech_at
    if person is not None:
        values["person_answered"] = person
    return _step(conn, attempt_id, _ON_THE_WAY, **values)


def heard(conn: Connection, attempt_id: UUID, at: datetime, *, person: bool) -> bool:
    """What was heard on an answered line: a person, or a machine, FAX or announcement."""
    return _step(conn, attempt_id, ("answered", "joined"), speech_at=at, person_answered=person)


def joined(conn: Connection, attempt_id: UUID, at: datetime, operator_id: UUID) -> bool:
    """An operator and the resident hear each other (通話)."""
    states = (*_ON_THE_WAY, "answered")
    values = {"state": "joined", "connected_at": at, "operator_id": operator_id, "unknown_since": None}
    return _step(conn, attempt_id, states, **values)


def end(
    conn: Connection,
    attempt_id: UUID,
    at: datetime,
    *,
    result: str | None,
    cause: str | None,
    counted: bool = True,
    abandoned: bool = False,
    person_answered: bool | None = None,
) -> bool:
    """The line is free. `counted` False only with a result of NOT_COUNTED, which a constraint guards.

    `abandoned`: a person answered and no operator was joined in time (放棄呼).
    """
    values: dict[str, Any] = {"state": "ended", "live": False, "ended_at": at, "result": result, "cause": cause}
    values |= {"counted": counted, "abandoned": abandoned, "unknown_since": None}
    if person_answered is not None:
        values["person_answered"] = person_answered
    return _step(conn, attempt_id, (*_ON_THE_WAY, "answered", "joined"), **values)


def amend_result(conn: Connection, attempt_id: UUID, result: str, *, person_answered: bool) -> bool:
    """The operator corrects what the network reported of a finished call (a machine taken for a person, say).

    False for a result that would take the call out of the caps again: that only its end may say.
    """
    if result in (BUSY, *NOT_COUNTED):
        return False
    return _step(conn, attempt_id, ("ended",), result=result, person_answered=person_answered)


def wrapped_up(conn: Connection, attempt_id: UUID, at: datetime) -> bool:
    """The operator has finished the work after the call."""
    return _changed(conn, and_(Attempt.attempt_id == attempt_id, Attempt.wrapped_up_at.is_(None)), wrapped_up_at=at)


def assign(conn: Connection, attempt_id: UUID, operator_id: UUID) -> bool:
    """Reserve an operator for a live attempt before it is joined."""
    return _changed(conn, and_(Attempt.attempt_id == attempt_id, Attempt.live), operator_id=operator_id)


def take_inbound(
    conn: Connection,
    municipality_id: int,
    attempt_id: UUID,
    at: datetime,
    *,
    e164: str | None,
    purpose: str,
    claim_group: str,
    addressee_no: str | None = None,
    household_id: str | None = None,
    phone_id: UUID | None = None,
    line_type: str | None = None,
    floor_id: UUID | None = None,
    epoch: int | None = None,
) -> bool:
    """Enter a call-back (返電). It needs no decision of the gate, counts toward no cap and asks for no household.

    False where it is entered already, by whichever floor.
    """
    entered = conn.execute(
        insert(Attempt)
        .values(
            municipality_id=municipality_id,
            attempt_id=attempt_id,
            channel="call",
            direction="inbound",
            purpose=purpose,
            claim_group=claim_group,
            addressee_no=addressee_no,
            household_id=household_id,
            phone_id=phone_id,
            e164=e164,
            line_type=line_type,
            attempt_no=0,
            mode="inbound",
            floor_id=floor_id,
            epoch=epoch,
            state="handed",
            live=True,
            counted=False,
            intended_at=at,
            handed_at=at,
            person_answered=False,
            abandoned=False,
        )
        .on_conflict_do_nothing()
        .returning(Attempt.attempt_id)
    )
    return entered.one_or_none() is not None


def lives(conn: Connection, attempt_id: UUID) -> bool | None:
    """Whether an attempt's end is not known yet; None where there is no such attempt."""
    return conn.scalar(select(Attempt.live).where(Attempt.attempt_id == attempt_id))


def match_inbound(
    conn: Connection, attempt_id: UUID, addressee_no: str, household_id: str, phone_id: UUID | None = None
) -> bool:
    """Say whose call-back it is, once found; a match once made stays."""
    return _changed(
        conn,
        and_(Attempt.attempt_id == attempt_id, Attempt.direction == "inbound", Attempt.addressee_no.is_(None)),
        addressee_no=addressee_no,
        household_id=household_id,
        phone_id=phone_id,
    )


def live_attempts(conn: Connection, floor_id: UUID) -> list[LiveAttempt]:
    """Every attempt of a floor whose end is not known, oldest first."""
    columns = [getattr(Attempt, name) for name in LiveAttempt.__slots__]
    rows = conn.execute(
        select(*columns)
        .where(Attempt.floor_id == floor_id, Attempt.live)
        .order_by(Attempt.intended_at, Attempt.attempt_id)
    )
    return [LiveAttempt(*row) for row in rows]


def mark_unknown(conn: Connection, floor_id: UUID, epoch: int, at: datetime) -> list[LiveAttempt]:
    """An engine took the floor over as `epoch`: what earlier engines left alive is unknown until reconciled.

    Gives every unknown attempt of the floor, oldest first.
    """
    _changed(
        conn,
        and_(
            Attempt.floor_id == floor_id,
            Attempt.live,
            Attempt.state != "unknown",
            or_(Attempt.epoch.is_(None), Attempt.epoch < epoch),
        ),
        state="unknown",
        unknown_since=at,
    )
    return [attempt for attempt in live_attempts(conn, floor_id) if attempt.state == "unknown"]


def make_unknown(conn: Connection, attempt_id: UUID, at: datetime) -> bool:
    """Nobody can say what became of this attempt (a time-out); it stays live until reconciled."""
    return _step(conn, attempt_id, ("intended", "handed", "answered", "joined"), state="unknown", unknown_since=at)


def close_unhanded(conn: Connection, now: datetime, *, floor_id: UUID | None = None) -> list[UUID]:
    """Close calls that were intended more than HANDOVER_SECONDS ago and never handed over; they must not be dialed.

    Gives their ids in order of intent. The caller tells its carrier to forget them.
    """
    stale: list[ColumnElement[bool]] = [
        Attempt.live.is_(True),
        Attempt.channel == "call",
        Attempt.state == "intended",
        Attempt.intended_at < now - timedelta(seconds=HANDOVER_SECONDS),
    ]
    if floor_id is not None:
        stale.append(Attempt.floor_id == floor_id)
    due = conn.execute(select(Attempt.attempt_id).where(*stale).order_by(Attempt.intended_at, Attempt.attempt_id))
    return [
        attempt_id
        for attempt_id in due.scalars().all()
        if end(conn, attempt_id, now, result=STOPPED_BY_RULE, cause="not_handed", counted=False)
    ]


def _step(conn: Connection, attempt_id: UUID, states: tuple[str, ...], **values: Any) -> bool:
    return bool(conn.exec_driver_sql(_step_text(states, tuple(values)), values | {"attempt": attempt_id}).rowcount)


@cache
def _step_text(states: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """One text for each kind of step: a call takes several, and they are not built anew each time."""
    changes = ", ".join(f"{column} = %({column})s" for column in columns)
    leads_on = ", ".join(f"'{state}'" for state in states)
    return f"UPDATE attempt SET {changes} WHERE attempt_id = %(attempt)s AND state IN ({leads_on})"  # noqa: S608 (ours)


def _changed(conn: Connection, where: ColumnElement[bool], **values: Any) -> bool:
    return bool(conn.execute(update(Attempt).where(where).values(**values)).rowcount)

"""The books of recordings: what is kept, until when, what stops its deletion, what was deleted. Rows only; no file is touched.

Everything works in the caller's transaction of one municipality.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from uuid import UUID

from sqlalchemy import Connection, Row, Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from casefile import audit
from casefile.city import City
from casefile.clock import jst_date
from casefile.flags import FlagCode
from casefile.ids import Ids
from casefile.tables import Attempt, ContactRecord, TaxpayerFlag
from casefile.vocabulary import Labelled
from dialer.asterisk.recording.container import Label
from dialer.recording_terms import terms_of_attempt
from dialer.tables import Recording


class HoldKind(Labelled):
    """Why a recording is kept past its time."""

    OBJECTION = "objection", "不服申立て"
    COMPLAINT = "complaint", "苦情"
    OTHER = "other", "その他の保全"


class RecordingState(Labelled):
    KEPT = "kept", "保管中"
    DELETING = "deleting", "削除中"
    DELETED = "deleted", "削除済"


class Entered(Enum):
    """What becomes of a file that arrived."""

    KEPT = "kept"
    """It stands in the books and is to be kept."""
    DELETED = "deleted"
    """A node brought it once more after its time was over: the books say it is gone, so it goes."""
    STRANGE = "strange"
    """Its call is not this municipality's, or another recording stands in the books by its id."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording as it stands in the books. `hold` None: nothing stops its deletion once `keep_until` is over."""

    recording_id: UUID
    attempt_id: UUID
    addressee_no: str | None
    purpose: str
    claim_group: str
    operator_id: UUID | None
    node: str
    began_at: datetime
    ended_at: datetime
    milliseconds: int
    size_bytes: int
    sha256: str
    key_id: str
    keep_until: date
    state: RecordingState
    deleted_at: datetime | None
    hold: HoldKind | None
    hold_reason: str | None


def enter(conn: Connection, city: City, label: Label, sha256: str, size_bytes: int, now: datetime) -> Entered:
    """Enter a recording that arrived; the same one twice is entered once."""
    facts = label.facts
    terms = terms_of_attempt(conn, city, facts.attempt_id)
    if terms is None:
        return Entered.STRANGE
    conn.execute(
        insert(Recording)
        .values(
            municipality_id=city.id,
            recording_id=facts.recording_id,
            attempt_id=facts.attempt_id,
            node=facts.node,
            began_at=facts.began_at,
            ended_at=facts.ended_at,
            milliseconds=facts.milliseconds,
            size_bytes=size_bytes,
            sha256=sha256,
            key_id=label.key_id,
            entered_at=now,
            keep_until=jst_date(facts.began_at) + timedelta(days=terms.days),
            state=RecordingState.KEPT.value,
        )
        .on_conflict_do_nothing()
    )
    row = conn.execute(
        select(Recording.sha256, Recording.state).where(
            Recording.municipality_id == city.id, Recording.recording_id == facts.recording_id
        )
    ).one()
    if row.sha256 != sha256:
        return Entered.STRANGE
    return Entered.KEPT if row.state == RecordingState.KEPT.value else Entered.DELETED


def of_person(conn: Connection, municipality_id: int, addressee_no: str, purposes: Collection[str]) -> list[Kept]:
    """Recordings of a person's calls within these purposes, newest first, deleted ones included."""
    found = conn.execute(
        _kept(municipality_id)
        .where(Attempt.addressee_no == addressee_no, Attempt.purpose.in_(purposes))
        .order_by(Recording.began_at.desc(), Recording.recording_id)
    )
    return [_read(row) for row in found]


def one(conn: Connection, municipality_id: int, recording_id: UUID) -> Kept | None:
    """One recording of this municipality."""
    row = conn.execute(_kept(municipality_id).where(Recording.recording_id == recording_id)).one_or_none()
    return None if row is None else _read(row)


def hold(
    conn: Connection,
    municipality_id: int,
    recording_id: UUID,
    kind: HoldKind,
    reason: str,
    now: datetime,
    ids: Ids,
    *,
    by: UUID | None,
    actor: str,
) -> bool:
    """Keep a recording until the hold is lifted. False: it is deleted already, or there is none."""
    changed = _change(conn, municipality_id, recording_id, hold=kind.value, hold_reason=reason, held_at=now, held_by=by)
    if changed:
        _note(conn, municipality_id, "recording.hold", recording_id, now, ids, by, actor, kind=kind.value)
    return changed


def lift(
    conn: Connection, municipality_id: int, recording_id: UUID, now: datetime, ids: Ids, *, by: UUID | None, actor: str
) -> bool:
    """Lift a hold: the recording is deleted with the others of its day. False: there is nothing to lift."""
    changed = _change(
        conn, municipality_id, recording_id, hold=None, hold_reason=None, held_at=None, held_by=None, hold_lifted_at=now
    )
    if changed:
        _note(conn, municipality_id, "recording.lift", recording_id, now, ids, by, actor)
    return changed


def hold_complaints(conn: Connection, municipality_id: int, now: datetime, ids: Ids) -> int:
    """Hold the recording of every call whose record is a complaint, unless a person lifted that already."""
    complained = (
        select(ContactRecord.record_id)
        .where(
            ContactRecord.municipality_id == Recording.municipality_id,
            ContactRecord.attempt_id == Recording.attempt_id,
            ContactRecord.complaint,
        )
        .exists()
    )
    found = conn.scalars(
        select(Recording.recording_id)
        .where(
            Recording.municipality_id == municipality_id,
            Recording.state == RecordingState.KEPT.value,
            Recording.hold.is_(None),
            Recording.hold_lifted_at.is_(None),
            complained,
        )
        .order_by(Recording.recording_id)
    ).all()
    for recording_id in found:
        reason = "苦情の申出があった通話"
        hold(conn, municipality_id, recording_id, HoldKind.COMPLAINT, reason, now, ids, by=None, actor="worker")
    return len(found)


def due_for_deletion(conn: Connection, municipality_id: int, now: datetime) -> list[Kept]:
    """Mark and give every recording whose time is over and that nothing holds; those a killed run had begun come again.

    A person whose 不服申立 is flagged today keeps every recording of his calls.
    """
    today = jst_date(now)
    objected = (
        select(TaxpayerFlag.flag_id)
        .join(
            Attempt,
            (Attempt.municipality_id == TaxpayerFlag.municipality_id)
            & (Attempt.addressee_no == TaxpayerFlag.addressee_no),
        )
        .where(
            Attempt.municipality_id == Recording.municipality_id,
            Attempt.attempt_id == Recording.attempt_id,
            TaxpayerFlag.flag_code == FlagCode.OBJECTION.value,
            TaxpayerFlag.valid_from <= today,
            or_(TaxpayerFlag.valid_to.is_(None), TaxpayerFlag.valid_to >= today),
        )
        .exists()
    )
    conn.execute(
        update(Recording)
        .where(
            Recording.municipality_id == municipality_id,
            Recording.state == RecordingState.KEPT.value,
            Recording.keep_until < today,
            Recording.hold.is_(None),
            ~objected,
        )
        .values(state=RecordingState.DELETING.value)
    )
    begun = conn.execute(
        _kept(municipality_id)
        .where(Recording.state == RecordingState.DELETING.value)
        .order_by(Recording.began_at, Recording.recording_id)
    )
    return [_read(row) for row in begun]


def deleted(conn: Connection, municipality_id: int, recording_id: UUID, now: datetime, ids: Ids) -> None:
    """Write down that the file is gone. The row stays: that there was a recording, and when it was deleted."""
    changed = conn.execute(
        update(Recording)
        .where(
            Recording.municipality_id == municipality_id,
            Recording.recording_id == recording_id,
            Recording.state == RecordingState.DELETING.value,
        )
        .values(state=RecordingState.DELETED.value, deleted_at=now)
    )
    if changed.rowcount:
        _note(conn, municipality_id, "recording.delete", recording_id, now, ids, None, "worker")


def _change(conn: Connection, municipality_id: int, recording_id: UUID, **values: object) -> bool:
    held = Recording.hold.is_not(None) if values["hold"] is None else Recording.state == RecordingState.KEPT.value
    changed = conn.execute(
        update(Recording)
        .where(Recording.municipality_id == municipality_id, Recording.recording_id == recording_id, held)
        .values(**values)
    )
    return changed.rowcount > 0


def _kept(municipality_id: int) -> Select[*tuple[object, ...]]:
    return (
        select(
            Recording.recording_id,
            Recording.attempt_id,
            Attempt.addressee_no,
            Attempt.purpose,
            Attempt.claim_group,
            Attempt.operator_id,
            Recording.node,
            Recording.began_at,
            Recording.ended_at,
            Recording.milliseconds,
            Recording.size_bytes,
            Recording.sha256,
            Recording.key_id,
            Recording.keep_until,
            Recording.state,
            Recording.deleted_at,
            Recording.hold,
            Recording.hold_reason,
        )
        .join(
            Attempt,
            (Attempt.municipality_id == Recording.municipality_id) & (Attempt.attempt_id == Recording.attempt_id),
        )
        .where(Recording.municipality_id == municipality_id)
    )


def _read(row: Row[*tuple[object, ...]]) -> Kept:
    plain = row._asdict()
    plain["state"] = RecordingState(plain["state"])
    plain["hold"] = plain["hold"] and HoldKind(plain["hold"])
    return Kept(**plain)


def _note(
    conn: Connection,
    municipality_id: int,
    action: str,
    recording_id: UUID,
    now: datetime,
    ids: Ids,
    by: UUID | None,
    actor: str,
    **detail: str,
) -> None:
    whose = conn.scalar(
        select(Attempt.addressee_no)
        .join(
            Recording,
            (Recording.municipality_id == Attempt.municipality_id) & (Recording.attempt_id == Attempt.attempt_id),
        )
        .where(Recording.municipality_id == municipality_id, Recording.recording_id == recording_id)
    )
    audit.note(
        conn,
        municipality_id,
        ids=ids,
        at=now,
        user_id=by,
        actor=actor,
        action=action,
        addressee_no=whose,
        detail={"recording": str(recording_id), **detail},
    )

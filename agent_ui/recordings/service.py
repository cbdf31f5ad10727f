"""Who may hear what, and that it is written down. No sound leaves without an entry in the audit log before it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select

from agent_ui.context import PanelContext, RecordingShelf
from agent_ui.errors import Forbidden, NotFound, Refused
from agent_ui.identity import SignedIn, note
from agent_ui.recordings.schemas import (
    HoldForm,
    Listening,
    Listens,
    ListenView,
    MissingOfDay,
    MissingView,
    Recordings,
    RecordingView,
)
from agent_ui.recordings.sound import Sound
from casefile import protected
from casefile.city import load_city
from casefile.clock import jst_date
from casefile.person.cautions import is_protected
from casefile.roles import Right
from casefile.tables import AuditEntry, UserAccount
from dialer import recordings
from dialer.asterisk.recording.container import open_sealed
from dialer.recordings import HoldKind, Kept, RecordingState
from reports.missing_recordings import missing_recordings

LISTEN = "recording.listen"
LISTEN_FOR = timedelta(hours=2)
"""How long one listen lasts: the page that asked may play, wind and play again."""
_PAGE = 100
_NO_SHELF = "録音の保管場所が設定されていません。管理者に連絡してください。"


def of_person(context: PanelContext, person: SignedIn, addressee_no: str) -> Recordings:
    """Recordings of a person's calls within this user's purposes, newest first."""
    person.require(Right.RECORDINGS)
    with context.database.transaction(person.municipality_id) as conn:
        _refuse_protected(conn, context, person, addressee_no)
        return _listed(conn, person, addressee_no)


def listen(context: PanelContext, person: SignedIn, recording_id: UUID, reason: str) -> Listening:
    """Write down who listens to what and why; only then is there an address to listen at."""
    with context.database.transaction(person.municipality_id) as conn:
        recording = _allowed(conn, context, person, recording_id)
        if recording.state is not RecordingState.KEPT:
            raise Refused("この録音は保存期間を過ぎたため削除されています。")
        listen_id = context.ids.new()
        detail = {"recording": str(recording_id), "reason": reason, "listen": str(listen_id)}
        note(conn, context, person, LISTEN, recording.addressee_no, detail)
    url = f"/api/recordings/{recording_id}/sound?listen={listen_id}"
    return Listening(listen_id=listen_id, url=url, seconds=recording.milliseconds / 1000)


def sound(context: PanelContext, person: SignedIn, recording_id: UUID, listen_id: UUID) -> Sound:
    """The open recording, for whoever wrote this listen down within the last two hours.

    Raises RecordingDamaged and KeyUnusable with what to do.
    """
    shelf = _shelf(context)
    with context.database.transaction(person.municipality_id) as conn:
        recording = _allowed(conn, context, person, recording_id)
        written = conn.scalar(
            select(AuditEntry.audit_id).where(
                AuditEntry.municipality_id == person.municipality_id,
                AuditEntry.action == LISTEN,
                AuditEntry.user_id == person.user.user_id,
                AuditEntry.at > context.clock.now() - LISTEN_FOR,
                AuditEntry.detail["recording"].astext == str(recording_id),
                AuditEntry.detail["listen"].astext == str(listen_id),
            )
        )
    if written is None:
        raise Forbidden("聴取の記録がないか、時間が過ぎました。理由を入力して、もう一度再生してください。")
    try:
        file = shelf.store.open(recording.recording_id, recording.began_at)
    except FileNotFoundError:
        raise NotFound("録音のファイルが保管場所にありません。管理者に連絡してください。") from None
    try:
        return Sound(file, open_sealed(file, shelf.keys))
    except BaseException:
        file.close()
        raise


def hold(context: PanelContext, person: SignedIn, recording_id: UUID, form: HoldForm) -> Recordings:
    """Keep a recording past its time (不服申立て, 苦情)."""
    with context.database.transaction(person.municipality_id) as conn:
        recording = _allowed(conn, context, person, recording_id)
        held = recordings.hold(
            conn,
            person.municipality_id,
            recording_id,
            HoldKind(form.kind),
            form.reason,
            context.clock.now(),
            context.ids,
            by=person.user.user_id,
            actor=person.user.login,
        )
        if not held:
            raise Refused("この録音はすでに削除されています。")
        return _listed(conn, person, recording.addressee_no or "")


def lift(context: PanelContext, person: SignedIn, recording_id: UUID) -> Recordings:
    """Lift a hold; after its time the recording is deleted."""
    with context.database.transaction(person.municipality_id) as conn:
        recording = _allowed(conn, context, person, recording_id)
        lifted = recordings.lift(
            conn,
            person.municipality_id,
            recording_id,
            context.clock.now(),
            context.ids,
            by=person.user.user_id,
            actor=person.user.login,
        )
        if not lifted:
            raise Refused("この録音は保全されていません。一覧を更新してください。")
        return _listed(conn, person, recording.addressee_no or "")


def listens(context: PanelContext, person: SignedIn, before: datetime | None) -> Listens:
    """Who listened to what, when and why: for auditors."""
    person.require(Right.AUDIT)
    wanted = select(
        AuditEntry.at, AuditEntry.addressee_no, AuditEntry.detail, AuditEntry.actor, UserAccount.display_name
    ).outerjoin(
        UserAccount,
        (UserAccount.municipality_id == AuditEntry.municipality_id) & (UserAccount.user_id == AuditEntry.user_id),
    )
    wanted = wanted.where(AuditEntry.municipality_id == person.municipality_id, AuditEntry.action == LISTEN)
    if before is not None:
        wanted = wanted.where(AuditEntry.at < before)
    with context.database.transaction(person.municipality_id) as conn:
        rows = conn.execute(wanted.order_by(AuditEntry.at.desc(), AuditEntry.audit_id.desc()).limit(_PAGE + 1)).all()
    views = [
        ListenView(
            listen_id=row.detail["listen"],
            at=row.at,
            who=row.display_name or row.actor,
            addressee_no=row.addressee_no,
            recording_id=row.detail["recording"],
            reason=row.detail["reason"],
        )
        for row in rows[:_PAGE]
    ]
    return Listens(listens=views, more=len(rows) > _PAGE)


def missing(context: PanelContext, person: SignedIn, day: date | None) -> MissingOfDay:
    """A day's calls without the recording they should have."""
    person.require(Right.RECORDINGS)
    shelf, now = _shelf(context), context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        city = load_city(conn, person.municipality_id)
        purposes = frozenset(str(purpose) for purpose in person.user.purposes)
        found = missing_recordings(conn, city, day or jst_date(now), now, purposes, shelf.store)
        names = _names(conn, person, {one.operator_id for one in found.missing if one.operator_id})
    views = [
        MissingView(
            attempt_id=one.attempt_id,
            addressee_no=one.addressee_no,
            operator=names.get(one.operator_id, "") if one.operator_id else "",
            connected_at=one.connected_at,
            reason=one.reason.value,
            reason_label=one.reason.label,
        )
        for one in found.missing
    ]
    return MissingOfDay(day=found.day, due=found.due, missing=views)


def _shelf(context: PanelContext) -> RecordingShelf:
    if context.recordings is None:
        raise Refused(_NO_SHELF)
    return context.recordings


def _allowed(conn: Connection, context: PanelContext, person: SignedIn, recording_id: UUID) -> Kept:
    """The recording, if this user may hear it; one of another purpose is not there at all."""
    person.require(Right.RECORDINGS)
    recording = recordings.one(conn, person.municipality_id, recording_id)
    if recording is None or recording.purpose not in person.user.purposes:
        raise NotFound("この録音は見つかりませんでした。")
    if recording.addressee_no is not None:
        _refuse_protected(conn, context, person, recording.addressee_no)
    return recording


def _refuse_protected(conn: Connection, context: PanelContext, person: SignedIn, addressee_no: str) -> None:
    """A voice tells where somebody is: recordings of 支援措置 cases need the opening by four eyes (DOMAIN.md §2.7)."""
    now = context.clock.now()
    if not is_protected(conn, person.municipality_id, addressee_no, jst_date(now)):
        return
    if not protected.is_open_to(conn, person.municipality_id, addressee_no, person.user, now):
        raise Forbidden("支援措置対象者の録音です。案件を開く許可を得てから再生してください。")


def _listed(conn: Connection, person: SignedIn, addressee_no: str) -> Recordings:
    found = recordings.of_person(conn, person.municipality_id, addressee_no, person.user.purposes)
    names = _names(conn, person, {one.operator_id for one in found if one.operator_id})
    heard = _times_heard(conn, person, [one.recording_id for one in found])
    return Recordings(
        recordings=[
            RecordingView(
                recording_id=one.recording_id,
                attempt_id=one.attempt_id,
                began_at=one.began_at,
                seconds=one.milliseconds / 1000,
                operator=names.get(one.operator_id, "") if one.operator_id else "",
                state=one.state.value,
                state_label=one.state.label,
                keep_until=one.keep_until,
                deleted_at=one.deleted_at,
                hold=one.hold and one.hold.value,
                hold_label=one.hold.label if one.hold else "",
                hold_reason=one.hold_reason or "",
                listens=heard.get(str(one.recording_id), 0),
            )
            for one in found
        ]
    )


def _names(conn: Connection, person: SignedIn, users: Collection[UUID]) -> dict[UUID, str]:
    rows = conn.execute(
        select(UserAccount.user_id, UserAccount.display_name).where(
            UserAccount.municipality_id == person.municipality_id, UserAccount.user_id.in_(users)
        )
    )
    return {row.user_id: row.display_name for row in rows}


def _times_heard(conn: Connection, person: SignedIn, of: Collection[UUID]) -> dict[str, int]:
    recording = AuditEntry.detail["recording"].astext
    rows = conn.execute(
        select(recording.label("recording"), func.count().label("times"))
        .where(
            AuditEntry.municipality_id == person.municipality_id,
            AuditEntry.action == LISTEN,
            recording.in_([str(one) for one in of]),
        )
        .group_by(recording)
    )
    return {row.recording: row.times for row in rows}

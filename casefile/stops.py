"""The one switch: stop all dialing and texting of a municipality or a district, and start again."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, exists, insert, or_, select, text, update

from casefile import audit
from casefile.db import Json, wakes_others
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from casefile.tables import ContactStop, District, Taxpayer
from casefile.vocabulary import Labelled


class StopKind(Labelled):
    DISASTER = "disaster", "災害"
    WRONG_DATA = "wrong_data", "誤データ"
    OTHER = "other", "その他"


def stop_contacts(
    conn: Connection,
    municipality_id: int,
    kind: StopKind,
    reason: str,
    now: datetime,
    ids: Ids,
    user_id: UUID | None,
    district_code: str | None = None,
) -> UUID:
    """Stop everything from the next decision of the gate on, with a log entry and word to every supervisor's screen.

    Without a district the whole municipality stands still. Raises TsunagaruError when the reason is empty, the
    district is unknown or the same scope is stopped already.
    """
    if not reason.strip():
        raise TsunagaruError("停止の理由を入力してください。")
    if district_code is not None and not _district_exists(conn, district_code):
        raise TsunagaruError(f"地区コード「{district_code}」は登録されていません。地区を選び直してください。")
    if any(stop.district_code == district_code for stop in open_stops(conn, municipality_id)):
        raise TsunagaruError("この範囲の架電・SMSはすでに停止しています。")
    stop_id = ids.new()
    conn.execute(
        insert(ContactStop).values(
            municipality_id=municipality_id,
            stop_id=stop_id,
            district_code=district_code,
            kind=kind.value,
            reason=reason.strip(),
            started_at=now,
            started_by=user_id,
        )
    )
    detail = {"stop": str(stop_id), "kind": kind.value, "district": district_code, "reason": reason.strip()}
    _announce(conn, municipality_id, "contacts.stopped", detail, now, ids, user_id)
    return stop_id


def resume_contacts(
    conn: Connection, municipality_id: int, stop_id: UUID, now: datetime, ids: Ids, user_id: UUID | None
) -> bool:
    """End a stop. False when there is no such open stop."""
    ended = conn.execute(
        update(ContactStop)
        .where(
            ContactStop.municipality_id == municipality_id,
            ContactStop.stop_id == stop_id,
            ContactStop.ended_at.is_(None),
        )
        .values(ended_at=now, ended_by=user_id)
    )
    if not ended.rowcount:
        return False
    _announce(conn, municipality_id, "contacts.resumed", {"stop": str(stop_id)}, now, ids, user_id)
    return True


def open_stops(conn: Connection, municipality_id: int) -> list[Row[tuple[ContactStop]]]:
    """Every stop in force, oldest first; the rows carry the columns of `contact_stop`."""
    return list(
        conn.execute(
            select(ContactStop)
            .where(ContactStop.municipality_id == municipality_id, ContactStop.ended_at.is_(None))
            .order_by(ContactStop.started_at, ContactStop.stop_id)
        )
    )


def is_stopped(conn: Connection, municipality_id: int, addressee_no: str) -> bool:
    """Whether a stop in force is over this person: the whole municipality's, or the district's."""
    mine = select(Taxpayer.district_code).where(
        Taxpayer.municipality_id == municipality_id, Taxpayer.addressee_no == addressee_no
    )
    found = select(ContactStop.stop_id).where(
        ContactStop.municipality_id == municipality_id,
        ContactStop.ended_at.is_(None),
        or_(ContactStop.district_code.is_(None), ContactStop.district_code == mine.scalar_subquery()),
    )
    return bool(conn.scalar(select(exists(found))))


def _district_exists(conn: Connection, district_code: str) -> bool:
    return (
        conn.execute(select(District.district_code).where(District.district_code == district_code)).first() is not None
    )


def _announce(
    conn: Connection,
    municipality_id: int,
    action: str,
    detail: Json,
    now: datetime,
    ids: Ids,
    user_id: UUID | None,
) -> None:
    actor = "user" if user_id else "system"
    audit.note(conn, municipality_id, ids=ids, at=now, user_id=user_id, actor=actor, action=action, detail=detail)
    payload = {"municipality": municipality_id, "kind": "stop", "stop": detail["stop"]}
    wakes_others(conn)
    conn.execute(text("SELECT pg_notify('floor_live', :payload)"), {"payload": json.dumps(payload)})

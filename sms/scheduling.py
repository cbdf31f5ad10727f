"""送信予約: a text for one person at a chosen time, which can be moved or cancelled until it is sent (K4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from callflow.tables import FollowUp
from casefile.city import City
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from casefile.vocabulary import Channel, Purpose
from sms.queue import close_follow_up
from sms.tables import Message
from sms.triggers import Trigger


def schedule(
    conn: Connection,
    city: City,
    *,
    addressee_no: str,
    trigger: Trigger,
    purpose: Purpose,
    claim_group: str,
    occasion: str,
    at: datetime,
    now: datetime,
    ids: Ids,
    campaign_id: UUID | None = None,
) -> UUID | None:
    """Book a text; the gate still decides when it is due. None: this occasion has been texted or booked already.

    Raises TsunagaruError when `at` is past or outside the city's hours for texts.
    """
    _refuse_bad_time(city, at, now)
    follow_up_id, message_id = ids.new(), ids.new()
    booked = conn.execute(
        insert(FollowUp)
        .values(
            municipality_id=city.id,
            follow_up_id=follow_up_id,
            channel=Channel.SMS.value,
            purpose=purpose.value,
            claim_group=claim_group,
            addressee_no=addressee_no,
            trigger=trigger.value,
            occasion=occasion,
            campaign_id=campaign_id,
            due_at=at,
            state="taken",
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(FollowUp.follow_up_id)
    ).first()
    if booked is None:
        return None
    conn.execute(
        insert(Message).values(
            municipality_id=city.id,
            message_id=message_id,
            follow_up_id=follow_up_id,
            addressee_no=addressee_no,
            state="scheduled",
            due_at=at,
            changed_at=now,
        )
    )
    return message_id


def move(conn: Connection, city: City, message_id: UUID, at: datetime, now: datetime) -> bool:
    """Send it at another time. False when it is on its way or finished. Raises TsunagaruError as `schedule`."""
    _refuse_bad_time(city, at, now)
    if not _still_here(conn, city, message_id):
        return False
    conn.execute(
        update(Message)
        .where(Message.municipality_id == city.id, Message.message_id == message_id)
        .values(state="scheduled", due_at=at, leased_until=None, changed_at=now)
    )
    return True


def cancel(conn: Connection, city: City, message_id: UUID, now: datetime) -> bool:
    """Do not send it. False when it is on its way or finished."""
    follow_up_id = _still_here(conn, city, message_id)
    if follow_up_id is None:
        return False
    conn.execute(
        update(Message)
        .where(Message.municipality_id == city.id, Message.message_id == message_id)
        .values(state="cancelled", leased_until=None, changed_at=now)
    )
    close_follow_up(conn, city, follow_up_id, "cancelled", None, now)
    return True


def _still_here(conn: Connection, city: City, message_id: UUID) -> UUID | None:
    return conn.execute(
        select(Message.follow_up_id)
        .where(
            Message.municipality_id == city.id,
            Message.message_id == message_id,
            Message.state.in_(("accepted", "scheduled")),
        )
        .with_for_update()
    ).scalar_one_or_none()


def _refuse_bad_time(city: City, at: datetime, now: datetime) -> None:
    if at < now:
        raise TsunagaruError("過ぎた日時には予約できません。これからの日時を指定してください。")
    if not city.settings.sms_hours.allow(at, city.calendar):
        raise TsunagaruError("SMSを送れる時間の外です。市の連絡時間の中の日時を指定してください。")

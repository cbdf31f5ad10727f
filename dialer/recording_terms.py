"""Which calls are recorded, from when on, and whether the resident is told: terms per campaign, never changed backwards.

Everything works in the caller's transaction of one municipality.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from callflow.codes import RecordingMode
from casefile import audit
from casefile.city import City
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from casefile.tables import Attempt
from dialer.tables import Campaign, RecordingTerms

# Asked for every call, in the transaction that lets it through.
_TERMS = """
SELECT mode, days FROM recording_terms
 WHERE municipality_id = %(city)s AND campaign_id IS NOT DISTINCT FROM %(campaign)s::uuid AND valid_from <= %(at)s
 ORDER BY valid_from DESC, terms_id DESC
 LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call is under. `days`: how long its recording is kept, counted from the Japanese day it began."""

    mode: RecordingMode
    days: int

    @property
    def recorded(self) -> bool:
        return self.mode is not RecordingMode.OFF


def set_terms(
    conn: Connection,
    municipality_id: int,
    campaign_id: UUID | None,
    mode: RecordingMode,
    now: datetime,
    ids: Ids,
    *,
    days: int | None = None,
    by: UUID | None = None,
    actor: str = "system",
) -> None:
    """From now on, calls of this campaign (None: those of no campaign) are recorded so. What was dialed before stays as it was.

    Raises TsunagaruError for days below one or a campaign nobody knows.
    """
    if days is not None and not 1 <= days <= 3650:
        raise TsunagaruError("録音の保存日数は1日から3650日までで指定してください。")
    if campaign_id is not None and not conn.scalar(
        select(Campaign.campaign_id).where(
            Campaign.municipality_id == municipality_id, Campaign.campaign_id == campaign_id
        )
    ):
        raise TsunagaruError("指定されたキャンペーンはありません。一覧を更新してください。")
    conn.execute(
        insert(RecordingTerms).values(
            municipality_id=municipality_id,
            terms_id=ids.new(),
            campaign_id=campaign_id,
            mode=mode.value,
            days=days,
            valid_from=now,
            set_by=by,
        )
    )
    audit.note(
        conn,
        municipality_id,
        ids=ids,
        at=now,
        user_id=by,
        actor=actor,
        action="recording.terms",
        detail={"campaign": campaign_id and str(campaign_id), "mode": mode.value, "days": days},
    )


def terms_at(conn: Connection, city: City, campaign_id: UUID | None, at: datetime) -> Terms:
    """What a call of this campaign that was intended at `at` is under; never recorded unless somebody said so."""
    values = {"city": city.id, "campaign": campaign_id, "at": at}
    row = conn.exec_driver_sql(_TERMS, values).one_or_none()
    if row is None:
        return Terms(RecordingMode.OFF, city.settings.recording_days)
    return Terms(RecordingMode(row.mode), row.days or city.settings.recording_days)


def terms_of_attempt(conn: Connection, city: City, attempt_id: UUID) -> Terms | None:
    """What a call is under; None where there is no such attempt in this municipality."""
    call = conn.execute(
        select(Attempt.campaign_id, Attempt.intended_at).where(
            Attempt.municipality_id == city.id, Attempt.attempt_id == attempt_id
        )
    ).one_or_none()
    return None if call is None else terms_at(conn, city, call.campaign_id, call.intended_at)

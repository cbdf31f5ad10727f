"""What is shown of recordings. The sound itself is no JSON: it comes from `/api/recordings/ID/sound`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from agent_ui.signin.schemas import Shown

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""Something is said: blanks are no reason."""


class RecordingView(Shown):
    """One recording in the books. `hold_label` empty: nothing stops its deletion after `keep_until`."""

    recording_id: UUID
    attempt_id: UUID
    began_at: datetime
    seconds: float
    operator: str
    state: str
    state_label: str
    keep_until: date
    deleted_at: datetime | None
    hold: str | None
    hold_label: str
    hold_reason: str
    listens: int


class Recordings(Shown):
    recordings: list[RecordingView]


class ListenForm(BaseModel):
    """Why somebody listens: it stands in the audit log."""

    reason: Reason


class Listening(Shown):
    """Where the sound is, for this person and for two hours."""

    listen_id: UUID
    url: str
    seconds: float


class HoldForm(BaseModel):
    kind: Literal["objection", "complaint", "other"]
    reason: Reason


class ListenView(Shown):
    """One listen, for auditors."""

    listen_id: UUID
    at: datetime
    who: str
    addressee_no: str | None
    recording_id: UUID
    reason: str


class Listens(Shown):
    """Newest first; `more`: ask again with `before` as the last one's time."""

    listens: list[ListenView]
    more: bool


class MissingView(Shown):
    attempt_id: UUID
    addressee_no: str | None
    operator: str
    connected_at: datetime
    reason: str
    reason_label: str


class MissingOfDay(Shown):
    """Calls of a day that should have a recording and have none."""

    day: date
    due: int
    missing: list[MissingView]

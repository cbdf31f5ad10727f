"""What the floor shows live."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agent_ui.signin.schemas import Shown


class Listener(Shown):
    """A supervisor on an operator's line."""

    supervisor_id: UUID
    name: str
    how: Literal["listen", "whisper", "barge"]


class ListenForm(BaseModel):
    """聞く, ささやく or 割り込む; why, where there is something to say."""

    how: Literal["listen", "whisper", "barge"]
    reason: str = Field(default="", max_length=400)


class OperatorLine(Shown):
    operator_id: UUID
    name: str
    state: str
    state_label: str
    since: datetime
    pause_label: str | None
    campaign: str | None
    talks: int
    promises: int
    promised_yen: int
    heard_by: list[Listener]


class CallCounts(Shown):
    """Calls under way now. `waiting` have answered us and wait for an operator."""

    dialing: int
    ringing: int
    waiting: int
    talking: int
    lines_in_use: int


class CallBacksView(Shown):
    """返電 of today. `longest_since`: when whoever waits longest came; `lost` gave up, or came while nobody was here."""

    waiting: int
    longest_since: datetime | None
    came: int
    talked: int
    lost: int


class CampaignPacing(Shown):
    """One running campaign's budget of 放棄呼 for today, and why it is dialed as it is."""

    campaign_id: UUID
    name: str
    mode_label: str
    live_answers: int
    abandoned: int
    rate: float
    target: float
    spent: bool
    """Nothing more may be risked for now: it dials one-to-one."""
    reason: str


class AbandonmentView(Shown):
    """放棄呼 of today over live answers, against target and maximum (DOMAIN.md §2.8)."""

    live_answers: int
    abandoned: int
    rate: float
    target: float
    maximum: float
    idle_reason: str
    """Why nothing is dialed, if no campaign has anything to say."""
    campaigns: list[CampaignPacing]


class DayFigures(Shown):
    calls: int
    live_answers: int
    talks: int
    contacts: int
    right_party: int
    promises: int
    promised_yen: int
    sms_sent: int
    sms_delivered: int


class ReasonCount(Shown):
    code: str
    sentence: str
    count: int


class HourCount(Shown):
    hour: int
    calls: int
    live_answers: int
    right_party: int


class CampaignLine(Shown):
    campaign_id: UUID
    name: str
    purpose_label: str
    mode: str
    mode_label: str
    state: str
    state_label: str
    persons: int
    yen: int
    open: int
    due_now: int
    reached: int
    unreachable: int
    closed: int
    live_answers: int
    abandoned: int
    target_abandonment: float


class SmsQueue(Shown):
    waiting: int
    scheduled: int
    sending: int
    unknown: int
    sent_today: int
    delivered_today: int
    failed_today: int
    suppressed_today: int


class StopView(Shown):
    """One open stop of all contact."""

    stop_id: UUID
    district: str | None
    kind: str
    kind_label: str
    reason: str
    started_at: datetime
    by: str


class Alarm(Shown):
    level: Literal["warn", "stop"]
    sentence: str


class FloorView(Shown):
    """The whole floor in one round trip; the same shape is pushed whenever something changed."""

    now: datetime
    floor_id: UUID | None
    floor_name: str
    engine_running: bool
    engine_seen_at: datetime | None
    operators: list[OperatorLine]
    calls: CallCounts
    call_backs: CallBacksView
    abandonment: AbandonmentView
    today: DayFigures
    hours: list[HourCount]
    refusals: list[ReasonCount]
    campaigns: list[CampaignLine]
    sms: SmsQueue
    recalls_waiting: int
    receipts_as_of: str | None
    stops: list[StopView]
    alarms: list[Alarm]


class StopForm(BaseModel):
    """緊急停止: the whole municipality, or one district."""

    kind: Literal["disaster", "wrong_data", "other"]
    reason: str = Field(min_length=1, max_length=400)
    district_code: str | None = Field(default=None, max_length=20)


class DistrictChoice(Shown):
    district_code: str
    name: str


class Districts(Shown):
    districts: list[DistrictChoice]

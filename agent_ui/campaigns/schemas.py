"""What a campaign is made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agent_ui.floor.schemas import CampaignLine
from agent_ui.signin.schemas import Shown


class Counted(Shown):
    """How many a selection would take, and what they owe."""

    persons: int
    households: int
    yen: int
    with_phone: int


class RuleInput(BaseModel):
    """A selection rule as the dialer writes it (I15)."""

    purpose: str = Field(max_length=20)
    claim_group: str = Field(max_length=20)
    rule: dict[str, Any]


class CampaignForm(RuleInput):
    name: str = Field(min_length=1, max_length=100)
    mode: Literal["preview", "progressive", "predictive"]
    sms_follow_up: bool = True
    detection: Literal["none", "amd"] = "none"
    recording: Literal["off", "announced", "unannounced"] = "off"
    target_abandonment: Decimal = Field(default=Decimal("0.01"), gt=0, le=Decimal("0.03"))
    wrapup_seconds: int = Field(default=60, ge=0, le=600)
    timed_wrapup: bool = False


class Campaigns(Shown):
    campaigns: list[CampaignLine]


class Created(Shown):
    campaign_id: UUID


class Choice(Shown):
    code: str
    label: str


class TaxChoice(Shown):
    code: str
    label: str
    claim_group: str


class SelectionChoices(Shown):
    """What the selection builder offers."""

    purposes: list[Choice]
    claim_groups: list[Choice]
    modes: list[Choice]
    recordings: list[Choice]
    taxes: list[TaxChoice]
    districts: list[Choice]
    categories: list[Choice]
    results: list[Choice]
    outcomes: list[Choice]

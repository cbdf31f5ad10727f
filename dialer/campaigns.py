"""Campaigns from draft to end: draft → frozen → running ⇄ paused → stopped or finished. No owner, no campaign (K18)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import Caps, City
from casefile.db import Json
from casefile.hours import ContactHours
from casefile.ids import Ids
from dialer.messages import Mode
from dialer.rule import Rule


@dataclass(frozen=True, slots=True)
class Draft:
    """What a supervisor fills in. `hours` and `caps` None: the city's; given, they can only narrow them.

    `follow_up`: {"channel": "sms", "attempts": 3, "bands": 2, "days": 7} or {} for none.
    `target_abandonment`: share of live answers, 0 < t ≤ 0.03.
    """

    name: str
    rule: Rule
    owner_id: UUID | None
    floor_id: UUID | None
    mode: Mode = "progressive"
    hours: ContactHours | None = None
    caps: Caps | None = None
    follow_up: Json = field(default_factory=dict)
    ring_seconds: int = 25
    wrapup_seconds: int = 60
    target_abandonment: Decimal = Decimal("0.010")


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign with how far it is. `open`, `reached`, `unreachable`, `closed`: its entries by state."""

    campaign_id: UUID
    name: str
    purpose: str
    claim_group: str
    mode: Mode
    state: str
    owner_id: UUID
    floor_id: UUID | None
    frozen_persons: int | None
    frozen_yen: int | None
    entries_open: int
    entries_reached: int
    entries_unreachable: int
    entries_closed: int


def create(conn: Connection, city: City, draft: Draft, now: datetime, ids: Ids) -> UUID:
    """A new draft. Raises TsunagaruError with a sentence for whatever is missing or wider than the city allows."""
    raise NotImplementedError


def start(conn: Connection, municipality_id: int, campaign_id: UUID, now: datetime) -> None:
    """Let a frozen or paused campaign run. Raises TsunagaruError when it is in no such state or has no floor."""
    raise NotImplementedError


def pause(conn: Connection, municipality_id: int, campaign_id: UUID, now: datetime) -> None:
    """Dial nothing more for now; calls on the line go on."""
    raise NotImplementedError


def stop(conn: Connection, municipality_id: int, campaign_id: UUID, now: datetime) -> None:
    """End it for good; calls on the line go on."""
    raise NotImplementedError


def finish(conn: Connection, municipality_id: int, now: datetime) -> list[UUID]:
    """Mark every running campaign whose list holds nothing open any more as finished; gives their ids."""
    raise NotImplementedError


def campaigns(conn: Connection, municipality_id: int, floor_id: UUID | None = None) -> list[CampaignRow]:
    """Campaigns, newest first, with the state of their lists."""
    raise NotImplementedError


def open_floor(conn: Connection, municipality_id: int, floor_id: UUID, name: str) -> None:
    """Make a floor if it is not there; its epoch starts at 0."""
    raise NotImplementedError

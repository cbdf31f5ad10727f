"""From a rule to a frozen list: count and yen first, then who is in, for good (I6, I15, K18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.ids import Ids
from dialer.rule import Rule


@dataclass(frozen=True, slots=True)
class Count:
    """What a rule finds now. `yen`: outstanding principal within the rule."""

    persons: int
    households: int
    yen: int
    with_phone: int


@dataclass(frozen=True, slots=True)
class Saved:
    selection_id: UUID
    name: str
    rule: Rule
    owner_id: UUID | None
    saved_at: datetime


def count_and_yen(conn: Connection, city: City, rule: Rule, now: datetime) -> Count:
    """How many persons and households, and how much, before anything is frozen."""
    raise NotImplementedError


def save(conn: Connection, city: City, name: str, rule: Rule, owner_id: UUID | None, now: datetime, ids: Ids) -> UUID:
    """Keep a rule under a name; the same name is replaced. Raises TsunagaruError for an empty name."""
    raise NotImplementedError


def saved(conn: Connection, municipality_id: int, purpose: str | None = None) -> list[Saved]:
    """The saved rules by name."""
    raise NotImplementedError


def forget(conn: Connection, municipality_id: int, selection_id: UUID) -> None:
    """Remove a saved rule; campaigns made from it keep theirs."""
    raise NotImplementedError


def freeze(conn: Connection, city: City, campaign_id: UUID, now: datetime) -> Count:
    """Write the campaign's list: who is in never changes from here on. Raises TsunagaruError unless it is a draft."""
    raise NotImplementedError

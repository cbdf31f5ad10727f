"""From a rule to a frozen list: count and yen first, then who is in, for good (I6, I15, K18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from casefile.city import City
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from dialer.rule import Rule
from dialer.rule_sql import found_by
from dialer.tables import Campaign, SavedSelection


@dataclass(frozen=True, slots=True)
class Count:
    """What a rule finds now. `yen`: outstanding principal within the rule. `with_phone`: who has a number to dial."""

    persons: int
    households: int
    yen: int
    with_phone: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A rule kept under a name."""

    selection_id: UUID
    name: str
    rule: Rule
    owner_id: UUID | None
    saved_at: datetime


_COUNT = """
SELECT count(*)::int, count(DISTINCT household_id)::int, COALESCE(sum(yen), 0)::bigint,
       count(*) FILTER (WHERE has_phone)::int
  FROM ({found}) AS found
"""
_FREEZE = """
INSERT INTO campaign_entry (municipality_id, campaign_id, addressee_no, household_id, seq, frozen_yen, state,
                            state_reason, attempts, next_at, reserved_only, changed_at)
SELECT %(city)s, %(campaign)s, addressee_no, household_id, row_number() OVER (ORDER BY yen DESC, addressee_no), yen,
       CASE WHEN has_phone THEN 'open' ELSE 'unreachable' END, CASE WHEN has_phone THEN NULL ELSE 'no_number' END,
       0, %(now)s, false, %(now)s
  FROM ({found}) AS found
"""


def count_and_yen(conn: Connection, city: City, rule: Rule, now: datetime) -> Count:
    """How many persons and households, and how much, before anything is frozen."""
    found = found_by(rule, city.id, now)
    return Count(*conn.exec_driver_sql(_COUNT.format(found=found.sql), found.values).one())


def save(conn: Connection, city: City, name: str, rule: Rule, owner_id: UUID | None, now: datetime, ids: Ids) -> UUID:
    """Keep a rule under a name; the same name is replaced. Raises TsunagaruError for an empty name."""
    name = name.strip()
    if not name:
        raise TsunagaruError("抽出条件の名前を入力してください。")
    conn.execute(delete(SavedSelection).where(SavedSelection.name == name))
    selection_id = ids.new()
    conn.execute(
        insert(SavedSelection),
        {
            "municipality_id": city.id,
            "selection_id": selection_id,
            "name": name,
            "purpose": rule.purpose.value,
            "claim_group": rule.claim_group.value,
            "rule": rule.to_json(),
            "owner_id": owner_id,
            "saved_at": now,
        },
    )
    return selection_id


def saved(conn: Connection, municipality_id: int, purpose: str | None = None) -> list[Saved]:
    """The saved rules by name."""
    which = [SavedSelection.municipality_id == municipality_id]
    if purpose is not None:
        which.append(SavedSelection.purpose == purpose)
    rows = conn.execute(select(SavedSelection).where(*which).order_by(SavedSelection.name, SavedSelection.selection_id))
    return [Saved(row.selection_id, row.name, Rule.from_json(row.rule), row.owner_id, row.saved_at) for row in rows]


def forget(conn: Connection, municipality_id: int, selection_id: UUID) -> None:
    """Remove a saved rule; campaigns made from it keep theirs."""
    conn.execute(
        delete(SavedSelection).where(
            SavedSelection.municipality_id == municipality_id, SavedSelection.selection_id == selection_id
        )
    )


def freeze(conn: Connection, city: City, campaign_id: UUID, now: datetime) -> Count:
    """Write the campaign's list: who is in never changes from here on. Raises TsunagaruError unless it is a draft."""
    row: Any = conn.execute(
        select(Campaign.state, Campaign.rule).where(Campaign.campaign_id == campaign_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise TsunagaruError("指定されたキャンペーンはありません。一覧を更新してください。")
    if row.state != "draft":
        raise TsunagaruError(
            "このキャンペーンの名簿はもう確定しています。作り直すには新しいキャンペーンを作成してください。"
        )
    rule = Rule.from_json(row.rule)
    count = count_and_yen(conn, city, rule, now)
    if count.persons == 0:
        raise TsunagaruError("この条件に合う人がいません。抽出条件をゆるめるか、取込データの基準日を確かめてください。")
    found = found_by(rule, city.id, now)
    conn.exec_driver_sql(_FREEZE.format(found=found.sql), found.values | {"campaign": campaign_id, "now": now})
    conn.execute(
        update(Campaign)
        .where(Campaign.campaign_id == campaign_id)
        .values(state="frozen", frozen_at=now, frozen_persons=count.persons, frozen_yen=count.yen, changed_at=now)
    )
    return count

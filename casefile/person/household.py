"""世帯情報: who lives together, by relation and phone. What the others owe stays closed (DOMAIN.md §2.6)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from casefile.clock import jst_date
from casefile.person.cautions import is_protected
from casefile.phone_number import display
from casefile.tables import Arrears, Household, Phone, Taxpayer
from casefile.vocabulary import HouseholdKind


@dataclass(frozen=True, slots=True)
class HouseholdMember:
    """One other member, by relation and phone only (DOMAIN.md §2.6).

    `name` and `outstanding_yen` are None until this member's own identity was confirmed in this call: what is not on the
    screen is not read out to whoever else is on the line.
    """

    addressee_no: str
    name: str | None
    relation: str
    is_head: bool
    phones: tuple[str, ...]
    outstanding_yen: int | None


def household_members(
    conn: Connection,
    municipality_id: int,
    addressee_no: str,
    *,
    claim_group: str,
    now: datetime,
    verified: Collection[str] = (),
) -> tuple[HouseholdMember, ...]:
    """The other members of the household, the head first.

    `verified`: 宛名番号 of members whose own identity was confirmed in this call. Nothing at all is shown of a household in
    which anybody is under 支援措置, nor of companies and of persons without household data.
    """
    today = jst_date(now)
    rows = conn.execute(
        select(
            Taxpayer.addressee_no,
            Taxpayer.name,
            Taxpayer.relation_to_head,
            Household.head_addressee_no,
            Household.kind.label("household_kind"),
        )
        .join(
            Household,
            (Household.municipality_id == Taxpayer.municipality_id) & (Household.household_id == Taxpayer.household_id),
        )
        .where(
            Taxpayer.municipality_id == municipality_id,
            Taxpayer.household_id
            == select(Taxpayer.household_id)
            .where(Taxpayer.municipality_id == municipality_id, Taxpayer.addressee_no == addressee_no)
            .scalar_subquery(),
        )
        .order_by(Taxpayer.addressee_no)
    ).all()
    if not rows or rows[0].household_kind != HouseholdKind.RESIDENT:
        return ()
    if any(is_protected(conn, municipality_id, row.addressee_no, today) for row in rows):
        return ()
    others = [row for row in rows if row.addressee_no != addressee_no]
    numbers = _numbers(conn, municipality_id, [row.addressee_no for row in others])
    owed = _owed(
        conn, municipality_id, [row.addressee_no for row in others if row.addressee_no in verified], claim_group
    )
    members = [
        HouseholdMember(
            addressee_no=row.addressee_no,
            name=row.name if row.addressee_no in verified else None,
            relation=row.relation_to_head or "",
            is_head=row.addressee_no == row.head_addressee_no,
            phones=numbers.get(row.addressee_no, ()),
            outstanding_yen=owed.get(row.addressee_no, 0) if row.addressee_no in verified else None,
        )
        for row in others
    ]
    return tuple(sorted(members, key=lambda member: (not member.is_head, member.addressee_no)))


def _numbers(conn: Connection, municipality_id: int, members: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    rows = conn.execute(
        select(Phone.addressee_no, Phone.e164)
        .where(
            Phone.municipality_id == municipality_id,
            Phone.addressee_no.in_(members),
            Phone.e164.is_not(None),
            Phone.ng_reason.is_(None),
            Phone.dropped_at.is_(None),
        )
        .order_by(Phone.addressee_no, Phone.position)
    )
    for row in rows:
        found[row.addressee_no] = (*found.get(row.addressee_no, ()), display(row.e164 or ""))
    return found


def _owed(conn: Connection, municipality_id: int, members: list[str], claim_group: str) -> dict[str, int]:
    if not members:
        return {}
    rows = conn.execute(
        select(Arrears.addressee_no, func.sum(Arrears.outstanding_yen).label("outstanding_yen"))
        .where(
            Arrears.municipality_id == municipality_id,
            Arrears.addressee_no.in_(members),
            Arrears.claim_group == claim_group,
        )
        .group_by(Arrears.addressee_no)
        .order_by(Arrears.addressee_no)
    )
    return {row.addressee_no: int(row.outstanding_yen) for row in rows}

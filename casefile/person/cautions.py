"""What an operator must know before a word is said: flags, holds and complaints, on top of every screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, or_, select

from casefile import holds
from casefile.clock import jst_date
from casefile.flags import FlagCode
from casefile.tables import FlagRule, TaxpayerFlag
from casefile.vocabulary import Channel, Effect

_ORDER = {Effect.REFUSE: 0, Effect.STAFF: 1, Effect.WARN: 2}


@dataclass(frozen=True, slots=True)
class Caution:
    """One line of the caution bar. `effect`: what it does to a call of this purpose; `until` None: no end known."""

    code: str
    label: str
    effect: Effect
    effect_label: str
    note: str
    since: date
    until: date | None


def cautions(
    conn: Connection, municipality_id: int, addressee_no: str, purpose: str, now: datetime
) -> tuple[Caution, ...]:
    """Flags valid today and holds that stand, the gravest first. Notes of flags are for staff eyes and tell no amounts."""
    found = [*_flags(conn, municipality_id, addressee_no, purpose, jst_date(now))]
    found += [
        Caution(
            code=f"hold.{hold.kind.value}",
            label=hold.kind.label,
            effect=Effect.WARN,
            effect_label=Effect.WARN.label,
            note="",
            since=jst_date(hold.since),
            until=jst_date(hold.until) if hold.until else None,
        )
        for hold in holds.standing(conn, municipality_id, addressee_no, now)
        if hold.purpose == purpose
    ]
    return tuple(sorted(found, key=lambda caution: (_ORDER[caution.effect], caution.since, caution.code)))


def is_protected(conn: Connection, municipality_id: int, addressee_no: str, today: date) -> bool:
    """Whether 支援措置(DV等) stands for this person today (DOMAIN.md §2.7)."""
    return (
        conn.execute(
            select(TaxpayerFlag.flag_id)
            .where(
                TaxpayerFlag.municipality_id == municipality_id,
                TaxpayerFlag.addressee_no == addressee_no,
                TaxpayerFlag.flag_code == FlagCode.DV_SUPPORT,
                TaxpayerFlag.valid_from <= today,
                or_(TaxpayerFlag.valid_to.is_(None), TaxpayerFlag.valid_to >= today),
            )
            .limit(1)
        ).first()
        is not None
    )


def _flags(conn: Connection, municipality_id: int, addressee_no: str, purpose: str, today: date) -> list[Caution]:
    rows = conn.execute(
        select(
            TaxpayerFlag.flag_code,
            TaxpayerFlag.valid_from,
            TaxpayerFlag.valid_to,
            TaxpayerFlag.note,
            FlagRule.effect,
            FlagRule.label,
        )
        .outerjoin(
            FlagRule,
            and_(
                FlagRule.municipality_id == TaxpayerFlag.municipality_id,
                FlagRule.flag_code == TaxpayerFlag.flag_code,
                FlagRule.channel == Channel.CALL,
                FlagRule.purpose == purpose,
            ),
        )
        .where(
            TaxpayerFlag.municipality_id == municipality_id,
            TaxpayerFlag.addressee_no == addressee_no,
            TaxpayerFlag.valid_from <= today,
            or_(TaxpayerFlag.valid_to.is_(None), TaxpayerFlag.valid_to >= today),
        )
        .order_by(TaxpayerFlag.valid_from, TaxpayerFlag.flag_id)
    )
    return [
        Caution(
            code=row.flag_code,
            label=row.label or _label(row.flag_code),
            effect=Effect(row.effect or Effect.WARN.value),
            effect_label=Effect(row.effect or Effect.WARN.value).label,
            note=row.note or "",
            since=row.valid_from,
            until=row.valid_to,
        )
        for row in rows
    ]


def _label(code: str) -> str:
    return FlagCode(code).label if code in set(FlagCode) else code

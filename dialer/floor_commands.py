"""Reading what browsers want: open command rows, in order, each once, as the engine's own words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection, select, update

from callflow.events import Listening
from casefile.errors import TsunagaruError
from casefile.tables import Phone, Taxpayer
from dialer import campaigns
from dialer.commands import DONE
from dialer.messages import Candidate, CommandKind, OperatorSaid
from dialer.tables import Campaign, FloorCommand

_OPERATOR_KINDS = frozenset(get_args(CommandKind))
_OPEN = """
SELECT command_no, kind, operator_id, attempt_id, detail FROM floor_command
 WHERE municipality_id = %(city)s AND floor_id = %(floor)s AND done_at IS NULL ORDER BY command_no
"""
_STALE = "画面の内容が古くなっています。画面を更新してください。"
_NO_NUMBER = "発信できる電話番号が選ばれていません。番号を選び直してください。"


def open_commands(
    conn: Connection, municipality_id: int, floor_id: UUID, now: datetime, obeyed: Collection[int]
) -> tuple[list[OperatorSaid], bool]:
    """Commands not yet done, oldest first, but those `obeyed` already; and whether rows the engine goes by were changed.

    Commands for campaigns are done here, those not understood are answered.
    """
    rows = conn.exec_driver_sql(_OPEN, {"city": municipality_id, "floor": floor_id}).all()
    said = []
    rows_changed = False
    for row in rows:
        if row.command_no in obeyed:
            continue
        if row.kind == "campaign":
            rows_changed = True
            _answer(conn, row.command_no, now, _order_campaign(conn, municipality_id, row.detail, now))
            continue
        if row.kind == "reload":
            rows_changed = True
            _answer(conn, row.command_no, now, DONE)
            continue
        try:
            said.append(_said(conn, row, now))
        except (KeyError, TypeError, ValueError):
            _answer(conn, row.command_no, now, _STALE)
    return said, rows_changed


def _said(conn: Connection, row: Any, now: datetime) -> OperatorSaid:
    if row.kind not in _OPERATOR_KINDS or row.operator_id is None:
        raise ValueError(row.kind)
    detail = row.detail
    return OperatorSaid(
        at=now,
        command_no=row.command_no,
        kind=row.kind,
        operator_id=row.operator_id,
        attempt_id=row.attempt_id,
        reason=detail.get("reason"),
        candidate=_candidate(conn, detail) if row.kind == "manual_dial" else None,
        campaign_id=UUID(detail["campaign_id"]) if detail.get("campaign_id") else None,
        other_id=UUID(detail["to"]) if detail.get("to") else None,
        how=Listening(detail["how"]) if detail.get("how") else None,
    )


def _candidate(conn: Connection, detail: dict[str, Any]) -> Candidate | None:
    """Whom an operator wants to dial by hand: a person's number from the file, never one that was typed (I3)."""
    found = conn.execute(
        select(Taxpayer.addressee_no, Taxpayer.household_id, Phone.phone_id, Phone.e164)
        .join(
            Phone,
            (Phone.municipality_id == Taxpayer.municipality_id) & (Phone.addressee_no == Taxpayer.addressee_no),
        )
        .where(Taxpayer.addressee_no == detail["addressee_no"], Phone.phone_id == UUID(detail["phone_id"]))
    ).one_or_none()
    if found is None or found.e164 is None:
        return None
    campaign_id = UUID(detail["campaign_id"]) if detail.get("campaign_id") else None
    purpose, claim_group = detail.get("purpose"), detail.get("claim_group")
    if campaign_id is not None:
        purpose, claim_group = conn.execute(
            select(Campaign.purpose, Campaign.claim_group).where(Campaign.campaign_id == campaign_id)
        ).one()
    if purpose is None or claim_group is None:
        return None
    return Candidate(
        campaign_id=campaign_id,
        purpose=purpose,
        claim_group=claim_group,
        addressee_no=found.addressee_no,
        household_id=found.household_id,
        phone_id=found.phone_id,
        e164=found.e164,
        answer_probability=0.5,
        evidence="手動発信",
        reserved=True,
    )


def _order_campaign(conn: Connection, municipality_id: int, detail: dict[str, Any], now: datetime) -> str:
    orders = {"start": campaigns.start, "pause": campaigns.pause, "stop": campaigns.stop}
    order = orders.get(str(detail.get("do")))
    if order is None or not detail.get("campaign_id"):
        return _STALE
    try:
        order(conn, municipality_id, UUID(detail["campaign_id"]), now)
    except TsunagaruError as error:
        return str(error)
    except ValueError:
        return _STALE
    return DONE


def _answer(conn: Connection, command_no: int, now: datetime, answer: str) -> None:
    conn.execute(update(FloorCommand).where(FloorCommand.command_no == command_no).values(done_at=now, answer=answer))

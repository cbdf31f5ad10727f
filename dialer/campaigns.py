"""Campaigns from draft to end: draft → frozen → running ⇄ paused → stopped or finished. No owner, no campaign (K18)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from casefile.city import Caps, City
from casefile.db import Json
from casefile.errors import TsunagaruError
from casefile.hours import ContactHours, Window
from casefile.ids import Ids
from casefile.tables import UserAccount
from dialer.asterisk.detection.policy import Detection
from dialer.messages import Mode
from dialer.rule import Rule
from dialer.tables import Campaign, Floor

_HIGHEST_ABANDONMENT = Decimal("0.03")
_RING = (15, 60)
_WRAPUP = (0, 600)
_TIMED_WRAPUP = (10, 600)
_WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a supervisor fills in. `hours` and `caps` None: the city's; given, they can only narrow them.

    `follow_up`: {"channel": "sms", "attempts": 3, "bands": 2, "days": 7} or {} for none.
    `target_abandonment`: share of live answers, 0 < t ≤ 0.03. `ring_seconds`: 15 to 60. `detection`: whether the line is
    listened to for machines before an operator is joined. `timed_wrapup`: after `wrapup_seconds` (at least 10 then) calls
    may come again, and what is not written yet follows.
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
    detection: Detection = Detection.NONE
    timed_wrapup: bool = False


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign with how far it is; `entries_*`: people of its list by state."""

    campaign_id: UUID
    name: str
    purpose: str
    claim_group: str
    mode: str
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
    _check(conn, city, draft)
    campaign_id = ids.new()
    conn.execute(
        insert(Campaign),
        {
            "municipality_id": city.id,
            "campaign_id": campaign_id,
            "name": draft.name.strip(),
            "purpose": draft.rule.purpose.value,
            "claim_group": draft.rule.claim_group.value,
            "rule": draft.rule.to_json(),
            "mode": draft.mode,
            "hours": draft.hours.to_json() if draft.hours else {},
            "caps": asdict(draft.caps) if draft.caps else {},
            "follow_up": draft.follow_up,
            "ring_seconds": draft.ring_seconds,
            "wrapup_seconds": draft.wrapup_seconds,
            "timed_wrapup": draft.timed_wrapup,
            "target_abandonment": draft.target_abandonment,
            "detection": Detection(draft.detection).value,
            "owner_id": draft.owner_id,
            "floor_id": draft.floor_id,
            "state": "draft",
            "frozen_at": None,
            "frozen_persons": None,
            "frozen_yen": None,
            "created_at": now,
            "changed_at": now,
        },
    )
    return campaign_id


def start(conn: Connection, municipality_id: int, campaign_id: UUID, now: datetime) -> None:
    """Let a frozen or paused campaign run. Raises TsunagaruError when it is in no such state or has no floor."""
    row = _locked(conn, municipality_id, campaign_id)
    if row.state == "draft":
        raise TsunagaruError("名簿がまだ確定していません。件数と金額を確認して名簿を確定してから開始してください。")
    if row.floor_id is None:
        raise TsunagaruError("このキャンペーンにはフロアが決まっていません。フロアを選んでから開始してください。")
    _move(conn, row, ("frozen", "paused"), "running", now)


def pause(conn: Connection, municipality_id: int, campaign_id: UUID, now: datetime) -> None:
    """Dial nothing more for now; calls on the line go on. Raises TsunagaruError unless it runs."""
    _move(conn, _locked(conn, municipality_id, campaign_id), ("running",), "paused", now)


def stop(conn: Connection, municipality_id: int, campaign_id: UUID, now: datetime) -> None:
    """End it for good; calls on the line go on. Raises TsunagaruError when it has ended already."""
    _move(conn, _locked(conn, municipality_id, campaign_id), ("draft", "frozen", "running", "paused"), "stopped", now)


def finish(conn: Connection, municipality_id: int, now: datetime) -> list[UUID]:
    """Mark every running campaign whose list holds nothing open any more as finished; gives their ids."""
    done = conn.exec_driver_sql(_FINISH, {"city": municipality_id, "now": now}).scalars().all()
    return sorted(done)


def campaigns(conn: Connection, municipality_id: int, floor_id: UUID | None = None) -> list[CampaignRow]:
    """Campaigns, newest first, with the state of their lists."""
    rows = conn.exec_driver_sql(_LIST, {"city": municipality_id, "floor": floor_id})
    return [CampaignRow(*row) for row in rows]


def open_floor(conn: Connection, municipality_id: int, floor_id: UUID, name: str) -> None:
    """Make a floor if it is not there; its epoch starts at 0."""
    known = conn.execute(select(Floor.floor_id).where(Floor.floor_id == floor_id)).scalar()
    if known is None:
        conn.execute(
            insert(Floor),
            {
                "municipality_id": municipality_id,
                "floor_id": floor_id,
                "name": name,
                "epoch": 0,
                "engine_started_at": None,
                "engine_seen_at": None,
                "pacer_reasons": {},
                "figures": {},
            },
        )


_FINISH = """
UPDATE campaign c SET state = 'finished', changed_at = %(now)s
 WHERE c.municipality_id = %(city)s AND c.state = 'running' AND NOT EXISTS (
       SELECT 1 FROM campaign_entry e WHERE e.municipality_id = c.municipality_id AND e.campaign_id = c.campaign_id
          AND e.state = 'open')
RETURNING c.campaign_id
"""
_LIST = """
SELECT c.campaign_id, c.name, c.purpose, c.claim_group, c.mode, c.state, c.owner_id, c.floor_id, c.frozen_persons,
       c.frozen_yen, COALESCE(e.open, 0)::int, COALESCE(e.reached, 0)::int, COALESCE(e.unreachable, 0)::int,
       COALESCE(e.closed, 0)::int
  FROM campaign c
  LEFT JOIN (
       SELECT campaign_id, count(*) FILTER (WHERE state = 'open') AS open,
              count(*) FILTER (WHERE state = 'reached') AS reached,
              count(*) FILTER (WHERE state = 'unreachable') AS unreachable,
              count(*) FILTER (WHERE state = 'closed') AS closed
         FROM campaign_entry WHERE municipality_id = %(city)s GROUP BY campaign_id) AS e USING (campaign_id)
 WHERE c.municipality_id = %(city)s AND (%(floor)s::uuid IS NULL OR c.floor_id = %(floor)s)
 ORDER BY c.created_at DESC, c.campaign_id
"""
_STATE = {
    "draft": "下書き",
    "frozen": "名簿確定",
    "running": "実施中",
    "paused": "一時停止中",
    "stopped": "中止",
    "finished": "完了",
}


def _locked(conn: Connection, municipality_id: int, campaign_id: UUID) -> Any:
    row = conn.execute(
        select(Campaign.campaign_id, Campaign.state, Campaign.floor_id)
        .where(Campaign.municipality_id == municipality_id, Campaign.campaign_id == campaign_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise TsunagaruError("指定されたキャンペーンはありません。一覧を更新してください。")
    return row


def _move(conn: Connection, row: Any, origins: tuple[str, ...], to: str, now: datetime) -> None:
    if row.state == to:
        return
    if row.state not in origins:
        raise TsunagaruError(
            f"キャンペーンは「{_STATE[row.state]}」なので「{_STATE[to]}」にできません。一覧で今の状態を確かめてください。"
        )
    conn.execute(update(Campaign).where(Campaign.campaign_id == row.campaign_id).values(state=to, changed_at=now))


# -- what a draft must hold -----------------------------------------------------------------------------------------


def _check(conn: Connection, city: City, draft: Draft) -> None:
    if not draft.name.strip():
        raise TsunagaruError("キャンペーンの名前を入力してください。")
    if draft.owner_id is None:
        raise TsunagaruError("キャンペーンの責任者を選んでください。責任者のいないキャンペーンでは発信できません。")
    if conn.execute(select(UserAccount.active).where(UserAccount.user_id == draft.owner_id)).scalar() is not True:
        raise TsunagaruError("責任者に選ばれた利用者がいないか、使えない状態です。責任者を選び直してください。")
    if draft.floor_id is not None:
        floor = conn.execute(select(Floor.floor_id).where(Floor.floor_id == draft.floor_id)).scalar()
        if floor is None:
            raise TsunagaruError("選ばれたフロアはありません。フロアを選び直してください。")
    if draft.mode not in get_args(Mode):
        raise TsunagaruError("発信方式はプレビュー・プログレッシブ・プレディクティブから選んでください。")
    if not 0 < draft.target_abandonment <= _HIGHEST_ABANDONMENT:
        raise TsunagaruError("放棄呼率の目標は0%より大きく3%以下で指定してください。")
    _between(draft.ring_seconds, _RING, "呼出時間")
    _between(draft.wrapup_seconds, _TIMED_WRAPUP if draft.timed_wrapup else _WRAPUP, "後処理の時間")
    if draft.hours is not None:
        _check_hours(draft.hours, city.settings.contact_hours)
    if draft.caps is not None and city.settings.caps.narrowed(draft.caps) != draft.caps:
        raise TsunagaruError(
            "キャンペーンの架電回数の上限は、市の上限より厳しくすることしかできません。値を見直してください。"
        )


def _between(value: int, bounds: tuple[int, int], label: str) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise TsunagaruError(f"{label}は{low}〜{high}秒で指定してください(指定された値: {value}秒)。")


def _check_hours(asked: ContactHours, city: ContactHours) -> None:
    pairs = [(f"{_WEEKDAYS[day - 1]}曜", asked.weekdays.get(day), city.weekdays.get(day)) for day in range(1, 8)]
    pairs.append(("祝日", asked.holiday, city.holiday))
    pairs.append(("臨時開庁日", asked.special_open, city.special_open))
    for label, wanted, allowed in pairs:
        if wanted is not None and not _inside(wanted, allowed):
            limit = f"{allowed}" if allowed else "連絡しない日"
            raise TsunagaruError(
                f"{label}の時間帯 {wanted} は市の連絡時間({limit})より広くできません。市の時間の中で指定してください。"
            )


def _inside(wanted: Window, allowed: Window | None) -> bool:
    return allowed is not None and allowed.opens <= wanted.opens and wanted.closes <= allowed.closes

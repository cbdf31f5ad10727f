"""Alarms of the floor, without a floor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from agent_ui.floor.schemas import (
    AbandonmentView,
    CallBacksView,
    CallCounts,
    CampaignLine,
    CampaignPacing,
    DayFigures,
    FloorView,
    OperatorLine,
    SmsQueue,
    StopView,
)
from agent_ui.floor.sentences import alarms

NOW = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
FLOOR = UUID(int=1)


def floor(**changes: Any) -> FloorView:
    quiet: dict[str, Any] = {
        "now": NOW,
        "floor_id": FLOOR,
        "floor_name": "試験フロア",
        "engine_running": True,
        "engine_seen_at": NOW,
        "operators": [],
        "call_backs": CallBacksView(waiting=0, longest_since=None, came=0, talked=0, lost=0),
        "calls": CallCounts(dialing=0, ringing=0, waiting=0, talking=0, lines_in_use=0),
        "abandonment": abandonment(0, 0),
        "today": DayFigures(
            calls=0,
            live_answers=0,
            talks=0,
            contacts=0,
            right_party=0,
            promises=0,
            promised_yen=0,
            sms_sent=0,
            sms_delivered=0,
        ),
        "hours": [],
        "refusals": [],
        "campaigns": [],
        "sms": SmsQueue(
            waiting=0,
            scheduled=0,
            sending=0,
            unknown=0,
            sent_today=0,
            delivered_today=0,
            failed_today=0,
            suppressed_today=0,
        ),
        "recalls_waiting": 0,
        "receipts_as_of": None,
        "stops": [],
        "alarms": [],
    }
    return FloorView(**(quiet | changes))


def abandonment(abandoned: int, live: int) -> AbandonmentView:
    rate = abandoned / live if live else 0.0
    return AbandonmentView(
        live_answers=live, abandoned=abandoned, rate=rate, target=0.01, maximum=0.03, idle_reason="試験", campaigns=[]
    )


def campaign(state: str, left: int) -> CampaignLine:
    return CampaignLine(
        campaign_id=FLOOR,
        name="秋の催告",
        purpose_label="催告",
        mode="progressive",
        mode_label="プログレッシブ",
        state=state,
        state_label="",
        persons=10,
        yen=1,
        open=left,
        due_now=left,
        reached=0,
        unreachable=0,
        closed=0,
        live_answers=0,
        abandoned=0,
        target_abandonment=0.01,
    )


def operator(state: str) -> OperatorLine:
    return OperatorLine(
        operator_id=FLOOR,
        name="試験",
        state=state,
        state_label="",
        since=NOW,
        pause_label=None,
        campaign=None,
        talks=0,
        promises=0,
        promised_yen=0,
        heard_by=[],
    )


def told(view: FloorView) -> str:
    return " ".join(sentence for _, sentence in alarms(view))


def test_a_quiet_floor_has_none() -> None:
    assert alarms(floor()) == []


def test_an_engine_that_stopped_is_the_gravest() -> None:
    (first, *_) = alarms(floor(engine_running=False))
    assert first[0] == "stop"
    assert "エンジン" in first[1]


def test_abandonment_near_the_maximum_counts_only_with_enough_answers() -> None:
    assert "放棄呼率" not in told(floor(abandonment=abandonment(1, 10)))
    assert "放棄呼率" in told(floor(abandonment=abandonment(3, 100)))
    assert "放棄呼率" not in told(floor(abandonment=abandonment(2, 100)))


def test_a_spent_budget_is_told_with_its_counts() -> None:
    pacing = CampaignPacing(
        campaign_id=FLOOR, name="秋の催告", mode_label="", live_answers=40, abandoned=1, rate=0.025, target=0.01,
        spent=True, reason="",
    )  # fmt: skip
    view = abandonment(0, 0)
    assert "「秋の催告」は本日の放棄枠を使い切り" in told(
        floor(abandonment=view.model_copy(update={"campaigns": [pacing]}))
    )
    calm = pacing.model_copy(update={"spent": False})
    assert told(floor(abandonment=view.model_copy(update={"campaigns": [calm]}))) == ""


def test_a_running_list_that_is_empty_and_a_floor_nobody_sits_on() -> None:
    assert "尽きました" in told(floor(campaigns=[campaign("running", 0)], operators=[operator("ready")]))
    assert "着いている" in told(floor(campaigns=[campaign("running", 5)], operators=[operator("offline")]))
    assert told(floor(campaigns=[campaign("paused", 0)])) == ""


def test_a_stop_is_told_by_its_banner_alone() -> None:
    stop = StopView(
        stop_id=FLOOR, district=None, kind="disaster", kind_label="災害", reason="訓練", started_at=NOW, by="監督者"
    )
    assert alarms(floor(stops=[stop])) == []

"""What the floor says in words: why the gate refused, and the alarms that matter."""

from __future__ import annotations

from typing import Literal

from agent_ui.floor.schemas import FloorView
from casefile.gate import sentence_of

NEAR_LIMIT = 0.8
"""The share of the maximum from which the abandonment rate is an alarm."""
FEW_ANSWERS = 30
"""Below this many live answers a rate says little."""

Level = Literal["warn", "stop"]


def reason_sentence(code: str) -> str:
    """The Japanese sentence of a gate's reason."""
    return sentence_of(code)


def alarms(view: FloorView) -> list[tuple[Level, str]]:
    """Alarms that ask for a hand, the gravest first (pure). 緊急停止 is none of them: its banner is on every screen."""
    found: list[tuple[Level, str]] = []
    if view.floor_id is not None and not view.engine_running:
        found.append(("stop", "発信エンジンが応答していません。発信は止まっています。管理者に連絡してください。"))
    rate = view.abandonment
    if rate.live_answers >= FEW_ANSWERS and rate.rate >= rate.maximum * NEAR_LIMIT:
        found.append(("warn", f"放棄呼率が上限{rate.maximum:.0%}に近づいています。発信は自動で抑えられます。"))
    for pacing in rate.campaigns:
        if pacing.spent:
            lost = f"応答{pacing.live_answers}件中、放棄{pacing.abandoned}件"
            found.append(
                ("warn", f"「{pacing.name}」は本日の放棄枠を使い切り、1対1の発信に切り替わっています({lost})。")
            )
    running = [line for line in view.campaigns if line.state == "running"]
    for line in running:
        if line.open == 0:
            found.append(("warn", f"「{line.name}」の対象が尽きました。次のキャンペーンを開始してください。"))
    if running and not any(seat.state != "offline" for seat in view.operators):
        found.append(("warn", "席に着いているオペレーターがいません。実施中のキャンペーンは発信されません。"))
    if view.sms.unknown:
        found.append(("warn", f"送信結果が不明のSMSが{view.sms.unknown}件あります。自動で照会しています。"))
    return found

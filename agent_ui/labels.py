"""Japanese words for states that have no vocabulary of their own below this room."""

from __future__ import annotations

from casefile.vocabulary import Labelled

SEAT_STATES = {
    "offline": "退席",
    "ready": "待機",
    "paused": "離席",
    "reserved": "発信準備",
    "talking": "通話中",
    "wrapup": "後処理",
}
CAMPAIGN_STATES = {
    "draft": "作成中",
    "frozen": "対象確定",
    "running": "実施中",
    "paused": "一時停止",
    "stopped": "終了(中止)",
    "finished": "終了",
}
MODES = {"preview": "プレビュー", "progressive": "プログレッシブ", "predictive": "プレディクティブ"}
STOP_KINDS = {"disaster": "災害", "wrong_data": "誤データ", "other": "その他"}


class PauseReason(Labelled):
    """離席理由."""

    LUNCH = "lunch", "昼休み"
    REST = "rest", "休憩"
    TRAINING = "training", "研修"
    OFFICE = "office", "事務"
    MEETING = "meeting", "打合せ"


def label_of(words: type[Labelled], code: str | None) -> str:
    """The Japanese of a stored code; a code nobody knows any more is shown as it is, an empty one as nothing."""
    if not code:
        return ""
    try:
        return words(code).label
    except ValueError:
        return code


def pause_label(code: str | None) -> str | None:
    return label_of(PauseReason, code) if code else None

"""The wordings every room starts with: ours, in the manner of 豊島区 and 東京都 (DOMAIN.md §2.12)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.ids import Ids
from casefile.vocabulary import Purpose
from sms.templates import approve_template, draft_template
from sms.triggers import Trigger

_CLOSING = "送信専用です。心当たりのない方はご容赦ください。"
DEFAULT_WORDINGS: tuple[tuple[Trigger, Purpose, str, str], ...] = (
    (
        Trigger.UNREACHED,
        Purpose.DUNNING,
        "電話がつながらない方へ",
        "{sender}です。お知らせがあります。{phone}へお電話ください。" + _CLOSING,
    ),
    (
        Trigger.PROMISE_EVE,
        Purpose.DUNNING,
        "約束の前日",
        "{sender}です。お約束の日が近づきました。ご不明な点は{phone}へ。" + _CLOSING,
    ),
    (
        Trigger.PROMISE_UNPAID,
        Purpose.DUNNING,
        "約束の後",
        "{sender}です。お約束の件で確認したいことがあります。{phone}へ。" + _CLOSING,
    ),
    (
        Trigger.DOCUMENT_SENT,
        Purpose.DUNNING,
        "文書を送りました",
        "{sender}です。大切な文書をお送りしました。ご不明な点は{phone}へ。" + _CLOSING,
    ),
    (
        Trigger.RETURNED_MAIL,
        Purpose.DUNNING,
        "郵便物が戻りました",
        "{sender}です。郵便物が届かず戻りました。{phone}へご連絡ください。" + _CLOSING,
    ),
    (
        Trigger.EVENT,
        Purpose.DUNNING,
        "夜間相談窓口",
        "{sender}です。本日は夜間の相談窓口を開いています。{phone}。" + _CLOSING,
    ),
    (
        Trigger.UNREACHED,
        Purpose.HEALTH_CHECK,
        "健診のお知らせ",
        "{sender}です。健診のお知らせがあります。{phone}へお電話ください。" + _CLOSING,
    ),
    (
        Trigger.UNREACHED,
        Purpose.DIRECT_DEBIT,
        "口座振替のお知らせ",
        "{sender}です。口座振替のご案内があります。{phone}へお電話ください。" + _CLOSING,
    ),
    (
        Trigger.UNREACHED,
        Purpose.SURVEY,
        "アンケートのお願い",
        "{sender}です。アンケートのお願いがあります。{phone}へお電話ください。" + _CLOSING,
    ),
)


def seed_templates(
    conn: Connection, city: City, *, drafted_by: UUID, approved_by: UUID, now: datetime, ids: Ids
) -> list[UUID]:
    """Draft and approve the default wordings, by two different persons. Gives their ids in order."""
    seeded = []
    for trigger, purpose, name, body in DEFAULT_WORDINGS:
        template_id = draft_template(
            conn, city, name=name, trigger=trigger, purpose=purpose, body=body, by=drafted_by, now=now, ids=ids
        )
        approve_template(conn, city, template_id, by=approved_by, now=now, ids=ids)
        seeded.append(template_id)
    return seeded

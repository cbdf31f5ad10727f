"""Why a text is sent: the occasions a template is written for (FEATURES.md K6–K8, Z5, Z6)."""

from __future__ import annotations

from casefile.vocabulary import Labelled


class Trigger(Labelled):
    """`follow_up.trigger` and `sms_template.trigger`."""

    UNREACHED = "unreached", "電話がつながらないとき"
    PROMISE_EVE = "promise_eve", "約束期日の前日"
    PROMISE_UNPAID = "promise_unpaid", "納付相談後に納付がないとき"
    DOCUMENT_SENT = "document_sent", "文書を送ったとき"
    RETURNED_MAIL = "returned_mail", "郵便物が戻ったとき"
    EVENT = "event", "休日・夜間窓口の案内"

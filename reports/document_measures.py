"""The columns of 文書効果状況表 (REPORTS.md §6.3)."""

from __future__ import annotations

from reports.document_facts import DAY_BANDS
from reports.figures import Column, Ratio, Unit
from reports.measures import Measure, counted

_SENT, _REACTED, _PAID, _AFTER = "発送と到達", "反応と約束(30日以内)", "納付(30日以内)", "経過と追送"


def _people(key: str, title: str, formula: str, group: str, facts: str, where: str | None = None) -> Measure:
    return counted(key, title, Unit.PERSONS, formula, group, facts, where, distinct="person")


DOCUMENT_COLUMNS: tuple[Measure | Column, ...] = (
    _people("drawn", "抽出人数", "ロットに抽出した宛名番号の数", _SENT, "envelopes"),
    _people("withdrawn", "引抜数", "発送前に引き抜いた宛名番号の数", _SENT, "envelopes", "withdrawn"),
    _people("sent", "発送人数", "s = 発送した宛名番号の数", _SENT, "envelopes", "sent"),
    counted("target_yen", "対象金額", Unit.YEN, "発送した文書の対象金額の合計", _SENT, "envelopes", "sent", add="yen"),
    _people("returned", "返戻", "x = 収納基準日までに返戻のあった宛名番号の数", _SENT, "envelopes", "returned"),
    Column("return_rate", "返戻率", Unit.PERCENT, "x ÷ s", _SENT, Ratio("returned", "sent")),
    _people("arrived", "到達", "u = s − x(計は別のロットで届いた人を含む)", _SENT, "envelopes", "arrived"),
    _people(
        "reacted",
        "反応人数",
        "b = 到達した人のうち、発送日から30日以内に返電・来庁・SMS返信・約束のいずれかがあった人",
        _REACTED,
        "reactions",
    ),
    Column("reaction_rate", "反応率", Unit.PERCENT, "b ÷ u", _REACTED, Ratio("reacted", "arrived")),
    _people("called_back", "うち返電", "反応人数のうち最初の反応が返電の人", _REACTED, "reactions", "call_back"),
    Column("call_back_rate", "返電率", Unit.PERCENT, "うち返電 ÷ u", _REACTED, Ratio("called_back", "arrived")),
    counted(
        "promises",
        "約束件数",
        Unit.CASES,
        "発送日から30日以内の納付約束の数",
        _REACTED,
        "promises",
        distinct="promise",
    ),
    counted(
        "promised_yen",
        "約束金額",
        Unit.YEN,
        "その約束金額の合計",
        _REACTED,
        "promises",
        add="yen",
        distinct="promise",
    ),
    _people("payers", "納付人数", "y = 納付額のある宛名番号の数", _PAID, "payments"),
    Column("payer_rate", "納付率", Unit.PERCENT, "y ÷ u", _PAID, Ratio("payers", "arrived")),
    counted(
        "paid_yen",
        "納付額",
        Unit.YEN,
        "Y = 最後の接触がこの文書で、発送日から30日以内に納められた本税(料)。1円は1回だけ",
        _PAID,
        "payments",
        add="yen",
    ),
    Column("paid_rate", "納付額率", Unit.PERCENT, "Y ÷ 対象金額", _PAID, Ratio("paid_yen", "target_yen")),
    counted("postage_yen", "郵送費", Unit.YEN, "発送した文書の数 × 単価", _PAID, "envelopes", "sent", add="cost"),
    Column("return_on_cost", "費用対効果", Unit.TIMES, "Y ÷ 郵送費", _PAID, Ratio("paid_yen", "postage_yen", 1)),
    counted(
        "reference_yen",
        "参考納付額(重複計上)",
        Unit.YEN,
        "発送日から30日以内の納付。後の接触にも重ねて数えるため、合計は収納額と合わない",
        _PAID,
        "reference_payments",
        "within_window",
        add="yen",
        distinct="payment",
    ),
    *(
        counted(
            f"days_{low}_{high}",
            f"{low}~{high}日",
            Unit.YEN,
            f"発送日から{low}~{high}日目の納付(参考・重複計上)",
            _AFTER,
            "reference_payments",
            f"days_{low}_{high}",
            add="yen",
            distinct="payment",
        )
        for low, high in DAY_BANDS
    ),
    _people("followed", "追送人数", "到達した人のうち、発送の翌日から30日以内にSMSか架電をした人", _AFTER, "followed"),
    _people(
        "followed_payers", "追送後の納付人数", "最初の追送から30日以内に納付した人(参考)", _AFTER, "followed_payments"
    ),
    counted(
        "followed_yen",
        "追送後の納付額",
        Unit.YEN,
        "その納付の合計(参考・重複計上)",
        _AFTER,
        "followed_payments",
        add="yen",
        distinct="payment",
    ),
)

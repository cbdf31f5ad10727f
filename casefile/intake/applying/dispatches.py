"""発送・返戻: lots, their envelopes, and which came back. What once came back stays so."""

from __future__ import annotations

from casefile.intake.applying.context import Applying, Value

_STAMPS = {"as_of": "CAST(:as_of AS date)", "import_id": "CAST(:import_id AS uuid)"}


def apply_dispatches(applying: Applying) -> None:
    """Lots first, then envelopes. A file of returns may leave kind and day empty for lots that are known."""
    applying.refuse_unknown_addressees()
    applying.refuse_duplicates(["lot_no", "document_no"])
    applying.refuse(
        "(s.kind IS NULL OR s.sent_on IS NULL) AND NOT EXISTS (SELECT 1 FROM document_lot t WHERE t.municipality_id = :m"
        " AND t.lot_no = s.lot_no) AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.lot_no = s.lot_no"
        " AND i.kind IS NOT NULL AND i.sent_on IS NOT NULL)",
        "kind",
        "'ロット「' || s.lot_no || '」は登録されていません。文書種別と発送日を書いてください'",
    )
    applying.refuse(
        "ROW(s.kind, s.sent_on) IS DISTINCT FROM ROW(s.first_kind, s.first_day)",
        "sent_on",
        "'同じロットの前の行と文書種別か発送日が違います。ロット番号を分けるか、そろえてください'",
        "(SELECT s.*, first_value(kind) OVER w AS first_kind, first_value(sent_on) OVER w AS first_day FROM incoming s"
        " WHERE kind IS NOT NULL AND sent_on IS NOT NULL WINDOW w AS (PARTITION BY lot_no ORDER BY row_no)) s",
    )
    applying.upsert(
        "document_lot",
        {"lot_no": "s.lot_no"},
        [
            Value("kind", "s.kind"),
            Value("sent_on", "s.sent_on"),
            Value("wording", "coalesce(s.wording, '')"),
            Value("purpose", "s.purpose"),
            Value("claim_group", "s.claim_group"),
            Value("unit_cost_yen", "s.unit_cost_yen"),
        ],
        stamps=_STAMPS,
        source="(SELECT DISTINCT ON (lot_no) * FROM incoming WHERE kind IS NOT NULL AND sent_on IS NOT NULL"
        " ORDER BY lot_no, row_no) s",
    )
    applying.add(
        applying.upsert(
            "document",
            {"lot_no": "s.lot_no", "document_no": "s.document_no"},
            [
                Value("addressee_no", "s.addressee_no"),
                Value("target_yen", "s.target_yen"),
                Value("withdrawn_on", "coalesce(s.withdrawn_on, o.withdrawn_on)"),
                Value("returned_on", "coalesce(s.returned_on, o.returned_on)"),
                Value("return_reason", "coalesce(s.return_reason, o.return_reason)"),
            ],
            source="incoming s LEFT JOIN document o ON o.municipality_id = :m AND o.lot_no = s.lot_no"
            " AND o.document_no = s.document_no",
        )
    )

"""停止・要注意 flags: imported ones follow the file, learned ones are the room's own."""

from __future__ import annotations

from casefile.intake.applying.context import NOT_REFUSED, Applying, Value

# A flag without a date of its own goes on from the day it was first imported with.
_STATED = """
CREATE TEMP TABLE stated ON COMMIT DROP AS
SELECT s.row_no, s.addressee_no, s.flag_code, s.valid_to, s.note,
       coalesce(s.valid_from, o.valid_from, CAST(:as_of AS date)) AS valid_from
  FROM incoming s
  LEFT JOIN LATERAL (
        SELECT t.valid_from FROM taxpayer_flag t
         WHERE t.municipality_id = :m AND t.addressee_no = s.addressee_no AND t.flag_code = s.flag_code
           AND t.source = 'import' AND (t.valid_to IS NULL OR t.valid_to >= CAST(:as_of AS date))
         ORDER BY t.valid_from DESC, t.flag_id LIMIT 1) o ON true
"""
_ID = (
    "md5(concat_ws(chr(31), 'taxpayer_flag', CAST(:m AS text), s.addressee_no, s.flag_code, s.valid_from::text))::uuid"
)


def apply_flags(applying: Applying) -> None:
    """Insert and change; in 全件 an absent imported flag was valid until the day before the 基準日."""
    applying.refuse(
        "NOT EXISTS (SELECT 1 FROM flag_rule f WHERE f.municipality_id = :m AND f.flag_code = s.flag_code)",
        "flag_code",
        "'フラグ「' || s.flag_code || '」の扱いが決まっていません。対応表のコード表で既存のフラグに合わせるか、規則を登録してください'",
    )
    applying.refuse_unknown_addressees()
    applying.refuse("s.valid_to < s.valid_from", "valid_to", "'終了日が開始日より前です。日付を確かめてください'")
    applying.run("DROP TABLE IF EXISTS pg_temp.stated")
    applying.run(_STATED)
    applying.refuse_duplicates_of("stated", ["addressee_no", "flag_code", "valid_from"])
    applying.add(
        applying.upsert(
            "taxpayer_flag",
            {"flag_id": _ID},
            [
                Value("addressee_no", "s.addressee_no"),
                Value("flag_code", "s.flag_code"),
                Value("valid_from", "s.valid_from", "flag_code"),
                Value("valid_to", "s.valid_to", "flag_code"),
                Value("note", "s.note"),
                Value("source", "'import'", "flag_code"),
                Value("set_by", "CAST(NULL AS uuid)", "flag_code"),
            ],
            stamps={"set_at": ":now", "as_of": "CAST(:as_of AS date)", "import_id": "CAST(:import_id AS uuid)"},
            source="stated s",
            shown=("s.addressee_no", "s.flag_code", "s.valid_from"),
        )
    )
    _note_conflicts(applying)
    if applying.may_close():
        applying.changes.closed = applying.run(
            "UPDATE taxpayer_flag t SET valid_to = CAST(:as_of AS date) - 1 WHERE t.municipality_id = :m"
            " AND t.source = 'import' AND (t.valid_to IS NULL OR t.valid_to >= CAST(:as_of AS date))"
            " AND NOT EXISTS (SELECT 1 FROM stated s WHERE s.addressee_no = t.addressee_no"
            f" AND s.flag_code = t.flag_code AND s.valid_from = t.valid_from) AND {NOT_REFUSED}"
        ).rowcount


def _note_conflicts(applying: Applying) -> None:
    applying.note_conflict(
        "SELECT s.row_no, s.addressee_no, '停止・要注意 ' || s.flag_code, '終了日 ' || s.valid_to,"
        " '現場の記録では' || coalesce(t.valid_to::text || 'まで', '期限なし') FROM stated s JOIN taxpayer_flag t"
        " ON t.municipality_id = :m AND t.addressee_no = s.addressee_no AND t.flag_code = s.flag_code"
        " AND t.source = 'learned' WHERE s.valid_to < CAST(:as_of AS date)"
        " AND (t.valid_to IS NULL OR t.valid_to >= CAST(:as_of AS date))"
    )

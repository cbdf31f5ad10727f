"""Phones: the file says what the office knows; what the room learned of a number stands."""

from __future__ import annotations

from casefile.intake.applying.context import NOT_REFUSED, Applying, Value

_OFFERED = """
CREATE TEMP TABLE offered ON COMMIT DROP AS
SELECT s.row_no, s.addressee_no, s.phone AS raw, s.raw_digits, s.e164, s.line_type, s.problem, s.holder,
       s.place AS place_in_file,
       coalesce(s.place, CASE s.line_type WHEN 'mobile' THEN 'mobile' ELSE 'home' END) AS place,
       coalesce(s.position, row_number() OVER (PARTITION BY s.addressee_no ORDER BY s.row_no))::integer AS position,
       o.source AS known_source, o.ng_reason, o.ng_at, o.holder AS known_holder, o.place AS known_place,
       o.phone_id AS known_id
  FROM incoming s
  LEFT JOIN phone o ON o.municipality_id = :m AND o.addressee_no = s.addressee_no AND o.raw_digits = s.raw_digits
"""
_ID = "md5(concat_ws(chr(31), 'phone', CAST(:m AS text), s.addressee_no, s.raw_digits))::uuid"
_MASKED = "'末尾' || right({0}, 2) || 'の番号'"


def apply_phones(applying: Applying) -> None:
    """Insert and change imported numbers; in 全件 drop absent ones the room has not confirmed."""
    applying.refuse("s.raw_digits = '-'", "phone", "s.problem || '。電話番号の列か確かめてください'")
    applying.refuse_unknown_addressees()
    applying.refuse_duplicates(["addressee_no", "raw_digits"])
    applying.run("DROP TABLE IF EXISTS pg_temp.offered")
    applying.run(_OFFERED)
    applying.run("ANALYZE offered")
    _note_conflicts(applying)
    counts = applying.upsert(
        "phone",
        {"addressee_no": "s.addressee_no", "raw_digits": "s.raw_digits"},
        [
            Value("phone_id", f"coalesce(s.known_id, {_ID})", "phone"),
            Value("position", "s.position", "phone"),
            Value("raw", "s.raw", "phone"),
            Value("e164", "s.e164", "phone"),
            Value("line_type", "s.line_type", "phone"),
            Value("place", "s.place"),
            Value("holder", "s.holder"),
            Value("source", "'import'", "phone"),
            Value("dropped_at", "CAST(NULL AS timestamptz)", "phone"),
        ],
        stamps={"as_of": "CAST(:as_of AS date)", "import_id": "CAST(:import_id AS uuid)"},
        source="(SELECT * FROM offered WHERE coalesce(known_source, 'import') = 'import') s",
    )
    learned = applying.run("SELECT count(*) FROM offered WHERE known_source = 'learned'").scalar_one()
    applying.add((counts[0], counts[1], counts[2] + learned))
    if applying.may_close():
        applying.changes.closed = _drop(applying)
    _note_problems(applying)


def _note_conflicts(applying: Applying) -> None:
    """Only what is news since the last file of phones, so that the list stays worth reading."""
    since = applying.last_applied_at
    applying.note_conflict(
        f"SELECT s.row_no, s.addressee_no, '使えない番号', {_MASKED.format('s.raw_digits')} || 'を掲載',"
        " 'NG(' || s.ng_reason || ')' FROM offered s WHERE s.ng_reason IS NOT NULL"
        " AND (CAST(:since AS timestamptz) IS NULL OR s.ng_at IS NULL OR s.ng_at > :since)",
        since=since,
    )
    for name, subject in (("holder", "電話の使用者"), ("place", "電話の設置場所")):
        if name in applying.mapped:
            stated = "s.holder" if name == "holder" else "s.place_in_file"
            applying.note_conflict(
                f"SELECT s.row_no, s.addressee_no, '{subject}', {stated}, s.known_{name} FROM offered s"
                f" WHERE s.known_source = 'learned' AND {stated} IS NOT NULL AND {stated} <> 'unknown'"
                f" AND s.known_{name} <> {stated}"
            )


def _drop(applying: Applying) -> int:
    absent = (
        "t.municipality_id = :m AND t.source = 'import' AND t.dropped_at IS NULL AND NOT EXISTS (SELECT 1 FROM offered s"
        f" WHERE s.addressee_no = t.addressee_no AND s.raw_digits = t.raw_digits) AND {NOT_REFUSED}"
    )
    applying.note_conflict(
        f"SELECT 0, t.addressee_no, '確認済みの番号', {_MASKED.format('t.raw_digits')} || 'がない', '通話で確認済み'"
        f" FROM phone t WHERE {absent} AND t.confirmed_at IS NOT NULL"
        " AND (CAST(:since AS timestamptz) IS NULL OR t.confirmed_at > :since)",
        since=applying.last_applied_at,
    )
    return applying.run(f"UPDATE phone t SET dropped_at = :now WHERE {absent} AND t.confirmed_at IS NULL").rowcount


def _note_problems(applying: Applying) -> None:
    rows = applying.run(
        "SELECT problem, count(*) AS many FROM offered WHERE problem IS NOT NULL GROUP BY problem ORDER BY problem"
    )
    applying.changes.notices.extend(f"かけない番号として登録: {row.many:,}件({row.problem})" for row in rows)

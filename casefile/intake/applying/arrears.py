"""滞納期別明細: the one file with a million rows, so each step passes over it once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from casefile.intake.applying.context import NOT_REFUSED, Applying
from casefile.intake.lines import rows_named

_MATCH = (
    "t.municipality_id = :m AND t.tax_code = s.tax_code AND t.levy_year = s.levy_year"
    " AND t.assessed_year = s.assessed_year AND t.period = s.period AND t.notice_no = s.notice_no"
    " AND t.addressee_no = s.addressee_no"
)
_FISCAL_YEAR = "extract(year FROM CAST(:as_of AS date) - interval '3 months')::integer"
_CATEGORY = f"coalesce(s.category, CASE WHEN s.levy_year < {_FISCAL_YEAR} THEN 'carried' ELSE 'current' END)"
_ALWAYS = {"category", "assessed_yen", "unpaid_yen", "interest_base_yen", "due_date"}
_VALUES = (
    "assessed_yen",
    "unpaid_yen",
    "demand_fee_yen",
    "interest_yen",
    "interest_base_yen",
    "due_date",
    "demand_notice_date",
    "limitation_date",
)
_PAID_AT_ALL = "SELECT arrears_id FROM receipt WHERE municipality_id = :m AND arrears_id IS NOT NULL"
_LARGEST_DROP = 0.05
_SAMPLES = 5


def apply_arrears(applying: Applying) -> None:
    """Insert, change and (全件) close; then take off again what receipts since the 基準日 paid."""
    changes = applying.changes
    applying.refuse_unknown_taxes()
    applying.refuse_unknown_addressees()
    applying.refuse_duplicates(applying.kind.key)
    _note_more_than_assessed(applying)
    before = _open(applying)
    _look_for_drop(applying, before.rows, before.yen)
    changes.yen_before = before.yen
    _count(applying)
    _update(applying)
    changes.inserted = _insert(applying)
    if applying.may_close():
        changes.closed = _close(applying)
    link_receipts(applying)
    recompute_provisional(applying)
    changes.yen_after = _open(applying).yen


def _open(applying: Applying) -> Row[Any]:
    return applying.run(
        "SELECT count(*) AS rows, coalesce(sum(unpaid_yen), 0)::bigint AS yen FROM arrears"
        " WHERE municipality_id = :m AND closed_on IS NULL"
    ).one()


def _note_more_than_assessed(applying: Applying) -> None:
    """未納額 is principal alone and cannot exceed what was assessed; a column that holds interest too would look like this."""
    found = applying.run(
        f"SELECT count(*) AS rows, (array_agg(row_no ORDER BY row_no))[1:{_SAMPLES}] AS first_rows FROM incoming"
        " WHERE unpaid_yen > assessed_yen"
    ).one()
    if found.rows:
        places = rows_named(found.first_rows, found.rows)
        applying.changes.notices.append(
            f"未納額が調定額より多い行が{found.rows:,}行あります({places})。ファイルのとおり取り込みました。"
            "未納額は本税(料)だけです。延滞金を含む列を当てていないか、基幹システムで確かめてください。"
        )


def _look_for_drop(applying: Applying, rows_before: int, yen_before: int) -> None:
    if not applying.full or not rows_before:
        return
    now = applying.run("SELECT count(*) AS rows, coalesce(sum(unpaid_yen), 0)::bigint AS yen FROM incoming").one()
    fewer_rows = 1 - now.rows / rows_before
    fewer_yen = 1 - now.yen / yen_before if yen_before else 0.0
    if max(fewer_rows, fewer_yen) > _LARGEST_DROP:
        applying.changes.needs_confirmation = (
            f"滞納が前回より大きく減ります(行 {rows_before:,}→{now.rows:,}、未納額 {yen_before:,}円→{now.yen:,}円)。"
            "ファイルが途中までのものでないか確かめ、正しければ --confirm-drop を付けて実行してください"
        )


def _updated(applying: Applying) -> list[str]:
    return [name for name in _VALUES if name in applying.mapped or name in _ALWAYS]


def _differs(applying: Applying) -> str:
    names = _updated(applying)
    old = ", ".join(f"t.{name}" for name in names)
    new = ", ".join(f"s.{name}" for name in names)
    return f"(t.closed_on IS NOT NULL OR ROW(t.category, {old}) IS DISTINCT FROM ROW({_CATEGORY}, {new}))"


def _count(applying: Applying) -> None:
    differs = _differs(applying)
    found = applying.run(
        f"SELECT count(*) AS known, count(*) FILTER (WHERE {differs}) AS changed,"
        f" (array_agg(s.row_no ORDER BY s.row_no) FILTER (WHERE {differs}))[1:{_SAMPLES}] AS first_rows"
        f" FROM incoming s JOIN arrears t ON {_MATCH}"
    ).one()
    applying.changes.changed = found.changed
    applying.changes.unchanged = found.known - found.changed
    if found.changed:
        rows = applying.run(
            f"SELECT s.addressee_no, s.tax_code, s.levy_year, s.period, t.unpaid_yen AS before, s.unpaid_yen AS after"
            f" FROM (SELECT * FROM incoming WHERE row_no = ANY(:first_rows)) s JOIN arrears t ON {_MATCH} ORDER BY s.row_no",
            first_rows=found.first_rows,
        )
        applying.changes.samples.extend(
            f"変更 {row.addressee_no} {row.tax_code} {row.levy_year}年度{row.period}期 {row.before:,}円→{row.after:,}円"
            for row in rows
        )


def _update(applying: Applying) -> None:
    """Every row of the file gets the new 基準日, since what is posted until then is contained in it."""
    if not applying.changes.changed + applying.changes.unchanged:
        return
    sets = ", ".join(f"{name} = s.{name}" for name in _updated(applying))
    applying.run(
        f"UPDATE arrears t SET category = {_CATEGORY}, {sets}, closed_on = NULL, as_of = :as_of, import_id = :import_id"
        f" FROM incoming s WHERE {_MATCH}"
    )


def _insert(applying: Applying) -> int:
    columns = ", ".join(_VALUES)
    known = applying.changes.changed + applying.changes.unchanged
    # OFFSET 0 keeps the search for new rows to itself, where the planner knows how many rows there are.
    new = f"(SELECT s.* FROM incoming s WHERE NOT EXISTS (SELECT 1 FROM arrears t WHERE {_MATCH}) OFFSET 0)"
    inserted = applying.run(
        "INSERT INTO arrears (municipality_id, addressee_no, tax_code, claim_group, levy_year, assessed_year, period,"
        f" notice_no, category, provisional_paid_yen, as_of, import_id, {columns})"
        " SELECT :m, s.addressee_no, s.tax_code, i.claim_group, s.levy_year, s.assessed_year, s.period, s.notice_no,"
        f" {_CATEGORY}, 0, :as_of, :import_id, {', '.join(f's.{name}' for name in _VALUES)}"
        f" FROM {new if known else 'incoming'} s JOIN tax_item i ON i.municipality_id = :m AND i.tax_code = s.tax_code"
        " ORDER BY s.addressee_no, s.tax_code, s.levy_year, s.assessed_year, s.period, s.notice_no"
    ).rowcount
    if inserted:
        rows = applying.run(
            "SELECT addressee_no, tax_code, levy_year, period, unpaid_yen FROM incoming ORDER BY row_no LIMIT 1"
            if not known
            else "SELECT addressee_no, tax_code, levy_year, period, unpaid_yen FROM arrears t"
            " WHERE municipality_id = :m AND import_id = :import_id ORDER BY arrears_id DESC LIMIT 1"
        )
        applying.changes.samples.extend(
            f"追加 {row.addressee_no} {row.tax_code} {row.levy_year}年度{row.period}期 {row.unpaid_yen:,}円"
            for row in rows
        )
    return inserted


def _close(applying: Applying) -> int:
    return applying.run(
        "UPDATE arrears t SET closed_on = :as_of WHERE municipality_id = :m AND closed_on IS NULL"
        f" AND import_id IS DISTINCT FROM :import_id AND {NOT_REFUSED}"
    ).rowcount


def link_receipts(applying: Applying) -> None:
    """Give receipts that came before their arrears row the row they are about."""
    applying.run(
        "UPDATE receipt r SET arrears_id = t.arrears_id FROM arrears t WHERE r.municipality_id = :m"
        " AND r.arrears_id IS NULL AND t.municipality_id = :m AND t.addressee_no = r.addressee_no"
        " AND t.tax_code = r.tax_code AND t.levy_year = r.levy_year AND t.assessed_year = r.assessed_year"
        " AND t.period = r.period AND t.notice_no = r.notice_no"
    )


def recompute_provisional(applying: Applying, which: str = _PAID_AT_ALL) -> int:
    """`provisional_paid_yen` anew from the receipts, for the `arrears_id`s the query `which` yields.

    What is posted up to the row's 基準日 is contained in `unpaid_yen` already; what is cancelled was never paid.
    """
    return applying.run(
        "UPDATE arrears t SET provisional_paid_yen = n.yen FROM ("
        " SELECT a.arrears_id, coalesce(sum(r.principal_yen) FILTER (WHERE r.cancelled_on IS NULL"
        " AND (r.posted_on IS NULL OR r.posted_on > a.as_of)), 0)::bigint AS yen"
        " FROM arrears a LEFT JOIN receipt r ON r.municipality_id = :m AND r.arrears_id = a.arrears_id"
        f" WHERE a.municipality_id = :m AND a.arrears_id IN ({which}) GROUP BY a.arrears_id) n"
        " WHERE t.municipality_id = :m AND t.arrears_id = n.arrears_id AND t.provisional_paid_yen <> n.yen"
    ).rowcount

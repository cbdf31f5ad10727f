"""収納: 速報 lowers what is outstanding at once, 速報取消 raises it again, 確報 takes the place of the 速報."""

from __future__ import annotations

from casefile.intake.applying.arrears import recompute_provisional
from casefile.intake.applying.context import Applying, Value

# Of several rows of one receipt the 確報 counts, otherwise the last one.
_SETTLED = """
CREATE TEMP TABLE settled ON COMMIT DROP AS
SELECT s.row_no, s.receipt_no, s.addressee_no, s.tax_code, s.levy_year, s.assessed_year, s.period, s.notice_no,
       s.received_on, s.method,
       CASE s.stage WHEN 'final' THEN 'final' ELSE 'flash' END AS stage,
       CASE WHEN s.stage = 'final' THEN coalesce(s.posted_on, CASE WHEN o.stage = 'final' THEN o.posted_on END,
            CAST(:as_of AS date)) ELSE s.posted_on END AS posted_on,
       CASE WHEN s.stage = 'cancel' THEN coalesce(o.cancelled_on, CAST(:as_of AS date)) END AS cancelled_on,
       CASE WHEN s.stage = 'cancel' THEN coalesce(o.principal_yen, abs(s.principal_yen)) ELSE s.principal_yen END
            AS principal_yen,
       CASE WHEN s.stage = 'cancel' THEN coalesce(o.interest_yen, s.interest_yen) ELSE s.interest_yen END AS interest_yen,
       CASE WHEN s.stage = 'cancel' THEN coalesce(o.demand_fee_yen, s.demand_fee_yen) ELSE s.demand_fee_yen END
            AS demand_fee_yen,
       coalesce(s.fiscal_year, extract(year FROM s.received_on - interval '3 months')::integer) AS fiscal_year,
       coalesce(a.arrears_id, only_one.arrears_id) AS arrears_id,
       o.arrears_id AS arrears_before
  FROM (SELECT DISTINCT ON (receipt_no) * FROM incoming ORDER BY receipt_no, stage = 'final' DESC, row_no DESC) s
  LEFT JOIN receipt o ON o.municipality_id = :m AND o.receipt_no = s.receipt_no
  LEFT JOIN arrears a ON a.municipality_id = :m AND a.tax_code = s.tax_code AND a.levy_year = s.levy_year
        AND a.assessed_year = s.assessed_year AND a.period = s.period AND a.notice_no = s.notice_no
        AND a.addressee_no = s.addressee_no
  LEFT JOIN LATERAL (
        SELECT min(c.arrears_id) AS arrears_id FROM arrears c
         WHERE s.notice_no = '' AND a.arrears_id IS NULL AND c.municipality_id = :m
           AND c.addressee_no = s.addressee_no AND c.tax_code = s.tax_code AND c.levy_year = s.levy_year
           AND c.assessed_year = s.assessed_year AND c.period = s.period
        HAVING count(*) = 1) only_one ON true
 WHERE NOT (coalesce(o.stage, '') = 'final' AND s.stage <> 'final')
"""
_ALWAYS = "receipt_no"


def apply_receipts(applying: Applying) -> None:
    """Insert and replace receipts, then take them off the arrears they are about."""
    changes = applying.changes
    applying.refuse_unknown_taxes()
    applying.refuse(
        "s.stage <> 'cancel' AND s.principal_yen < 0",
        "principal_yen",
        "'負の金額です。取り消すときは速報確報区分を「速報取消」にしてください'",
    )
    changes.yen_before = _outstanding(applying)
    rows = applying.run("SELECT count(*) FROM incoming").scalar_one()
    applying.run("DROP TABLE IF EXISTS pg_temp.settled, pg_temp.touched")
    applying.run(_SETTLED)
    applying.run("CREATE INDEX ON settled (receipt_no)")
    applying.run("ANALYZE settled")
    applying.run(
        "CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT arrears_id FROM settled WHERE arrears_id IS NOT NULL"
        " UNION SELECT arrears_before FROM settled WHERE arrears_before IS NOT NULL"
    )
    inserted, changed, _ = applying.upsert(
        "receipt",
        {"receipt_no": "s.receipt_no"},
        [
            Value("arrears_id", "s.arrears_id", _ALWAYS),
            *(
                Value(name, f"s.{name}")
                for name in ("addressee_no", "tax_code", "levy_year", "assessed_year", "period", "notice_no")
            ),
            Value("received_on", "s.received_on"),
            Value("posted_on", "s.posted_on", _ALWAYS),
            Value("principal_yen", "s.principal_yen"),
            Value("interest_yen", "s.interest_yen"),
            Value("demand_fee_yen", "s.demand_fee_yen"),
            Value("stage", "s.stage"),
            Value("method", "s.method"),
            Value("fiscal_year", "s.fiscal_year"),
            Value("cancelled_on", "s.cancelled_on", _ALWAYS),
        ],
        stamps={"as_of": "CAST(:as_of AS date)", "loaded_at": ":now", "import_id": ":import_id"},
        source="settled s",
    )
    # Rows that another row of the same receipt, or an earlier 確報, outdid were read and changed nothing.
    applying.add((inserted, changed, rows - inserted - changed))
    recompute_provisional(applying, "SELECT arrears_id FROM touched")
    changes.yen_after = _outstanding(applying)
    _note_overpaid(applying)


def _outstanding(applying: Applying) -> int:
    return int(
        applying.run(
            "SELECT coalesce(sum(outstanding_yen), 0)::bigint FROM arrears WHERE municipality_id = :m"
        ).scalar_one()
    )


def _note_overpaid(applying: Applying) -> None:
    count = applying.run(
        "SELECT count(*) FROM arrears a JOIN touched t USING (arrears_id) WHERE a.municipality_id = :m"
        " AND a.closed_on IS NULL AND a.provisional_paid_yen > a.unpaid_yen"
    ).scalar_one()
    if count:
        applying.changes.notices.append(f"収納額が未納額を超えた期別が{count:,}件あります(未納0円として扱います)。")

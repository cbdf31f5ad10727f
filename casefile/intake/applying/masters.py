"""地区, 税目・期別・納期限 and 月次集計: what the other files and the reports lean on."""

from __future__ import annotations

import json

from casefile.intake.applying.context import Applying, Value
from casefile.interest import known_terms, published_rates

_GROUP = "CASE WHEN s.claim_class IN ('local_tax', 'compulsory_public') THEN 'compulsory' ELSE 'ordinary' END"
_STAMPS = {"as_of": "CAST(:as_of AS date)", "import_id": "CAST(:import_id AS uuid)"}


def apply_districts(applying: Applying) -> None:
    """Insert and change; a district is never removed, since people live in it."""
    applying.refuse_duplicates(["district_code"])
    applying.add(
        applying.upsert(
            "district",
            {"district_code": "s.district_code"},
            [
                Value("branch", "coalesce(s.branch, '')"),
                Value("area", "coalesce(s.area, '')"),
                Value("town", "s.town"),
                Value("latitude", "s.latitude"),
                Value("longitude", "s.longitude"),
                Value("source", "coalesce(s.source, '')"),
            ],
        )
    )


def apply_taxes(applying: Applying) -> None:
    """Taxes and their periods, one row per period; a tax's own columns must be the same in each of its rows."""
    _refuse_strange_taxes(applying)
    applying.refuse_duplicates(applying.kind.key)
    # A row without a period is about the tax alone and counts as that; the others count by their period.
    applying.add(_upsert_items(applying, "EXISTS"))
    _upsert_items(applying, "NOT EXISTS")
    periods = applying.upsert(
        "tax_period",
        {"tax_code": "s.tax_code", "levy_year": "s.levy_year", "period": "s.period"},
        [
            Value(
                "name", "coalesce(s.period_name, CASE s.period WHEN 0 THEN '全期' ELSE s.period || '期' END)", "period"
            ),
            Value("due_date", "s.due_date"),
        ],
        source="(SELECT * FROM incoming WHERE levy_year IS NOT NULL) s",
    )
    applying.add(periods)
    if applying.full and not applying.run("SELECT 1 FROM refused LIMIT 1").first():
        applying.changes.closed = applying.run(
            "DELETE FROM tax_period t WHERE t.municipality_id = :m AND NOT EXISTS (SELECT 1 FROM incoming s"
            " WHERE s.tax_code = t.tax_code AND s.levy_year = t.levy_year AND s.period = t.period)"
        ).rowcount


def _refuse_strange_taxes(applying: Applying) -> None:
    attributes = "tax_name, tax_short_name, claim_class, limitation_years, interest_rule, interest_terms"
    applying.refuse(
        "s.differs",
        "tax_code",
        "'同じ税目コードの前の行と、税目名・債権区分・時効年数・延滞金のどれかが違います。そろえてください'",
        f"(SELECT s.*, ROW({attributes}) IS DISTINCT FROM first_value(ROW({attributes})) OVER"
        " (PARTITION BY tax_code ORDER BY row_no) AS differs FROM incoming s) s",
    )
    applying.refuse(
        "(s.levy_year IS NULL) <> (s.due_date IS NULL) OR (s.levy_year IS NULL) <> (s.period IS NULL)",
        "due_date",
        "'賦課年度・期別・納期限は三つとも書くか、三つとも空にしてください'",
    )
    _refuse_unknown(applying, "interest_rule", sorted(published_rates()))
    _refuse_unknown(applying, "interest_terms", sorted(known_terms()))
    applying.refuse(
        f"EXISTS (SELECT 1 FROM tax_item t JOIN arrears a ON a.municipality_id = :m AND a.tax_code = t.tax_code"
        f" WHERE t.municipality_id = :m AND t.tax_code = s.tax_code AND t.claim_group <> {_GROUP})",
        "claim_class",
        "'この税目には滞納があり、債権区分をまたいで変えることはできません。別の税目コードにしてください'",
    )


def _refuse_unknown(applying: Applying, column: str, known: list[str]) -> None:
    listed = ", ".join(f"'{word}'" for word in known)
    applying.refuse(
        f"s.{column} NOT IN ({listed})",
        column,
        f"'「' || s.{column} || '」は使えません。{'・'.join(known)} のどれかです'",
    )


def _upsert_items(applying: Applying, with_a_row_of_its_own: str) -> tuple[int, int, int]:
    cases = " ".join(
        f"WHEN '{name}' THEN '{json.dumps(terms.to_json())}'::jsonb" for name, terms in sorted(known_terms().items())
    ).replace(":", "\\:")
    return applying.upsert(
        "tax_item",
        {"tax_code": "s.tax_code"},
        [
            Value("name", "s.tax_name", "tax_name"),
            Value("short_name", "coalesce(s.tax_short_name, s.tax_name)", "tax_name"),
            Value("claim_class", "s.claim_class"),
            Value("claim_group", _GROUP, "claim_class"),
            Value("limitation_years", "s.limitation_years"),
            Value("interest_rule", "s.interest_rule"),
            Value("interest_terms", f"CASE s.interest_terms {cases} END"),
        ],
        source="(SELECT DISTINCT ON (i.tax_code) i.* FROM incoming i WHERE "
        f"{with_a_row_of_its_own} (SELECT 1 FROM incoming a WHERE a.tax_code = i.tax_code AND a.levy_year IS NULL)"
        " ORDER BY i.tax_code, i.row_no) s",
    )


def apply_totals(applying: Applying) -> None:
    """Monthly totals, month by month; a later file corrects an earlier one."""
    applying.refuse_unknown_taxes()
    applying.refuse_duplicates(applying.kind.key)
    applying.add(
        applying.upsert(
            "levy_total",
            {name: f"s.{name}" for name in ("fiscal_year", "tax_code", "period", "category")}
            | {"month": "s.month::smallint"},
            [Value(name, f"s.{name}") for name in ("levied_yen", "received_yen", "refund_due_yen", "written_off_yen")],
            stamps=_STAMPS,
        )
    )

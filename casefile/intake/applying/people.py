"""宛名 and 世帯: persons, companies, who speaks for them, and whom they live with."""

from __future__ import annotations

from casefile.intake.applying.context import Applying, Value

_OWN = "CASE s.kind WHEN 'company' THEN 'C-' ELSE 'S-' END || s.addressee_no"
_HOUSEHOLD = f"coalesce(s.household_no, o.household_id, {_OWN})"


def apply_addressees(applying: Applying) -> None:
    """Insert and change; nobody is ever removed, since records and receipts point to people."""
    applying.refuse_duplicates(["addressee_no"])
    applying.refuse(
        "s.district_code IS NOT NULL AND NOT EXISTS (SELECT 1 FROM district d"
        " WHERE d.municipality_id = :m AND d.district_code = s.district_code)",
        "district_code",
        "'地区コード「' || s.district_code || '」は登録されていません。地区ファイルを取り込むか、空にしてください'",
    )
    source = "incoming s LEFT JOIN taxpayer o ON o.municipality_id = :m AND o.addressee_no = s.addressee_no"
    applying.run(
        "INSERT INTO household (municipality_id, household_id, kind, head_addressee_no, import_id)"
        f" SELECT DISTINCT ON (household_id) :m, household_id, kind, NULL, CAST(:import_id AS uuid) FROM ("
        f" SELECT {_HOUSEHOLD} AS household_id, CASE WHEN s.household_no IS NOT NULL THEN 'resident'"
        f" WHEN s.kind = 'company' THEN 'company' ELSE 'single' END AS kind FROM {source}) n"
        " ORDER BY household_id, kind ON CONFLICT DO NOTHING"
    )
    counts = applying.upsert(
        "taxpayer",
        {"addressee_no": "s.addressee_no"},
        [
            Value("kind", "s.kind"),
            Value("name", "s.name"),
            Value("name_kana", "coalesce(s.name_kana, '')"),
            Value("kana_key", "coalesce(s.kana_key, '')", "name_kana"),
            Value("birth_date", "s.birth_date"),
            Value("postal_code", "s.postal_code"),
            Value("address", "s.address"),
            Value("district_code", "s.district_code"),
            Value("outside_city", "s.outside_city"),
            Value("delivery_name", "s.delivery_name"),
            Value("delivery_postal_code", "s.delivery_postal_code"),
            Value("delivery_address", "s.delivery_address"),
            Value("household_id", _HOUSEHOLD, "household_no"),
            Value("relation_to_head", "s.relation_to_head"),
            Value("contact_person_name", "s.contact_person_name"),
            Value("contact_person_post", "s.contact_person_post"),
            Value("language", "s.language"),
            Value("whereabouts", "s.whereabouts"),
        ],
        stamps={"as_of": "CAST(:as_of AS date)", "import_id": "CAST(:import_id AS uuid)"},
        source=source,
    )
    applying.add(counts)
    _apply_representatives(applying)
    _set_heads(applying, "incoming s", "s.household_no", "s.relation_to_head")
    if applying.full:
        absent = applying.run(
            "SELECT count(*) FROM taxpayer t WHERE t.municipality_id = :m AND NOT EXISTS"
            " (SELECT 1 FROM incoming s WHERE s.addressee_no = t.addressee_no)"
        ).scalar_one()
        if absent:
            applying.changes.notices.append(f"ファイルにない宛名が{absent:,}件あります。記録があるため残しています。")


def _apply_representatives(applying: Applying) -> None:
    if "representative_kind" not in applying.mapped:
        return
    applying.upsert(
        "representative",
        {"addressee_no": "s.addressee_no", "seq": "1"},
        [
            Value("kind", "s.representative_kind", "representative_kind"),
            Value("name", "coalesce(s.representative_name, '')", "representative_name"),
            Value("name_kana", "s.representative_kana", "representative_kana"),
            Value("address", "s.representative_address", "representative_address"),
            Value("phone_raw", "s.representative_phone", "representative_phone"),
            Value("delegation_confirmed", "s.delegation_confirmed", "delegation_confirmed"),
        ],
        source="(SELECT * FROM incoming WHERE representative_kind IS NOT NULL) s",
    )
    applying.run(
        "DELETE FROM representative t USING incoming s WHERE t.municipality_id = :m AND t.seq = 1"
        " AND t.addressee_no = s.addressee_no AND s.representative_kind IS NULL"
    )


def _set_heads(applying: Applying, source: str, household: str, relation: str) -> None:
    applying.run(
        "UPDATE household t SET head_addressee_no = n.addressee_no FROM ("
        f" SELECT {household} AS household_id, min(s.addressee_no) AS addressee_no FROM {source}"
        f" WHERE {household} IS NOT NULL AND {relation} IN ('世帯主', '本人') GROUP BY 1) n"
        " WHERE t.municipality_id = :m AND t.household_id = n.household_id"
        " AND t.head_addressee_no IS DISTINCT FROM n.addressee_no"
    )


def apply_households(applying: Applying) -> None:
    """One row per member: moves people between households; attempts keep the one they were made under."""
    applying.refuse_duplicates(["addressee_no"])
    applying.refuse_unknown_addressees()
    applying.run(
        "INSERT INTO household (municipality_id, household_id, kind, head_addressee_no, import_id)"
        " SELECT DISTINCT :m, s.household_no, 'resident', NULL, CAST(:import_id AS uuid) FROM incoming s"
        " ORDER BY s.household_no ON CONFLICT DO NOTHING"
    )
    counted = applying.run(
        "SELECT count(*) AS total, count(*) FILTER (WHERE t.household_id <> s.household_no OR"
        " (:with_relation AND t.relation_to_head IS DISTINCT FROM s.relation_to_head)) AS changed FROM incoming s"
        " JOIN taxpayer t ON t.municipality_id = :m AND t.addressee_no = s.addressee_no",
        with_relation="relation_to_head" in applying.mapped,
    ).one()
    relation = ", relation_to_head = s.relation_to_head" if "relation_to_head" in applying.mapped else ""
    applying.run(
        f"UPDATE taxpayer t SET household_id = s.household_no{relation} FROM incoming s"
        " WHERE t.municipality_id = :m AND t.addressee_no = s.addressee_no AND (t.household_id <> s.household_no OR"
        " (:with_relation AND t.relation_to_head IS DISTINCT FROM s.relation_to_head))",
        with_relation="relation_to_head" in applying.mapped,
    )
    _set_heads(applying, "incoming s", "s.household_no", "s.relation_to_head")
    applying.run(
        "UPDATE household t SET head_addressee_no = n.head FROM (SELECT household_no, min(head_addressee_no) AS head"
        " FROM incoming WHERE head_addressee_no IS NOT NULL GROUP BY household_no) n"
        " WHERE t.municipality_id = :m AND t.household_id = n.household_no AND t.head_addressee_no IS DISTINCT FROM n.head"
    )
    applying.add((0, counted.changed, counted.total - counted.changed))

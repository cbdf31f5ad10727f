"""約束 and 分納 from the core system: one row per part, and rows that name the periods they are about."""

from __future__ import annotations

from casefile.city import load_city
from casefile.intake.applying.context import NOT_REFUSED, Applying, Value

_PROMISE_ID = "md5(concat_ws(chr(31), 'promise', CAST(:m AS text), s.agreement_no))::uuid"
_PROMISE_STATES = "'open', 'kept', 'late', 'partly', 'broken', 'cancelled', 'superseded'"
_PLAN_STATES = "'kept', 'broken', 'completed', 'cancelled'"

_AGREED = """
CREATE TEMP TABLE agreed ON COMMIT DROP AS
SELECT min(s.row_no) AS row_no, count(*) AS rows, s.record_type, s.agreement_no, min(s.addressee_no) AS addressee_no,
       min(s.claim_group) AS claim_group, min(s.made_on) AS made_on, sum(s.part_yen)::bigint AS yen,
       max(s.due_on) AS last_due_on, min(s.method) AS method,
       coalesce(min(s.state), CASE s.record_type WHEN 'promise' THEN 'open' ELSE 'kept' END) AS state
  FROM incoming s WHERE s.record_type IN ('promise', 'plan') GROUP BY s.record_type, s.agreement_no
"""


def apply_promises(applying: Applying) -> None:
    """Refuse what does not hang together, then promises, plans and their targets."""
    _check(applying)
    applying.run("UPDATE incoming SET part_no = 1 WHERE part_no IS NULL AND record_type IN ('promise', 'plan')")
    applying.refuse_duplicates(applying.kind.key)
    applying.run("DROP TABLE IF EXISTS pg_temp.agreed, pg_temp.judged_from, pg_temp.kept_promise")
    applying.run(_AGREED)
    _set_judgement_days(applying)
    _apply_promises(applying)
    _apply_plans(applying)
    _apply_targets(applying)
    if applying.may_close():
        applying.changes.closed = applying.run(
            "UPDATE instalment_plan t SET state = 'cancelled', as_of = :as_of WHERE t.municipality_id = :m"
            " AND t.state IN ('kept', 'broken') AND NOT EXISTS (SELECT 1 FROM agreed s WHERE s.record_type = 'plan'"
            f" AND s.agreement_no = t.plan_no) AND {NOT_REFUSED}"
        ).rowcount


def _check(applying: Applying) -> None:
    part = "s.record_type IN ('promise', 'plan')"
    for column, what in (("made_on", "約束日"), ("due_on", "期日")):
        applying.refuse(f"{part} AND s.{column} IS NULL", column, f"'{what}が空です。約束・分納の行には必須です'")
    applying.refuse(f"{part} AND coalesce(s.part_yen, 0) = 0", "part_yen", "'金額が空か0円です。1円以上にしてください'")
    applying.refuse(f"{part} AND s.due_on < s.made_on", "due_on", "'期日が約束日より前です。日付を確かめてください'")
    for kind, states in (("promise", _PROMISE_STATES), ("plan", _PLAN_STATES)):
        applying.refuse(
            f"s.record_type = '{kind}' AND s.state IS NOT NULL AND s.state NOT IN ({states})",
            "state",
            "'この種別では使えない状態です。約束は約束中・履行・不履行・取消など、分納は履行中・不履行・完納・取消です'",
        )
    applying.refuse_unknown_addressees()
    applying.refuse(
        "ROW(s.addressee_no, s.claim_group, s.made_on) IS DISTINCT FROM ROW(s.who, s.which, s.day)",
        "agreement_no",
        "'同じ管理番号の前の行と、宛名番号・債権の別・約束日のどれかが違います。そろえてください'",
        "(SELECT s.*, first_value(addressee_no) OVER w AS who, first_value(claim_group) OVER w AS which,"
        " first_value(made_on) OVER w AS day FROM incoming s WHERE record_type IN ('promise', 'plan')"
        " WINDOW w AS (PARTITION BY record_type, agreement_no ORDER BY row_no)) s",
    )
    applying.refuse(
        "s.record_type IN ('promise_target', 'plan_target') AND s.arrears_id IS NULL",
        "period",
        "'対象の期別が滞納期別明細にありません。税目・年度・期別・通知書番号を確かめてください'",
        f"({_targets()}) s",
    )
    applying.refuse(
        "s.record_type IN ('promise_target', 'plan_target') AND NOT EXISTS (SELECT 1 FROM incoming i"
        " WHERE i.agreement_no = s.agreement_no AND i.record_type = split_part(s.record_type, '_', 1))"
        f" AND NOT (s.record_type = 'promise_target' AND EXISTS (SELECT 1 FROM promise p WHERE p.municipality_id = :m"
        f" AND p.promise_id = {_PROMISE_ID})) AND NOT (s.record_type = 'plan_target' AND EXISTS"
        " (SELECT 1 FROM instalment_plan p WHERE p.municipality_id = :m AND p.plan_no = s.agreement_no))",
        "agreement_no",
        "'この管理番号の約束・分納がありません。先にその行を書いてください'",
    )
    applying.refuse(
        "s.another IS NOT NULL",
        "agreement_no",
        "'同じ人・同じ債権の約束中の約束が、このファイルの管理番号「' || s.another || '」にもあります。一つにしてください'",
        "(SELECT s.*, (SELECT min(i.agreement_no) FROM incoming i WHERE i.record_type = 'promise'"
        " AND coalesce(i.state, 'open') = 'open' AND i.addressee_no = s.addressee_no AND i.claim_group = s.claim_group"
        " AND i.agreement_no < s.agreement_no) AS another FROM incoming s"
        " WHERE s.record_type = 'promise' AND coalesce(s.state, 'open') = 'open') s",
    )


def _targets() -> str:
    return (
        "SELECT s.*, a.arrears_id FROM incoming s LEFT JOIN arrears a ON a.municipality_id = :m"
        " AND a.addressee_no = s.addressee_no AND a.tax_code = s.tax_code AND a.levy_year = s.levy_year"
        " AND a.assessed_year = s.assessed_year AND a.period = s.period AND a.notice_no = s.notice_no"
        " WHERE s.record_type IN ('promise_target', 'plan_target')"
    )


def _set_judgement_days(applying: Applying) -> None:
    """履行判定日 of each due date: lateness and booking lag in 開庁日 after it (REPORTS.md §6.0)."""
    city = load_city(applying.conn, applying.municipality_id)
    days = city.settings.promise_lateness_open_days + city.settings.booking_lag_open_days
    applying.run("CREATE TEMP TABLE judged_from (due_on date PRIMARY KEY, judge_on date NOT NULL) ON COMMIT DROP")
    due = applying.run("SELECT DISTINCT due_on FROM incoming WHERE record_type = 'promise' ORDER BY due_on").scalars()
    for day in due.all():
        applying.run(
            "INSERT INTO judged_from VALUES (:due_on, :judge_on)",
            due_on=day,
            judge_on=city.calendar.add_open_days(day, days),
        )


def _apply_promises(applying: Applying) -> None:
    # A promise the room has taken, or already judged, is the room's: the file's word about it is only listed.
    applying.run(
        "CREATE TEMP TABLE kept_promise ON COMMIT DROP AS"
        f" SELECT s.agreement_no, s.row_no, s.addressee_no, s.rows, o.promised_yen, o.last_due_on, o.state, {_PROMISE_ID} AS own_id,"
        " o.promise_id FROM agreed s JOIN promise o ON o.municipality_id = :m WHERE s.record_type = 'promise'"
        f" AND ((o.promise_id = {_PROMISE_ID} AND o.state <> 'open') OR (o.promise_id <> {_PROMISE_ID} AND s.state = 'open'"
        " AND o.state = 'open' AND o.addressee_no = s.addressee_no AND o.claim_group = s.claim_group))"
    )
    applying.note_conflict(
        "SELECT k.row_no, k.addressee_no, '納付約束', a.yen || '円 ' || a.last_due_on || 'まで',"
        " k.promised_yen || '円 ' || k.last_due_on || 'まで(約束中)' FROM kept_promise k"
        " JOIN agreed a ON a.agreement_no = k.agreement_no AND a.record_type = 'promise' WHERE k.promise_id <> k.own_id"
    )
    taken = (
        "s.record_type = 'promise' AND NOT EXISTS (SELECT 1 FROM kept_promise k WHERE k.agreement_no = s.agreement_no)"
    )
    applying.upsert(
        "promise",
        {"promise_id": _PROMISE_ID},
        [
            Value("addressee_no", "s.addressee_no"),
            Value("claim_group", "s.claim_group", "addressee_no"),
            Value("made_on", "s.made_on"),
            Value("made_at", "s.made_on::timestamp AT TIME ZONE 'Asia/Tokyo'", "made_on"),
            Value("promised_yen", "s.yen", "part_yen"),
            Value("last_due_on", "s.last_due_on", "due_on"),
            Value("judge_on", "j.judge_on", "due_on"),
            Value("method", "s.method"),
            Value("state", "s.state"),
            Value("paid_yen", "0", "never"),
            Value("source", "'import'", "agreement_no"),
        ],
        stamps={"import_id": "CAST(:import_id AS uuid)"},
        source=f"(SELECT s.* FROM agreed s WHERE {taken}) s JOIN judged_from j ON j.due_on = s.last_due_on",
    )
    applying.add(
        applying.upsert(
            "promise_part",
            {"promise_id": _PROMISE_ID, "part_no": "s.part_no"},
            [
                Value("due_on", "s.due_on"),
                Value("judge_on", "j.judge_on", "due_on"),
                Value("promised_yen", "s.part_yen", "part_yen"),
                Value("paid_yen", "s.paid_yen", "never"),
                Value("state", "coalesce(s.state, 'open')", "state"),
            ],
            source=f"(SELECT s.* FROM incoming s WHERE {taken}) s JOIN judged_from j ON j.due_on = s.due_on",
        )
    )
    stood = applying.run(
        "SELECT count(*) FROM incoming s JOIN (SELECT DISTINCT agreement_no FROM kept_promise) k USING (agreement_no)"
        " WHERE s.record_type = 'promise'"
    ).scalar_one()
    applying.changes.unchanged += stood


def _apply_plans(applying: Applying) -> None:
    applying.upsert(
        "instalment_plan",
        {"plan_no": "s.agreement_no"},
        [
            Value("addressee_no", "s.addressee_no"),
            Value("claim_group", "s.claim_group", "addressee_no"),
            Value("pledged_on", "s.made_on", "made_on"),
            Value("pledged_yen", "s.yen", "part_yen"),
            Value("state", "s.state", "agreement_no"),
        ],
        stamps={"as_of": "CAST(:as_of AS date)", "import_id": "CAST(:import_id AS uuid)"},
        source="(SELECT * FROM agreed WHERE record_type = 'plan') s",
    )
    applying.run(
        "DELETE FROM instalment_plan_part t USING agreed a WHERE t.municipality_id = :m AND a.record_type = 'plan'"
        " AND t.plan_no = a.agreement_no AND NOT EXISTS (SELECT 1 FROM incoming s WHERE s.record_type = 'plan'"
        " AND s.agreement_no = t.plan_no AND s.part_no = t.part_no)"
    )
    applying.add(
        applying.upsert(
            "instalment_plan_part",
            {"plan_no": "s.agreement_no", "part_no": "s.part_no"},
            [
                Value("due_on", "s.due_on"),
                Value("part_yen", "s.part_yen"),
                Value("paid_yen", "s.paid_yen"),
            ],
            source="(SELECT * FROM incoming WHERE record_type = 'plan') s",
        )
    )


def _apply_targets(applying: Applying) -> None:
    """The named periods; an agreement that names none is about everything the person owes in that group."""
    for kind, table, key, identity in (
        ("promise", "promise_target", "promise_id", _PROMISE_ID),
        ("plan", "instalment_plan_target", "plan_no", "s.agreement_no"),
    ):
        applying.add(
            applying.upsert(
                table,
                {key: identity, "arrears_id": "s.arrears_id"},
                [],
                source=f"(SELECT * FROM ({_targets()}) f WHERE f.record_type = '{kind}_target') s",
            )
        )
        parent = "promise" if kind == "promise" else "instalment_plan"
        applying.run(
            f"INSERT INTO {table} (municipality_id, {key}, arrears_id) SELECT :m, p.{key}, a.arrears_id"
            f" FROM {parent} p JOIN arrears a ON a.municipality_id = :m AND a.addressee_no = p.addressee_no"
            " AND a.claim_group = p.claim_group AND a.closed_on IS NULL"
            " WHERE p.municipality_id = :m AND p.import_id = :import_id AND NOT EXISTS (SELECT 1"
            f" FROM {table} t WHERE t.municipality_id = :m AND t.{key} = p.{key})"
            f" ORDER BY p.{key}, a.arrears_id"
        )

"""約束・分納, 発送・返戻, 税目, 地区, 月次集計, and files nobody can trust."""

from __future__ import annotations

import csv
import io
import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casefile.intake.kinds import KINDS
from tests.intake_city import TAXES, IntakeCity, Row, arrears_row


@pytest.fixture
def settled(intake: IntakeCity) -> IntakeCity:
    intake.settle()
    intake.load("arrears", [arrears_row(), arrears_row(period=2), arrears_row("0002")])
    return intake


def promise(number: str, part: int = 1, due: str = "2026-06-30", yen: int = 10000, **more: object) -> Row:
    row: Row = {"record_type": "約束", "agreement_no": number, "addressee_no": "0001", "made_on": "2026-06-01"}
    return row | {"part_no": part, "due_on": due, "part_yen": yen, "state": "", **more}


def target(number: str, kind: str, period: int = 1) -> Row:
    row: Row = {"record_type": kind, "agreement_no": number, "addressee_no": "0001", "part_yen": 0, "tax_code": "11"}
    return row | {"levy_year": 2025, "period": period, "notice_no": "N0001"}


def test_promises_and_plans_with_parts_and_targets(settled: IntakeCity) -> None:
    rows = [
        promise("P1"),
        promise("P1", 2, "2026-07-31", 5000),
        target("P1", "約束対象"),
        promise("B1", 1, "2026-06-30", 3000, record_type="分納", state="履行中"),
    ]
    report = settled.load("promises", rows)
    assert report.rejected == 0
    assert settled.rows("SELECT promised_yen, last_due_on, judge_on, state, source FROM promise") == [
        (15000, date(2026, 7, 31), date(2026, 8, 17), "open", "import")
    ]
    assert settled.rows("SELECT part_no, judge_on FROM promise_part ORDER BY part_no") == [
        (1, date(2026, 7, 14)),
        (2, date(2026, 8, 17)),
    ]
    assert settled.rows("SELECT a.period FROM promise_target t JOIN arrears a USING (municipality_id, arrears_id)") == [
        (1,)
    ]
    # A plan that names no period is about all the person owes.
    assert settled.rows("SELECT count(*) FROM instalment_plan_target") == [(2,)]
    assert settled.rows("SELECT pledged_yen, state FROM instalment_plan") == [(3000, "kept")]
    again = settled.load("promises", rows, "2026-06-02")
    assert (again.changes.inserted, again.changes.changed, again.changes.unchanged) == (0, 0, 4)


def test_a_promise_taken_in_the_room_stands(settled: IntakeCity) -> None:
    settled.execute(
        "INSERT INTO promise (municipality_id, promise_id, addressee_no, claim_group, made_on, made_at, promised_yen,"
        " last_due_on, judge_on, state, paid_yen, source) VALUES (:m, gen_random_uuid(), '0001', 'compulsory',"
        " '2026-06-01', :now, 45000, '2026-06-15', '2026-06-29', 'open', 0, 'room')",
        m=settled.municipality_id,
        now=settled.clock.now(),
    )
    report = settled.load("promises", [promise("P1")])
    assert (report.changes.unchanged, report.rejected, report.conflict_count) == (1, 0, 1)
    assert report.conflicts[0].in_file == "10000円 2026-06-30まで"
    assert settled.rows("SELECT source FROM promise") == [("room",)]


def test_promises_that_do_not_hang_together_are_refused(settled: IntakeCity) -> None:
    rows = [
        promise("P1", due=""),
        promise("P2", yen=0),
        promise("P3", due="2026-05-01"),
        promise("P4", state="完納"),
        promise("P5"),
        promise("P6"),
        target("P5", "約束対象", 4),
        target("P9", "分納対象"),
        promise("P7", addressee_no="0002"),
        promise("P7", 2, addressee_no="0001"),
    ]
    report = settled.load("promises", rows)
    assert sorted({line.row_no for line in report.rejects}) == [3, 4, 5, 6, 8, 9, 10, 12]
    assert settled.rows("SELECT addressee_no FROM promise ORDER BY addressee_no") == [("0001",), ("0002",)]


def test_dispatches_and_what_came_back(settled: IntakeCity) -> None:
    lot: Row = {"lot_no": "L1", "kind": "催告書", "sent_on": "2026-05-20", "wording": "A", "unit_cost_yen": 84}
    rows = [
        {**lot, "document_no": "1", "addressee_no": "0001", "target_yen": 90000},
        {**lot, "document_no": "2", "addressee_no": "0002", "target_yen": 45000},
    ]
    settled.load("dispatches", rows)
    back = {
        "lot_no": "L1",
        "document_no": "2",
        "addressee_no": "0002",
        "returned_on": "2026-05-28",
        "return_reason": "転居先不明",
        "target_yen": 45000,
    }
    lost = {**back, "lot_no": "L9"}
    report = settled.load("dispatches", [back, lost], "2026-06-02")
    assert report.rejects[0].reason.startswith("ロット「L9」は登録されていません")
    settled.clock.advance(86400)
    settled.load("dispatches", rows, "2026-06-03")
    assert settled.rows("SELECT document_no, returned_on, return_reason FROM document ORDER BY 1") == [
        ("1", None, None),
        ("2", date(2026, 5, 28), "転居先不明"),
    ]
    assert settled.rows("SELECT kind, sent_on, unit_cost_yen FROM document_lot") == [
        ("reminder", date(2026, 5, 20), 84)
    ]


def test_taxes_without_periods_count_by_themselves(intake: IntakeCity) -> None:
    report = intake.load("taxes", [*TAXES[:2], TAXES[-1]])
    assert (report.changes.inserted, report.changes.unchanged) == (3, 0)
    report = intake.load("taxes", [*TAXES[:2], {**TAXES[-1], "tax_name": "給食費"}], "2026-06-02")
    assert (report.changes.changed, report.changes.unchanged) == (1, 2)


def test_taxes_carry_their_terms_and_keep_their_side_of_the_wall(settled: IntakeCity) -> None:
    assert settled.rows("SELECT tax_code, claim_group, interest_terms->>'charged' FROM tax_item ORDER BY 1") == [
        ("11", "compulsory", "true"),
        ("71", "ordinary", "false"),
    ]
    assert settled.rows("SELECT name, due_date FROM tax_period WHERE period = 1") == [("1期", date(2025, 6, 30))]
    moved = [{**row, "claim_class": "私債権"} for row in TAXES if row["tax_code"] == "11"]
    report = settled.load("taxes", [*moved, TAXES[-1]], "2026-06-02")
    assert report.rejected == 4
    assert "またいで変える" in report.rejects[0].reason
    strange = [TAXES[0], {**TAXES[1], "tax_name": "別の名"}, {**TAXES[-1], "interest_terms": "半年"}]
    report = settled.load("taxes", strange, "2026-06-02")
    assert report.rejected == 2


def test_districts_and_monthly_totals(settled: IntakeCity) -> None:
    rows = [{"district_code": "001", "town": "栄一丁目", "latitude": 35.78, "longitude": 139.5, "source": "試験"}]
    assert settled.load("districts", rows).changes.inserted == 1
    month: Row = {"fiscal_year": "令和7年度", "tax_code": "11", "period": 1, "category": "現年", "month": "出納整理4月"}
    total = month | {"levied_yen": 100, "received_yen": -50}
    settled.load("totals", [total, total | {"category": "滞繰", "month": "3月"}])
    assert settled.rows("SELECT fiscal_year, category, month, received_yen FROM levy_total ORDER BY month") == [
        (2025, "carried", 3, -50),
        (2025, "current", 13, -50),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"])
def test_every_encoding_says_the_same(settled: IntakeCity, encoding: str) -> None:
    path = settled.write(
        "arrears", [arrears_row(unpaid=44000), arrears_row(period=2), arrears_row("0002")], encoding=encoding
    )
    (report,) = settled.run(path).files
    assert report.changes.changed == 1, report.refusal


def test_wrong_files_get_a_sentence_each(settled: IntakeCity) -> None:
    path = settled.write("arrears", [arrears_row()])
    whole = path.read_text("utf-8")
    for broken, sentence in (
        ("", "列名の行"),
        (whole.replace("未納額", "残額"), "列 「未納額」 がありません"),
        (whole.replace("合計,", "総計,"), "最終行「合計」がありません"),
        (whole.replace("合計,1,45000", "合計,1,1"), "最終行では1円"),
        (whole.replace("2026-06-01", "先月末"), "基準日を読めません"),
        (whole + "0001,11\n", "の後の5行目にもデータがあります"),
        (whole.replace("宛名番号", "未納額"), "列名「未納額」が二つあります"),
    ):
        path.write_text(broken, "utf-8")
        assert sentence in settled.refusal(path), broken
    strange = settled.folder / "謎.csv"
    strange.write_text(whole, "utf-8")
    assert "どの種類のファイルか分かりません" in settled.refusal(strange)
    assert "読めません" in settled.refusal(settled.folder / "滞納_ない.csv")
    assert settled.rows("SELECT count(*) FROM arrears") == [(3,)]


def test_any_garbage_is_refused_or_counted_row_by_row(settled: IntakeCity) -> None:
    """Whatever the bytes: no traceback, and every row is applied or refused."""
    template = settled.write("arrears", [arrears_row(), arrears_row(period=2)]).read_bytes()
    seen = {"applied": 0, "refused": 0}

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.tuples(st.integers(0, len(template) - 1), st.binary(min_size=0, max_size=4)), max_size=6),
        st.booleans(),
    )
    def tries(changes: list[tuple[int, bytes]], without_trailer: bool) -> None:
        content = bytearray(template)
        for place, new in changes:
            content[place : place + len(new)] = new
        path = settled.folder / "滞納_garbage.csv"
        path.write_bytes(bytes(content))
        mapping = settled.mapping
        if without_trailer:
            from dataclasses import replace

            file = replace(mapping.files["arrears"], trailer=None)
            settled.mapping = replace(mapping, files={**mapping.files, "arrears": file})
        try:
            (report,) = settled.plan(path, confirm_drop=True).files
        finally:
            settled.mapping = mapping
        seen["refused" if report.state == "refused" else "applied"] += 1
        if report.state == "planned":
            assert report.rows == report.applied_rows + report.rejected
            assert len({line.row_no for line in report.rejects}) == report.rejected
        else:
            assert report.state == "already" or (report.refusal or "").endswith("。")

    tries()
    assert seen["applied"] > 5
    assert seen["refused"] > 5


def test_random_rows_of_every_kind_are_applied_or_refused(settled: IntakeCity) -> None:
    """Cells drawn at random, half of them sensible, for all eleven kinds: rows = applied + rejected."""
    rng = random.Random(7)
    words = ["", "0001", "0002", "11", "2025", "R7", "1", "2026-06-01", "5080601", "地方税", "約束", "分納", "約束対象"]
    words += [
        "速報",
        "確報",
        "現年",
        "催告書",
        "生保",
        "090-0123-4567",
        "-5",
        "10^9",
        "\\N",
        "a\tb",
        'x"y',
        "\U0010fe00",
        "99999999999999",
    ]
    for kind in KINDS.values():
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(["基準日", "2026-06-02"])
        writer.writerow([column.label for column in kind.columns])
        for _ in range(60):
            writer.writerow([rng.choice(words) for _ in kind.columns])
        writer.writerow(["合計", 60])
        path = settled.folder / f"{kind.code}.csv"
        path.write_text(buffer.getvalue(), "utf-8")
        mapping = settled.mapping
        from dataclasses import replace

        file = mapping.files[kind.code]
        assert file.trailer is not None
        looser = replace(file, trailer=replace(file.trailer, amount=None))
        settled.mapping = replace(mapping, files={**mapping.files, kind.code: looser})
        (report,) = settled.run(path, confirm_drop=True).files
        settled.mapping = mapping
        assert report.state == "applied", report.refusal
        assert report.rows == 60
        assert report.rows == report.applied_rows + report.rejected, report.text()

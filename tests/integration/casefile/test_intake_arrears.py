"""滞納期別明細 and 収納 against a real database: what changes, closes, reopens, and what stands."""

from __future__ import annotations

from datetime import date

import pytest

from casefile.intake.runs import receipts_as_of
from tests.intake_city import IntakeCity, arrears_row, receipt_row

OUTSTANDING = "SELECT addressee_no, period, outstanding_yen FROM arrears ORDER BY addressee_no, period"


@pytest.fixture
def settled(intake: IntakeCity) -> IntakeCity:
    intake.settle()
    intake.load("arrears", [arrears_row(), arrears_row(period=2), arrears_row("0002")])
    return intake


def test_a_first_file_is_inserted_with_what_the_columns_leave_open(settled: IntakeCity) -> None:
    rows = settled.rows(
        "SELECT addressee_no, period, claim_group, category, assessed_year, interest_base_yen, demand_fee_yen, as_of,"
        " due_date, outstanding_yen FROM arrears ORDER BY addressee_no, period"
    )
    day = date(2026, 6, 1)
    assert rows[0] == ("0001", 1, "compulsory", "carried", 2025, 45000, 0, day, date(2025, 6, 30), 45000)
    assert len(rows) == 3


def test_the_same_file_twice_changes_nothing(settled: IntakeCity) -> None:
    path = settled.write("arrears", [arrears_row(unpaid=1000)], "2026-06-01", name="滞納2.csv")
    settled.run(path, confirm_drop=True)
    before = settled.rows("SELECT * FROM arrears ORDER BY arrears_id")
    (report,) = settled.run(path).files
    assert report.state == "already"
    assert "すでに取り込んでいます" in report.text()
    assert settled.rows("SELECT * FROM arrears ORDER BY arrears_id") == before


def test_absent_rows_of_a_full_file_are_closed_and_may_come_back(settled: IntakeCity) -> None:
    report = settled.load("arrears", [arrears_row(unpaid=30000), arrears_row("0002")], "2026-06-02", confirm_drop=True)
    assert (report.changes.changed, report.changes.unchanged, report.changes.closed) == (1, 1, 1)
    assert (report.changes.yen_before, report.changes.yen_after) == (135000, 75000)
    assert settled.rows(OUTSTANDING) == [("0001", 1, 30000), ("0001", 2, 0), ("0002", 1, 45000)]
    rows = [arrears_row(unpaid=30000), arrears_row(period=2), arrears_row("0002")]
    settled.clock.advance(86400)
    report = settled.load("arrears", rows, "2026-06-03")
    assert report.changes.changed == 1
    assert settled.rows(OUTSTANDING)[1] == ("0001", 2, 45000)


def test_a_drop_above_five_percent_needs_a_confirmation(settled: IntakeCity) -> None:
    path = settled.write("arrears", [arrears_row()], "2026-06-02")
    before = settled.rows("SELECT * FROM arrears ORDER BY arrears_id")
    assert "--confirm-drop" in settled.refusal(path)
    assert settled.rows("SELECT * FROM arrears ORDER BY arrears_id") == before
    planned = settled.plan(path).files[0]
    assert planned.state == "planned"
    assert planned.changes.closed == 2
    assert "--confirm-drop" in planned.text()
    (applied,) = settled.run(path, confirm_drop=True).files
    assert applied.changes.closed == 2


def test_a_dry_run_tells_the_same_and_leaves_nothing(settled: IntakeCity) -> None:
    path = settled.write(
        "arrears", [arrears_row(unpaid=44000), arrears_row(period=2), arrears_row("0002", 2)], "2026-06-02"
    )
    before = settled.rows("SELECT * FROM arrears ORDER BY arrears_id")
    planned = settled.plan(path)
    assert settled.rows("SELECT * FROM arrears ORDER BY arrears_id") == before
    assert settled.rows("SELECT count(*) FROM import_run WHERE as_of = '2026-06-02'") == [(0,)]
    applied = settled.run(path)
    assert planned.files[0].changes == applied.files[0].changes
    assert "何も変えていません" in planned.text()


def test_a_person_with_a_refused_row_keeps_what_stands(settled: IntakeCity) -> None:
    rows = [arrears_row(due_date="2025-02-30"), arrears_row("0002")]
    report = settled.load("arrears", rows, "2026-06-02", confirm_drop=True)
    assert report.rejected == 1
    assert report.changes.closed == 0
    assert report.rejects[0].column == "納期限"
    assert "日付として読めません" in report.rejects[0].reason
    assert settled.rows(OUTSTANDING)[:2] == [("0001", 1, 45000), ("0001", 2, 45000)]


def test_an_unreadable_row_keeps_everything_open_aloud(settled: IntakeCity) -> None:
    path = settled.write("arrears", [arrears_row("0002"), arrears_row("0002")], "2026-06-02")
    path.write_text(path.read_text("utf-8").replace("0002,11,2025,1,N0002,45000", "0002,11", 1), "utf-8")
    (report,) = settled.run(path, confirm_drop=True).files
    assert report.state == "refused"  # the trailer's amount no longer adds up
    text = path.read_text("utf-8").replace("合計,2,90000", "合計,2,45000")
    path.write_text(text, "utf-8")
    (report,) = settled.run(path, confirm_drop=True).files
    assert (report.state, report.rejected, report.changes.closed) == ("applied", 1, 0)
    assert "閉じる処理は行っていません" in report.text()
    assert len(settled.rows("SELECT 1 FROM arrears WHERE closed_on IS NULL")) == 3


def test_unknown_people_taxes_and_doubles_are_refused_with_their_line(settled: IntakeCity) -> None:
    rows = [arrears_row(), arrears_row(), arrears_row("9999"), arrears_row("0002", tax_code="99")]
    report = settled.load("arrears", rows, "2026-06-02", confirm_drop=True)
    assert report.rejected == 3
    stored = settled.rows("SELECT row_no, column_name, reason, raw FROM import_reject ORDER BY row_no")
    assert [row[:2] for row in stored] == [(4, "税目コード"), (5, "宛名番号"), (6, "税目コード")]
    assert "3行目と同じキー" in stored[0][2]
    assert stored[1][3].startswith("9999,11,2025,1")


def test_an_older_day_is_refused(settled: IntakeCity) -> None:
    assert "より古いため" in settled.refusal(settled.write("arrears", [arrears_row()], "2026-05-31"))


def test_a_day_to_come_is_refused(settled: IntakeCity) -> None:
    assert "今日(2026-06-02)より後" in settled.refusal(settled.write("arrears", [arrears_row()], "2026-06-03"))


def test_flash_lowers_cancel_raises_final_replaces(settled: IntakeCity) -> None:
    settled.load("receipts", [receipt_row("R1", "速報")])
    assert settled.rows(OUTSTANDING)[0] == ("0001", 1, 25000)
    settled.load("receipts", [receipt_row("R1", "速報取消", yen=-20000)], "2026-06-02")
    assert settled.rows(OUTSTANDING)[0] == ("0001", 1, 45000)
    assert settled.rows("SELECT stage, principal_yen, cancelled_on FROM receipt") == [
        ("flash", 20000, date(2026, 6, 2))
    ]
    settled.load("receipts", [receipt_row("R1", "確報", yen=21000)], "2026-06-02")
    assert settled.rows("SELECT stage, principal_yen, cancelled_on, posted_on FROM receipt") == [
        ("final", 21000, None, date(2026, 6, 2))
    ]
    assert settled.rows(OUTSTANDING)[0] == ("0001", 1, 24000)
    with settled.database.transaction(settled.municipality_id) as conn:
        assert receipts_as_of(conn, settled.municipality_id) == date(2026, 6, 2)


def test_a_flash_never_takes_the_place_of_a_final(settled: IntakeCity) -> None:
    settled.load("receipts", [receipt_row("R1", "確報")])
    report = settled.load(
        "receipts", [receipt_row("R1", "速報", yen=1), receipt_row("R1", "速報取消", yen=1)], "2026-06-02"
    )
    assert report.changes.unchanged == 2
    assert settled.rows("SELECT stage, principal_yen FROM receipt") == [("final", 20000)]


def test_the_next_arrears_file_contains_what_was_posted(settled: IntakeCity) -> None:
    settled.load(
        "receipts",
        [receipt_row("R1", "速報"), receipt_row("R2", "確報", period=2, posted_on="2026-06-02")],
        "2026-06-02",
    )
    assert settled.rows(OUTSTANDING) == [("0001", 1, 25000), ("0001", 2, 25000), ("0002", 1, 45000)]
    rows = [arrears_row(), arrears_row(period=2, unpaid=25000), arrears_row("0002")]
    settled.load("arrears", rows, "2026-06-02", confirm_drop=True)
    # R1 is not posted yet, so the file cannot know it; R2 is contained in the 25,000 already.
    assert settled.rows(OUTSTANDING) == [("0001", 1, 25000), ("0001", 2, 25000), ("0002", 1, 45000)]


def test_a_receipt_may_come_before_its_arrears_and_without_notice_number(settled: IntakeCity) -> None:
    settled.load("receipts", [receipt_row("R1", "速報", period=4), receipt_row("R2", "速報", notice_no="")])
    assert settled.rows(OUTSTANDING)[0] == ("0001", 1, 25000)
    rows = [arrears_row(), arrears_row(period=2), arrears_row(period=4), arrears_row("0002")]
    settled.load("arrears", rows, "2026-06-02")
    assert settled.rows(OUTSTANDING)[2] == ("0001", 4, 25000)


def test_several_files_of_one_command_go_in_the_order_of_dependence(intake: IntakeCity) -> None:
    from tests.intake_city import ADDRESSEES, TAXES

    paths = [
        intake.write("receipts", [receipt_row("R1", "速報")]),
        intake.write("arrears", [arrears_row()]),
        intake.write("addressees", ADDRESSEES),
        intake.write("taxes", TAXES),
    ]
    planned = intake.plan(*paths)
    assert [file.kind for file in planned.files] == ["taxes", "addressees", "arrears", "receipts"]
    assert planned.flawless
    assert intake.rows("SELECT 1 FROM taxpayer") == []
    assert intake.run(*paths).flawless
    assert intake.rows(OUTSTANDING) == [("0001", 1, 25000)]


def test_after_a_refused_file_the_rest_is_left_alone(intake: IntakeCity) -> None:
    from tests.intake_city import ADDRESSEES, TAXES

    broken = intake.write("addressees", ADDRESSEES)
    broken.write_bytes(broken.read_bytes().replace("合計,3".encode(), "合計,4".encode()))
    report = intake.run(intake.write("taxes", TAXES), broken, intake.write("arrears", [arrears_row()]))
    assert [file.state for file in report.files] == ["applied", "refused", "refused"]
    assert "「4」、読み取ったのは3" in (report.files[1].refusal or "")
    assert "手を付けていません" in (report.files[2].refusal or "")

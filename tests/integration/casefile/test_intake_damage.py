"""A 全件 file damaged on its way: what a damaged line may have stood for is never closed as absent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from casefile.intake.kinds import ARREARS
from casefile.intake.mapping import FileMapping
from casefile.intake.report import FileReport
from tests.intake_city import ADDRESSEES, IntakeCity, arrears_row

ROWS = [arrears_row(), arrears_row(period=2), arrears_row("0002", unpaid=36700), arrears_row("0003")]
KEY_HEADINGS = {ARREARS.by_name[name].label for name in ARREARS.key}
OPEN = "SELECT count(*) FROM arrears WHERE closed_on IS NULL"


@pytest.fixture
def settled(intake: IntakeCity) -> IntakeCity:
    intake.settle()
    intake.load("arrears", ROWS)
    return intake


def damaged(city: IntakeCity, found: bytes, instead: bytes, encoding: str = "cp932") -> Path:
    """The next day's file with the same rows, but for some bytes of one of them."""
    path = city.write("arrears", ROWS, "2026-06-02", encoding=encoding)
    content = path.read_bytes()
    assert content.count(found) == 1
    path.write_bytes(content.replace(found, instead))
    return path


def load(city: IntakeCity, path: Path) -> FileReport:
    (report,) = city.run(path, confirm_drop=True).files
    assert report.state == "applied", report.refusal
    return report


@pytest.mark.parametrize(
    ("found", "instead", "column", "says"),
    [
        (b"0002,11,2025,1", b"\xff\xfd0002,11,2025,1", "宛名番号", "1文字目 U+F8F3、2文字目 U+F8F1"),
        (b"0002,11,2025,1", b"0\xf0\x4002,11,2025,1", "宛名番号", "2文字目 U+E000"),
        (b",N0002,", b",N\xf0\x400002,", "通知書番号", "2文字目 U+E000"),
        (b",2025,2,", b",2025,2\xf0\x40,", "期別", "[U+E000]"),
        (b"0002,11,2025,1", b"0042,11,2025,1", "宛名番号", "「0042」は登録されていません"),
        (b"0002,11,2025,1", b"002,11,2025,1", "宛名番号", "3桁ですが、登録済みの番号は4桁です"),
    ],
)
def test_a_damaged_key_closes_nothing_aloud(
    settled: IntakeCity, found: bytes, instead: bytes, column: str, says: str
) -> None:
    report = load(settled, damaged(settled, found, instead))
    assert (report.rejected, report.changes.closed, report.changes.inserted) == (1, 0, 0)
    (line,) = report.rejects
    assert line.column == column
    assert says in line.reason
    assert f"({line.row_no}行目)" in report.text()
    assert "閉じる処理は行っていません" in report.text()
    assert report.changes.yen_after == report.changes.yen_before
    assert settled.rows(OPEN) == [(len(ROWS),)]


def test_a_number_damaged_into_somebody_else_s_closes_nothing(settled: IntakeCity) -> None:
    rows = [arrears_row(notice_no=""), arrears_row("0002", notice_no="")]
    settled.load("arrears", rows, "2026-06-01", confirm_drop=True)
    path = settled.write("arrears", [rows[0], {**rows[1], "addressee_no": "0001"}], "2026-06-02")
    report = load(settled, path)
    assert (report.rejected, report.changes.closed) == (1, 0)


def test_the_same_file_is_taken_again_once_its_people_are_there(settled: IntakeCity) -> None:
    path = settled.write("arrears", [*ROWS[:3], arrears_row("0004")], "2026-06-02")
    assert load(settled, path).changes.closed == 0
    settled.clock.advance(60)
    settled.load("addressees", [*ADDRESSEES, {**ADDRESSEES[0], "addressee_no": "0004", "household_no": "H4"}])
    settled.clock.advance(60)
    report = load(settled, path)
    assert (report.rejected, report.changes.inserted, report.changes.closed) == (0, 1, 1)
    settled.clock.advance(60)
    (again,) = settled.run(path).files
    assert again.state == "already"


def test_whatever_happens_to_a_row_nothing_it_may_have_stood_for_is_closed(settled: IntakeCity) -> None:
    """A row is refused, or it reads as the key it always had, or as another key that anybody can read."""
    path = settled.write("arrears", ROWS, "2026-06-02", encoding="cp932")
    whole = path.read_bytes()
    lines = whole.split(b"\r\n")
    start = len(b"\r\n".join(lines[:2])) + 2
    end = len(b"\r\n".join(lines[: 2 + len(ROWS)]))
    standard = settled.mapping
    bare = without_sums(standard.files["arrears"])
    seen = {"refused whole": 0, "refused row": 0, "closed": 0}

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers(start, end), st.integers(0, 3), st.binary(max_size=4), st.booleans())
    @example(start, 0, b"\xff\xfd", True)
    @example(start + 16, 0, b"\xf0\x40", True)
    def tries(place: int, taken: int, new: bytes, with_sums: bool) -> None:
        path.write_bytes(whole[:place] + new + whole[min(place + taken, end) :])
        settled.mapping = standard if with_sums else replace(standard, files={**standard.files, "arrears": bare})
        (report,) = settled.plan(path, confirm_drop=True).files
        if report.state == "refused":
            seen["refused whole"] += 1
            return
        seen["refused row"] += bool(report.rejected)
        seen["closed"] += bool(report.changes.closed)
        assert report.changes.inserted >= report.changes.closed
        if report.changes.closed:
            assert not report.rejected
            assert not KEY_HEADINGS & {line.column for line in report.strange}

    tries()
    assert seen["refused whole"] > 5
    assert seen["refused row"] > 5


def without_sums(file: FileMapping) -> FileMapping:
    """A trailer that says nothing of rows and amounts, as many a city's."""
    assert file.trailer is not None
    return replace(file, trailer=replace(file.trailer, rows=None, amount=None))


def test_a_sum_that_differs_names_the_lines_whose_amount_cannot_be_read(settled: IntakeCity) -> None:
    sentence = settled.refusal(damaged(settled, b"36700", b"3670O"))
    assert "件数(4)は合っていますが" in sentence
    assert "最終行では171,700円" in sentence
    assert "合計は135,000円(差 -36,700円)" in sentence
    assert "5行目の未納額を読めません" in sentence
    assert "途中で切れ" not in sentence


def test_a_sum_that_differs_with_every_amount_readable_says_so(settled: IntakeCity) -> None:
    sentence = settled.refusal(damaged(settled, b"36700", b"36800"))
    assert "差 +100円" in sentence
    assert "未納額がどこかの行で変わっていないか" in sentence


def test_a_sum_that_is_no_number_is_told(settled: IntakeCity) -> None:
    assert "「17I700」を数として読めません" in settled.refusal(damaged(settled, b"171700", b"17I700"))


def test_more_owed_than_assessed_is_taken_and_told(settled: IntakeCity) -> None:
    report = settled.load("arrears", [*ROWS[:3], arrears_row("0003", unpaid=50000)], "2026-06-02")
    assert report.rejected == 0
    assert "未納額が調定額より多い行が1行あります(6行目)" in report.text()
    kept = settled.rows("SELECT detail->'notices'->>0 FROM import_run ORDER BY applied_at DESC, import_id DESC LIMIT 1")
    assert "6行目" in kept[0][0]

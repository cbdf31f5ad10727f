"""Files nobody should send: each is refused or counted row by row, with a sentence, and changes nothing by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefile.errors import TsunagaruError
from tests.intake_city import IntakeCity, arrears_row, receipt_row

ODD_YEN = [
    "-1",
    "-45000",
    str(2**63),
    str(2**63 - 1),
    "1e9",
    "４５０００",
    "4,5000",
    "45000.5",
    "NaN",
    "\x00",
    "=1+1",
    "٤٥",
]
ODD_DAYS = [
    "2026-13-01",
    "2026-02-30",
    "令和99年1月1日",
    "R0.1.1",
    "平成40年1月1日",
    "9999-12-31",
    "0001-01-01",
    "=TODAY()",
    "20260601 ",
    "\x00",
]


def owed(city: IntakeCity) -> list[tuple[object, ...]]:
    return city.rows("SELECT addressee_no, outstanding_yen FROM arrears ORDER BY addressee_no, arrears_id")


@pytest.fixture
def open_debts(intake: IntakeCity) -> IntakeCity:
    intake.settle()
    intake.load("arrears", [arrears_row(), arrears_row("0002"), arrears_row("0003")])
    return intake


def test_a_full_file_without_rows_closes_nobody_unasked(open_debts: IntakeCity) -> None:
    before = owed(open_debts)
    (report,) = open_debts.run(open_debts.write("arrears", [], "2026-06-02")).files
    assert report.state == "refused"
    assert report.refusal
    assert owed(open_debts) == before


def test_odd_amounts_never_change_a_debt_in_silence(open_debts: IntakeCity) -> None:
    for yen in ODD_YEN:
        takes_no_odd_amount(open_debts, yen)


def takes_no_odd_amount(open_debts: IntakeCity, yen: str) -> None:
    before = owed(open_debts)
    path = open_debts.folder / "滞納.csv"
    good = open_debts.write(
        "arrears", [arrears_row(unpaid=31999), arrears_row("0002"), arrears_row("0003")], "2026-06-02"
    )
    path.write_bytes(good.read_bytes().replace(b"31999", yen.encode()))
    (report,) = open_debts.run(path).files
    assert report.state in {"applied", "refused"}
    if report.state == "refused":
        assert report.refusal
        assert owed(open_debts) == before
    for (amount,) in [(row[1],) for row in owed(open_debts)]:
        assert isinstance(amount, int)
        assert 0 <= amount <= 45000, report


def test_odd_days_are_refused(open_debts: IntakeCity) -> None:
    for day in ODD_DAYS:
        takes_no_odd_day(open_debts, day)


def takes_no_odd_day(open_debts: IntakeCity, day: str) -> None:
    before = owed(open_debts)
    rows = [receipt_row("K1", "速報", yen=20000)]
    path = open_debts.write("receipts", rows, "2026-06-01")
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition("\r\n")
    path.write_text(head + "\r\n" + rest.replace("2026-06-01", day), encoding="utf-8")
    (report,) = open_debts.run(path).files
    if report.state == "refused" or report.rejected:
        assert owed(open_debts) == before
    else:
        (found,) = open_debts.rows("SELECT received_on FROM receipt")[0]
        assert "2020-01-01" <= str(found) <= "2026-06-02", found


def test_a_receipt_of_an_odd_amount_raises_no_debt(open_debts: IntakeCity) -> None:
    for yen in (0, -20000, 10**13, 2**63):
        raises_no_debt(open_debts, yen)


def raises_no_debt(open_debts: IntakeCity, yen: int) -> None:
    total = sum(int(str(row[1])) for row in owed(open_debts))
    (report,) = open_debts.run(open_debts.write("receipts", [receipt_row("K1", "速報", yen=yen)])).files
    assert report.state in {"applied", "refused"}
    assert sum(int(str(row[1])) for row in owed(open_debts)) <= total


def test_places_that_are_no_files_get_a_sentence(open_debts: IntakeCity, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    for path in (tmp_path, tmp_path / "gone.csv", empty):
        try:
            reports = open_debts.run(path).files
        except TsunagaruError as error:
            assert str(error)  # noqa: PT017
        else:
            assert [report.state for report in reports] == ["refused"]
            assert reports[0].refusal


TRAILERS = ["合計,1,135000", "合計,3,1", "合計,-3,135000", "合計,3,", "合計", "合計,三,135000", ""]


def test_a_trailer_that_lies_refuses_the_file(open_debts: IntakeCity) -> None:
    for trailer in TRAILERS:
        refuses_the_trailer(open_debts, trailer)


def refuses_the_trailer(open_debts: IntakeCity, trailer: str) -> None:
    before = owed(open_debts)
    rows = [arrears_row(unpaid=1000), arrears_row("0002"), arrears_row("0003")]
    path = open_debts.write("arrears", rows, "2026-06-02")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("合計,")] + trailer + "\r\n", encoding="utf-8")
    (report,) = open_debts.run(path).files
    assert report.state == "refused", report
    assert owed(open_debts) == before

"""A finished form in every format: the same figures, the same bytes, nothing fetched."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports.exports import Format, export
from reports.figures import Figure, Form, Header
from reports.forms.calls import charts_of, heat_maps_of, sheets_of
from reports.printed import header_lines
from reports.render import html, page
from reports.request import Axis
from reports.stylesheet import stylesheet
from tests.unit.reports.facts_by_hand import AS_OF, CITY, PERIOD, request
from tests.unit.reports.test_calls_by_hand import everything

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"


def form_by_hand(axis: Axis = Axis.WEEKDAY, made_by: str = "納税課 試験") -> Form:
    """The week of test_calls_by_hand as a form."""
    asked = request(axis=axis)
    tables = tuple(sheet.table() for sheet in sheets_of(everything().sets, CITY, asked))
    header = Header(
        municipality=CITY.name,
        section=CITY.section_name,
        first_day=PERIOD.first,
        last_day=PERIOD.last,
        as_of=AS_OF,
        conditions=("業務区分: 催告", "債権区分: すべて"),
        made_at=asked.moment,
        made_by=made_by,
        edition="第1版",
        receipts_until=AS_OF,
    )
    return Form(
        request=asked,
        municipality_id=CITY.id,
        title="架電状況表(曜日別)",
        header=header,
        tables=tables,
        heat_maps=heat_maps_of(tables[1]),
        charts=charts_of(axis, tables[0]),
        reconciliation=None,
        warnings=("<注意>",),
        notes=("注の一つ",),
    )


@pytest.mark.parametrize("fmt", [Format.JSON, Format.CSV, Format.HTML])
def test_golden_files(fmt: Format) -> None:
    """The bytes of the hand-checked week. After a wanted change, read the difference and write the file anew:

    `python -m tests.unit.reports.test_outputs`
    """
    assert export(form_by_hand(), fmt) == (GOLDEN / f"calls-by-weekday.{fmt.value}").read_bytes()


@pytest.mark.parametrize("fmt", [Format.JSON, Format.CSV, Format.HTML, Format.XLSX])
def test_the_same_form_gives_the_same_bytes(fmt: Format) -> None:
    assert export(form_by_hand(), fmt) == export(form_by_hand(), fmt)


def test_json_has_typed_figures_and_the_id_of_every_formula() -> None:
    found = json.loads(export(form_by_hand(), Format.JSON))
    table = found["tables"][0]
    columns = {column["key"]: column for column in table["columns"]}
    assert columns["answer_rate"]["formula_id"] == "calls.answer_rate"
    assert columns["answer_rate"]["ratio"] == {"numerator": "live", "denominator": "calls", "scale": 100}
    total = table["rows"][-1]
    assert total["kind"] == "total"
    assert total["figures"]["answer_rate"] == 58.3
    assert total["figures"]["paid_yen"] == 35_000
    assert next(row for row in table["rows"] if row["key"] == "weekday:3")["figures"]["answer_rate"] is None


def test_csv_is_one_table_with_gif_codes() -> None:
    content = export(form_by_hand(), Format.CSV)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    weekdays = [row for row in rows if row["表"] == "曜日別"]
    assert [row["曜日コード"] for row in weekdays] == ["1", "2", "3", "4", "5", "6", "7", "祝", ""]
    assert [row["行種別"] for row in weekdays] == [*["明細"] * 8, "計"]
    cross = [row for row in rows if row["表"] == "曜日×時間帯別" and row["行種別"] == "明細"]
    assert {(row["曜日コード"], row["時間帯コード"]) for row in cross} >= {("4", "10"), ("祝", "10")}
    assert weekdays[-1]["応答率(%)"] == "58.3"
    assert weekdays[2]["応答率(%)"] == "－"
    assert weekdays[0]["収納基準日"] == "2026-08-31"
    # 席時間 belongs to times alone.
    assert [row["稼働席時間(秒)"] for row in rows if row["表"] == "回線種別"] == ["", "", ""]


def test_csv_neutralises_what_a_spreadsheet_would_calculate() -> None:
    rows = list(
        csv.DictReader(io.StringIO(export(form_by_hand(made_by="=HYPERLINK(1)"), Format.CSV).decode("utf-8-sig")))
    )
    assert {row["作成者"] for row in rows} == {"'=HYPERLINK(1)"}


def test_xlsx_holds_numbers_percentages_dates_and_no_formula() -> None:
    with zipfile.ZipFile(io.BytesIO(export(form_by_hand(Axis.DAY), Format.XLSX))) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        names = book.read("xl/workbook.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert not sheet.findall(".//x:f", space)
    numbers = [float(cell.text or "") for cell in sheet.findall(".//x:c/x:v", space)]
    assert pytest.approx(0.583, abs=0.001) == 7 / 12
    assert 0.583 in numbers
    assert 46219.0 in numbers  # 2026-07-16 as a date
    assert "0.0%" in styles
    assert "[h]:mm:ss" in styles
    assert sheet.find(".//x:pane", space) is not None
    assert sheet.find("x:pageSetup", space) is not None
    assert "Print_Titles" in names


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    return parser.found


def test_html_fetches_nothing_and_needs_no_inline_style() -> None:
    found = elements(page(form_by_hand()))
    assert not {tag for tag, _ in found} & {"script", "img", "iframe", "object", "embed", "link"}
    addressed = {
        name for _, attributes in found for name in attributes if name in ("src", "href", "style", "xlink:href")
    }
    assert not addressed
    assert "url(" not in stylesheet()
    assert "@import" not in stylesheet()
    assert "http" not in page(form_by_hand())


def test_html_tables_can_be_read_aloud() -> None:
    found = elements(html(form_by_hand()))
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in found if tag == "th")
    assert all(
        attributes.get("role") == "img" and attributes.get("aria-label") for tag, attributes in found if tag == "svg"
    )
    assert found[0] == ("article", {"class": "report", "lang": "ja"})


def test_html_says_what_it_was_told_and_nothing_as_markup() -> None:
    form = form_by_hand(made_by="<script>")
    shown = html(form)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    for label, words in header_lines(form_by_hand()):
        assert label in shown
        assert words in html(form_by_hand())


def test_every_rate_on_the_page_has_its_parts_on_the_page() -> None:
    form = form_by_hand()
    cells = {(a["data-row"], a["data-column"]) for tag, a in elements(html(form)) if tag == "td" and "data-column" in a}
    for table in form.tables:
        if table.key == "cell":
            continue
        for column in table.columns:
            for row in table.rows:
                if (row.key, column.key) in cells and column.ratio:
                    assert (row.key, column.ratio.numerator) in cells
                    assert (row.key, column.ratio.denominator) in cells


def test_every_printed_figure_is_the_forms() -> None:
    form = form_by_hand()
    shown = re.findall(r'data-row="([^"]+)" data-column="([^"]+)">([^<]*)<', html(form))
    assert len(shown) > 300
    for row_key, column_key, words in shown:
        figure: Figure = form.row(row_key)[1].figures[column_key]
        if ":" in words or words == "－":
            continue
        assert float(words.replace(",", "")) == float(figure or 0)


if __name__ == "__main__":
    for wanted in (Format.JSON, Format.CSV, Format.HTML):
        (GOLDEN / f"calls-by-weekday.{wanted.value}").write_bytes(export(form_by_hand(), wanted))

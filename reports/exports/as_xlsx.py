"""Excel with real numbers, percentages, durations and dates; frozen headings; set up for A4 landscape."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from casefile.clock import jst
from reports.exports.as_csv import CODES
from reports.figures import NO_DENOMINATOR, Column, Figure, Form, RowKind, Table, Unit
from reports.printed import header_lines, heading

_DATES = ("日付", "発送日")
_FORMATS = {
    Unit.PERCENT: "0.0%",
    Unit.DURATION: "[h]:mm:ss",
    Unit.SECONDS: "#,##0.0",
    Unit.PER_HOUR: "#,##0.0",
    Unit.TIMES: "#,##0.0",
}
_NUMBER = "#,##0"
_FONT = "游ゴシック"


def as_xlsx(form: Form) -> bytes:
    """A sheet for each table, then the reconciliation, the notes and the definitions."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = jst(form.header.made_at).replace(tzinfo=None)
    book.set_properties({"title": form.title, "author": form.header.made_by, "created": made})
    writer = _Writer(book)
    for table in form.tables:
        writer.table(form, table)
    if form.reconciliation is not None:
        writer.reconciliation(form)
    writer.words(form)
    book.close()
    return file.getvalue()


class _Writer:
    """The workbook and its cell formats."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.formats: dict[tuple[Any, ...], Any] = {}

    def format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": _FONT, "font_size": 10, **properties})
        return self.formats[key]

    def sheet(self, form: Form, name: str) -> tuple[Any, int]:
        """A sheet with what every form prints on top; gives the sheet and its next free row."""
        sheet = self.book.add_worksheet(_sheet_name(name))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&R&P / &N")
        sheet.write_string(0, 0, f"{form.title} {name}", self.format(bold=True, font_size=14))
        sheet.write_string(1, 0, f"{form.header.municipality} {form.header.section}", self.format())
        for number, (label, words) in enumerate(header_lines(form), start=2):
            sheet.write_string(number, 0, f"{label}: {words}", self.format())
        return sheet, 2 + len(header_lines(form)) + 1

    def table(self, form: Form, table: Table) -> None:
        sheet, top = self.sheet(form, table.title)
        codes = [code for code in CODES if any(code in row.codes for row in table.rows)]
        head = {"bold": True, "border": 1, "bg_color": "#E8EEF5", "text_wrap": True, "valign": "vcenter"}
        titles = [table.heading, *codes, *(f"{heading(column)}\n({column.unit.value})" for column in table.columns)]
        for place, title in enumerate(titles):
            sheet.write_string(top, place, title, self.format(**head, align="center"))
        for number, row in enumerate(table.rows, start=top + 1):
            look = {"border": 1} | ({"bold": True, "bg_color": "#EEF3F8"} if row.kind is RowKind.TOTAL else {})
            sheet.write_string(number, 0, row.label, self.format(**look))
            for place, code in enumerate(codes, start=1):
                self._code(sheet, number, place, code, row.codes.get(code, ""), look)
            for place, column in enumerate(table.columns, start=1 + len(codes)):
                self._figure(sheet, number, place, row.figures[column.key], column, look)
        sheet.set_row(top, 42)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, len(titles) - 1, 12)
        sheet.freeze_panes(top + 1, 1)
        sheet.repeat_rows(top)
        sheet.repeat_columns(0)
        sheet.set_print_scale(62)

    def reconciliation(self, form: Form) -> None:
        found = form.reconciliation
        assert found is not None
        sheet, top = self.sheet(form, found.title)
        sheet.write_string(top, 0, found.window, self.format())
        rows: Sequence[tuple[Any, ...]] = (
            ("帰属先", "収納(件)", "本税(料)(円)", "延滞金・督促手数料(円)"),
            *found.lines,
            ("計", found.receipts, found.principal_yen, found.extras_yen),
        )
        for number, row in enumerate(rows, start=top + 1):
            look: dict[str, Any] = {"border": 1, "bold": number in (top + 1, top + len(rows))}
            for place, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, place, value, self.format(**look))
                else:
                    sheet.write_number(number, place, value, self.format(**look, num_format=_NUMBER))
        sheet.set_column(0, 0, 52)
        sheet.set_column(1, 3, 22)

    def words(self, form: Form) -> None:
        sheet, top = self.sheet(form, "注と定義")
        lines = [*form.findings, *(f"注意: {warning}" for warning in form.warnings), *form.notes]
        for number, line in enumerate(lines, start=top):
            sheet.write_string(number, 0, line, self.format())
        top += len(lines) + 1
        bold = self.format(bold=True, border=1, bg_color="#E8EEF5")
        for place, title in enumerate(("列", "区分", "単位", "式", "式番号")):
            sheet.write_string(top, place, title, bold)
        for number, column in enumerate(form.columns, start=top + 1):
            words = (heading(column), column.group, column.unit.value, column.formula, f"{form.name}.{column.key}")
            for place, word in enumerate(words):
                sheet.write_string(number, place, word, self.format(border=1))
        sheet.set_column(0, 1, 24)
        sheet.set_column(3, 3, 100)
        sheet.set_column(4, 4, 28)
        sheet.fit_to_pages(1, 0)

    def _code(self, sheet: Any, row: int, place: int, code: str, value: str, look: dict[str, Any]) -> None:
        if code in _DATES and value:
            day = datetime.combine(date.fromisoformat(value), datetime.min.time())
            sheet.write_datetime(row, place, day, self.format(**look, num_format="yyyy/mm/dd"))
        else:
            sheet.write_string(row, place, value, self.format(**look))

    def _figure(self, sheet: Any, row: int, place: int, figure: Figure, column: Column, look: dict[str, Any]) -> None:
        if figure is None:
            sheet.write_string(row, place, NO_DENOMINATOR, self.format(**look, align="right"))
            return
        value = figure
        if column.unit is Unit.PERCENT:
            value = Decimal(figure) / 100
        elif column.unit is Unit.DURATION:
            value = Decimal(figure) / 86400
        number_format = _FORMATS.get(column.unit, _NUMBER)
        sheet.write_number(row, place, float(value), self.format(**look, num_format=number_format))


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters and not these signs."""
    return "".join("・" if sign in "[]:*?/\\" else sign for sign in title)[:31]

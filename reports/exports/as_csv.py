"""CSV with one header row: every table of the form below each other, codes by GIF, what the form prints at the end of each row.

UTF-8 with BOM, CRLF. 曜日コード is GIF DS-441 1 (月) to 7 (日); a row of holidays has 祝, which GIF has no code for.
時間帯コード is GIF 00 to 23. Durations are whole seconds. A rate without denominator is 「－」; a column that the row's
table does not have is empty.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from casefile.clock import jst
from reports.figures import NO_DENOMINATOR, Column, Figure, Form, Row, Table, Unit
from reports.printed import safe_text

BOM = "\ufeff"
CODES = (
    *("曜日コード", "時間帯コード", "日付", "回線種別", "架電回次"),
    *("支所", "地区", "町丁目コード", "ロット番号", "文書種別", "発送日", "版"),
)


def as_csv(form: Form) -> bytes:
    """All tables of the form as one."""
    columns = _columns(form)
    codes = [code for code in CODES if any(code in row.codes for table in form.tables for row in table.rows)]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["表", *codes, "行", "行種別", *(_title(column) for column in columns), *_HEADER])
    header = _header(form)
    for table in form.tables:
        for row in table.rows:
            words = [table.title, *(row.codes.get(code, "") for code in codes), row.label, row.kind.value]
            writer.writerow([*map(safe_text, words), *_figures(row, table, columns), *map(safe_text, header)])
    return (BOM + file.getvalue()).encode()


_HEADER = ("帳票", "団体", "集計期間(自)", "集計期間(至)", "収納基準日", "条件", "作成日時", "作成者", "帳票の版")


def _header(form: Form) -> tuple[str, ...]:
    header = form.header
    return (
        form.title,
        header.municipality,
        header.first_day.isoformat(),
        header.last_day.isoformat(),
        header.as_of.isoformat(),
        " / ".join(header.conditions),
        jst(header.made_at).isoformat(timespec="seconds"),
        header.made_by,
        header.edition,
    )


def _columns(form: Form) -> list[Column]:
    """Each column once, in the order of the first table that has it."""
    found: dict[str, Column] = {}
    for table in form.tables:
        for column in table.columns:
            found.setdefault(column.key, column)
    return list(found.values())


def _title(column: Column) -> str:
    unit = "秒" if column.unit is Unit.DURATION else column.unit.value
    return f"{column.title}({unit})"


def _figures(row: Row, table: Table, columns: list[Column]) -> list[str]:
    present = {column.key for column in table.columns}
    return [_words(row.figures[column.key]) if column.key in present else "" for column in columns]


def _words(figure: Figure) -> str:
    if figure is None:
        return NO_DENOMINATOR
    return f"{figure:.1f}" if isinstance(figure, Decimal) else str(figure)

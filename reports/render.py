"""A form as HTML: a fragment for the panel, or a whole page that needs nothing else.

No style attribute, no script, nothing fetched. Every figure is a cell with data-row and data-column, which are what
`reports.drilldown` is asked with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from itertools import groupby

from reports.charts import MOST_ROWS, chart_svg, is_cut
from reports.figures import Column, Form, HeatMap, Reconciliation, Row, RowKind, Table
from reports.printed import header_lines, heading, printed
from reports.stylesheet import HEAT_STEPS, page_stylesheet

FEW = 10
"""A rate of fewer calls than this is printed in italics and does not set the scale of shades."""

BRIEF = (
    *("calls", "persons_called", "live", "answer_rate", "conversations", "abandoned", "abandonment_rate"),
    *("contacts", "contact_rate", "right_party", "right_party_rate", "promises", "promised_yen", "paid_yen"),
)
"""What is printed of the tables beside the main one; files carry all their columns."""


def html(form: Form) -> str:
    """The form as one <article>; its page loads `reports.stylesheet.stylesheet()`."""
    shown_as_heat = {heat.table for heat in form.heat_maps}
    beside = [table for table in form.tables[1:] if table.key not in shown_as_heat]
    parts = [
        _head(form),
        _sentences(form.findings, "report-findings", ""),
        _sentences(form.warnings, "report-warning", "注意: "),
        *(_chart(form, position) for position in range(len(form.charts))),
        _section(form.main.title, _groups(form.main)),
        *(_heat_map(heat, form.table(heat.table)) for heat in form.heat_maps),
        *(_section(table.title, _table(table, _brief(table), "")) for table in beside),
        "" if form.reconciliation is None else _reconciliation(form.reconciliation),
        _notes(form.notes),
        _definitions(form),
    ]
    return f'<article class="report" lang="ja">{"".join(parts)}</article>'


def page(form: Form) -> str:
    """A whole HTML page with its style inside."""
    title = escape(f"{form.title} {form.header.municipality}")
    return (
        '<!DOCTYPE html>\n<html lang="ja">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{page_stylesheet()}</style>\n</head>\n"
        f'<body>\n<main class="report-sheet">{html(form)}</main>\n</body>\n</html>\n'
    )


def _head(form: Form) -> str:
    lines = header_lines(form)
    rows = "".join(
        "<tr>"
        + "".join(f"<th scope='row'>{escape(label)}</th><td>{escape(words)}</td>" for label, words in pair)
        + "</tr>"
        for pair in (lines[:2], lines[2:4], lines[4:])
    )
    office = escape(f"{form.header.municipality} {form.header.section}")
    return (
        f'<header><div class="report-head"><h1>{escape(form.title)}</h1><span class="report-office">{office}</span>'
        f'</div><table class="report-meta">{rows}</table></header>'
    )


def _sentences(said: Sequence[str], look: str, prefix: str) -> str:
    if not said:
        return ""
    sentences = "".join(f"<p>{prefix}{escape(sentence)}</p>" for sentence in said)
    return f'<div class="{look}" role="note">{sentences}</div>'


def _chart(form: Form, position: int) -> str:
    chart = form.charts[position]
    table = form.table(chart.table)
    cut = f"(上位{MOST_ROWS}行)" if is_cut(chart, table) else ""
    drawing = chart_svg(chart, table)
    return f'<div class="report-block"><h2>{escape(chart.title)}{cut}</h2>{drawing}</div>' if drawing else ""


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>"


def _groups(table: Table) -> str:
    """The main table, one block for each group of columns."""
    blocks = []
    for name, columns in groupby(table.columns, key=lambda column: column.group):
        blocks.append(_table(table, tuple(columns), name))
    return "".join(blocks)


def _brief(table: Table) -> tuple[Column, ...]:
    """A table with columns of its own is printed whole."""
    return tuple(column for column in table.columns if column.key in BRIEF) or table.columns


def _table(table: Table, columns: Iterable[Column], caption: str) -> str:
    columns = tuple(columns)
    titles = "".join(
        f'<th scope="col" title="{escape(column.formula)}">{escape(heading(column))}<small>{column.unit.value}</small></th>'
        for column in columns
    )
    details = "".join(_row(row, columns) for row in table.rows if row.kind is RowKind.DETAIL)
    totals = "".join(_row(row, columns) for row in table.rows if row.kind is RowKind.TOTAL)
    if not details:
        words = "集計期間に該当する事実がない。"
        details = f'<tr><td class="report-words" colspan="{len(columns) + 1}">{words}</td></tr>'
    shown = f"<caption>{escape(caption)}</caption>" if caption else ""
    few = " report-block" if len(table.rows) <= FEW else ""
    return (
        f'<div class="report-scroll{few}"><table class="report-table report-plain">{shown}'
        f'<thead><tr><th scope="col">{escape(table.heading)}</th>{titles}</tr></thead>'
        f"<tbody>{details}</tbody><tfoot>{totals}</tfoot></table></div>"
    )


def _row(row: Row, columns: Iterable[Column]) -> str:
    cells = "".join(_cell(row, column) for column in columns)
    return f'<tr><th scope="row">{escape(row.label)}</th>{cells}</tr>'


def _cell(row: Row, column: Column) -> str:
    look = ' class="report-rate"' if column.ratio else ""
    figure = printed(row.figures[column.key], column.unit)
    return f'<td{look} data-row="{escape(row.key)}" data-column="{column.key}">{figure}</td>'


def _heat_map(heat: HeatMap, table: Table) -> str:
    rows = {row.key: row for row in table.details}
    column = table.column(heat.column)
    scale = _scale(heat, rows)
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for _, title in heat.across)
    body = "".join(
        f'<tr><th scope="row">{escape(title)}</th>'
        + "".join(_heat_cell(heat, rows.get(heat.cells.get((down, across), "")), scale) for across, _ in heat.across)
        + "</tr>"
        for down, title in heat.down
    )
    caption = f"{heat.title}({column.formula}、下段は架電数)。濃いほど高い。{FEW}回未満は斜体。"
    return (
        f'<section class="report-block"><h2>{escape(heat.title)}</h2><div class="report-scroll">'
        f'<table class="report-table report-heat"><caption>{escape(caption)}</caption>'
        f'<thead><tr><th scope="col">曜日</th>{titles}</tr></thead><tbody>{body}</tbody></table></div></section>'
    )


def _scale(heat: HeatMap, rows: dict[str, Row]) -> Decimal:
    """The highest rate with enough calls behind it, at least 1 %."""
    found = [Decimal(1)]
    for key in heat.cells.values():
        value, weight = rows[key].figures[heat.column], rows[key].figures[heat.weight]
        if isinstance(value, Decimal) and isinstance(weight, int) and weight >= FEW:
            found.append(value)
    return max(found)


def _heat_cell(heat: HeatMap, row: Row | None, scale: Decimal) -> str:
    if row is None:
        return '<td class="report-heat-none"></td>'
    value, weight = row.figures[heat.column], row.figures[heat.weight]
    if not isinstance(value, Decimal) or not isinstance(weight, int):
        return "<td>－</td>"
    step = min(int(value * (HEAT_STEPS - 1) / scale + Decimal("0.5")), HEAT_STEPS - 1)
    few = " report-few" if weight < FEW else ""
    return (
        f'<td class="report-heat-{step}{few}" data-row="{escape(row.key)}" data-column="{heat.column}">'
        f"{value:.1f}<small>{weight:,}</small></td>"
    )


def _reconciliation(found: Reconciliation) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{count:,}</td><td>{principal:,}</td><td>{extras:,}</td></tr>'
        for label, count, principal, extras in found.lines
    )
    return (
        f'<section class="report-block"><h2>{escape(found.title)}</h2><div class="report-scroll">'
        f'<table class="report-table report-plain"><caption>{escape(found.window)}。各行の合計が収納ファイルの合計になる。</caption>'
        '<thead><tr><th scope="col">帰属先</th><th scope="col">収納<small>件</small></th>'
        '<th scope="col">本税(料)<small>円</small></th><th scope="col">延滞金・督促手数料<small>円</small></th></tr></thead>'
        f'<tbody>{lines}</tbody><tfoot><tr><th scope="row">計</th><td>{found.receipts:,}</td>'
        f"<td>{found.principal_yen:,}</td><td>{found.extras_yen:,}</td></tr></tfoot></table></div></section>"
    )


def _notes(notes: Sequence[str]) -> str:
    return (
        f'<section><h2>注</h2><ol class="report-notes">{"".join(f"<li>{escape(n)}</li>" for n in notes)}</ol></section>'
    )


def _definitions(form: Form) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(heading(column))}</th><td class="report-words">{escape(column.group)}</td>'
        f'<td class="report-words">{escape(column.formula)}</td><td class="report-words">{column.unit.value}</td>'
        f'<td class="report-words"><code>{escape(f"{form.name}.{column.key}")}</code></td></tr>'
        for column in form.columns
    )
    return (
        '<section class="report-page"><h2>列の定義</h2><div class="report-scroll"><table class="report-table report-plain">'
        '<thead><tr><th scope="col">列</th><th scope="col">区分</th><th scope="col">式</th><th scope="col">単位</th>'
        f'<th scope="col">式番号</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )

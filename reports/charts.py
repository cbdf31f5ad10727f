"""Charts as plain SVG without style attributes or scripts, so that they pass any content policy, and print."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from reports.figures import Chart, Figure, Row, Table, Unit
from reports.printed import printed

WIDTH, HEIGHT = 1040, 260
LEFT, RIGHT, TOP, BOTTOM = 96, 64, 24, 30
_SLANTED_DEPTH = 46
_SLANTED_BELOW = 62
MOST_ROWS = 40
_BAR, _LINE, _GRID, _INK = "#4a7fb5", "#b8500c", "#d8dee6", "#1f2933"
_FONT = "'Noto Sans CJK JP', 'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif"


def chart_svg(chart: Chart, table: Table) -> str:
    """Bars with a line over them. With more than 40 rows the 40 longest bars are drawn, in the table's order."""
    rows = _drawn(chart, table)
    if not rows:
        return ""
    bars = [_number(row.figures[chart.bars]) for row in rows]
    bar_unit = table.column(chart.bars).unit
    top = _round_up(max(bars, default=0.0))
    step = (WIDTH - LEFT - RIGHT) / len(rows)
    parts = [_axis(top, bar_unit), _labels(rows, step)]
    for position, (row, value) in enumerate(zip(rows, bars, strict=True)):
        tall = _scaled(value, top)
        width = min(step * 0.7, 56)
        x = LEFT + step * (position + 0.5) - width / 2
        words = f"{row.label} {printed(row.figures[chart.bars], bar_unit)}{bar_unit.value}"
        parts.append(
            f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - tall:.1f}" width="{width:.1f}" height="{tall:.1f}"'
            f' fill="{_BAR}"><title>{escape(words)}</title></rect>'
        )
    if chart.line is not None:
        parts.append(_line(chart.line, table, rows, step))
    height = HEIGHT + (_SLANTED_DEPTH if step < _SLANTED_BELOW else 0)
    return (
        f'<svg class="report-chart" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        f' aria-label="{escape(_spoken(chart, table))}" font-family="{escape(_FONT)}" font-size="12" fill="{_INK}">'
        f"{_legend(chart, table)}{''.join(parts)}</svg>"
    )


def is_cut(chart: Chart, table: Table) -> bool:
    return len([row for row in table.details if row.figures[chart.bars]]) > MOST_ROWS


def _drawn(chart: Chart, table: Table) -> Sequence[Row]:
    rows = table.details
    if len(rows) <= MOST_ROWS:
        return rows
    longest = sorted(rows, key=lambda row: (-_number(row.figures[chart.bars]), row.key))[:MOST_ROWS]
    kept = {row.key for row in longest}
    return [row for row in rows if row.key in kept]


def _spoken(chart: Chart, table: Table) -> str:
    line = "" if chart.line is None else f"、折れ線は{table.column(chart.line).title}"
    return f"{chart.title}。棒は{table.column(chart.bars).title}{line}。数値は表にある。"


def _axis(top: float, unit: Unit) -> str:
    parts = []
    for fifth in range(6):
        y = HEIGHT - BOTTOM - _scaled(top * fifth / 5, top)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
        label = printed(round(top * fifth / 5), unit) if unit is not Unit.DURATION else ""
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    return "".join(parts)


def _labels(rows: Sequence[Row], step: float) -> str:
    y = HEIGHT - BOTTOM + 16
    slanted = step < _SLANTED_BELOW
    longest = 10 if slanted else max(int(step / 12), 2)
    parts = []
    for position, row in enumerate(rows):
        x = LEFT + step * (position + 0.5)
        label = row.label if len(row.label) <= longest else row.label[: longest - 1] + "…"
        if slanted:
            parts.append(
                f'<text x="{x:.1f}" y="{y}" text-anchor="end" font-size="11"'
                f' transform="rotate(-40 {x:.1f} {y})">{escape(label)}</text>'
            )
        else:
            parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(label)}</text>')
    return "".join(parts)


def _line(key: str, table: Table, rows: Sequence[Row], step: float) -> str:
    unit = table.column(key).unit
    values = [row.figures[key] for row in rows]
    top = _round_up(max((_number(value) for value in values if value is not None), default=0.0))
    parts = []
    for fifth in range(6):
        y = HEIGHT - BOTTOM - _scaled(top * fifth / 5, top) + 4
        words = f"{top * fifth / 5:g}{unit.value}"
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y:.1f}" fill="{_LINE}">{words}</text>')
    stretches: list[list[str]] = [[]]
    for position, value in enumerate(values):
        if value is None:
            stretches.append([])
            continue
        x, y = LEFT + step * (position + 0.5), HEIGHT - BOTTOM - _scaled(_number(value), top)
        stretches[-1].append(f"{x:.1f},{y:.1f}")
        words = f"{rows[position].label} {printed(value, unit)}{unit.value}"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#ffffff" stroke="{_LINE}" stroke-width="2">'
            f"<title>{escape(words)}</title></circle>"
        )
    lines = "".join(
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{_LINE}" stroke-width="2"/>'
        for points in stretches
        if len(points) > 1
    )
    return lines + "".join(parts)


def _legend(chart: Chart, table: Table) -> str:
    bars = table.column(chart.bars)
    words = f"{bars.title}({bars.unit.value}・左目盛)"
    parts = [
        f'<rect x="{LEFT}" y="2" width="14" height="10" fill="{_BAR}"/>',
        f'<text x="{LEFT + 20}" y="11">{escape(words)}</text>',
    ]
    if chart.line is not None:
        x = LEFT + 20 + 13 * len(words) + 20
        parts.append(f'<line x1="{x}" x2="{x + 22}" y1="7" y2="7" stroke="{_LINE}" stroke-width="2"/>')
        parts.append(f'<circle cx="{x + 11}" cy="7" r="3.5" fill="#ffffff" stroke="{_LINE}" stroke-width="2"/>')
        parts.append(f'<text x="{x + 28}" y="11">{escape(table.column(chart.line).title)}(%・右目盛)</text>')
    return "".join(parts)


def _scaled(value: float, top: float) -> float:
    return (HEIGHT - TOP - BOTTOM) * value / top if top else 0.0


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 × 10ⁿ such that five equal steps are readable."""
    if value <= 0:
        return 5.0
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * factor for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if power * factor >= value)


def _number(figure: Figure) -> float:
    return float(figure) if isinstance(figure, int | Decimal) else 0.0

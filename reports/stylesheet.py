"""The look of a form, on screen and on A4 landscape. No font, picture or script is fetched from anywhere."""

from __future__ import annotations

HEAT_STEPS = 9

_HEAT = ("#f4f7fb", "#e0eaf5", "#c8dbee", "#abc9e4", "#88b2d8", "#6398c8", "#3a72a8", "#2a6199", "#17457a")
_PALE_FROM = 6
"""From this shade on, figures are white."""

_BASE = """
.report { color: #1f2933; font-family: 'Noto Sans CJK JP', 'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif;
  font-size: 14px; line-height: 1.5; }
.report h1 { font-size: 22px; margin: 0; letter-spacing: .04em; }
.report h2 { font-size: 16px; margin: 26px 0 8px; padding-left: 10px; border-left: 5px solid #1d4f8c; }
.report-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 32px; border-bottom: 3px double #1d4f8c;
  padding-bottom: 8px; }
.report-office { margin-left: auto; color: #3e4c59; }
.report-meta { width: 100%; border-collapse: collapse; margin: 10px 0 4px; font-size: 13px; }
.report-meta th { width: 7em; text-align: left; font-weight: 600; color: #3e4c59; padding: 2px 10px 2px 0; white-space: nowrap; }
.report-meta td { padding: 2px 28px 2px 0; }
.report-warning { border: 1px solid #b8500c; background: #fff6ee; padding: 6px 12px; margin: 10px 0; }
.report-findings { border: 1px solid #4a7fb5; background: #f2f7fc; padding: 6px 12px; margin: 10px 0; }
.report-findings p { margin: 2px 0; }
.report-warning p { margin: 2px 0; }
.report-scroll { overflow-x: auto; }
.report-table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
.report-table caption { text-align: left; font-weight: 600; padding: 12px 0 5px; }
.report-table th, .report-table td { border: 1px solid #b8c4d0; padding: 3px 7px; }
.report-table thead th { background: #e8eef5; word-break: keep-all; font-weight: 600; text-align: center; vertical-align: bottom; }
.report-table thead small { display: block; font-weight: 400; color: #52606d; }
.report-table tbody th, .report-table tfoot th { text-align: left; font-weight: 500; white-space: nowrap; }
.report-table td { text-align: right; white-space: nowrap; }
.report-plain tbody tr:nth-child(even) td, .report-plain tbody tr:nth-child(even) th { background: #f7f9fb; }
.report-table td.report-rate { color: #173f70; }
.report-table tfoot th, .report-table tfoot td { border-top: 3px double #52606d; background: #eef3f8; font-weight: 700; }
.report-table td.report-words { text-align: left; white-space: normal; }
.report-heat td { text-align: center; padding: 2px 3px; line-height: 1.25; }
.report-heat td small { display: block; font-size: 10px; }
.report-heat td.report-few { font-style: italic; }
.report-chart { width: 100%; max-width: 1040px; height: auto; display: block; margin: 4px 0 10px; }
.report-notes { font-size: 12.5px; color: #3e4c59; padding-left: 1.4em; }
.report-notes li { margin: 2px 0; }
"""

_PRINT = """
@page { size: A4 landscape; margin: 12mm 11mm 14mm;
  @bottom-left { content: string(form-title); font: 8pt 'Noto Sans CJK JP', sans-serif; color: #52606d; }
  @bottom-right { content: counter(page) ' / ' counter(pages); font: 8pt 'Noto Sans CJK JP', sans-serif; color: #52606d; } }
@media print {
  .report { font-size: 8.5pt; }
  .report h1 { font-size: 15pt; string-set: form-title content(); }
  .report h2 { font-size: 11pt; break-after: avoid; margin-top: 5mm; }
  .report-meta { font-size: 8.5pt; }
  .report-table { font-size: 7.5pt; }
  .report-table th, .report-table td { padding: 1.6pt 3.4pt; }
  .report-table caption { break-after: avoid; font-size: 9pt; padding-top: 3mm; }
  .report-table thead { display: table-header-group; }
  .report-table tfoot { display: table-row-group; }
  .report-table tr { break-inside: avoid; }
  .report-block { break-inside: avoid; }
  .report-heat td small { font-size: 6pt; }
  .report-scroll { overflow: visible; }
  .report-chart { max-width: 100%; height: 50mm; margin: 1mm auto 0; }
  .report-page { break-before: page; }
  .report-notes { font-size: 7.5pt; }
}
"""

_PAGE = """
html { background: #eef1f4; }
body { margin: 0; }
.report-sheet { max-width: 1180px; margin: 24px auto; background: #ffffff; padding: 28px 36px 36px; box-sizing: border-box; }
@media print { html { background: none; } .report-sheet { max-width: none; margin: 0; padding: 0; } }
"""


def stylesheet() -> str:
    """What a page that shows a form must load; every selector begins with .report."""
    heat = "".join(
        f".report-heat td.report-heat-{step} {{ background: {shade};"
        f" color: {'#ffffff' if step >= _PALE_FROM else '#1f2933'}; }}\n"
        for step, shade in enumerate(_HEAT)
    )
    return _BASE + heat + _PRINT


def page_stylesheet() -> str:
    """The same, and what a form needs when it is a page of its own."""
    return stylesheet() + _PAGE

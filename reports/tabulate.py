"""Figures laid into a table's rows."""

from __future__ import annotations

from collections.abc import Sequence

from reports.figures import Column, Row, RowKind, Table
from reports.measures import Facts, Measure, Places, columns_of, figures
from reports.placing import Grouping


def tabulate(grouping: Grouping, columns: Sequence[Measure | Column], facts: Facts, places: Places) -> Table:
    """One table: every row that has a figure, the rows that are always printed, and 計 as the last."""
    found = figures(columns, facts, places, len(grouping.lines))
    rows = [
        Row(line.key, line.label, figure_of, codes=line.codes)
        for number, (line, figure_of) in enumerate(zip(grouping.lines, found[:-1], strict=True))
        if number in grouping.usual or any(figure_of.values())
    ]
    total = Row(f"{grouping.key}:total", "計", found[-1], RowKind.TOTAL)
    return Table(grouping.key, grouping.title, grouping.heading, columns_of(columns), (*rows, total))

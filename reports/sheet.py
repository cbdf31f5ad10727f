"""One table before it is counted: rows, columns, facts and where each fact stands. Counting and drill-down share it."""

from __future__ import annotations

from dataclasses import dataclass

from reports.figures import Column, Row, RowKind, Table
from reports.measures import Facts, Measure, Places, columns_of, figures
from reports.placing import Grouping


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a `Table` is made from."""

    grouping: Grouping
    columns: tuple[Measure | Column, ...]
    facts: Facts
    places: Places

    def table(self) -> Table:
        """Every row that has a figure, the rows that are always printed, and 計."""
        grouping = self.grouping
        found = figures(self.columns, self.facts, self.places, len(grouping.lines))
        rows = [
            Row(line.key, line.label, figure_of, codes=line.codes)
            for number, (line, figure_of) in enumerate(zip(grouping.lines, found[:-1], strict=True))
            if number in grouping.usual or any(figure_of.values())
        ]
        total = Row(f"{grouping.key}:total", "計", found[-1], RowKind.TOTAL)
        return Table(grouping.key, grouping.title, grouping.heading, columns_of(self.columns), (*rows, total))

    def has_row(self, key: str) -> bool:
        return key == f"{self.grouping.key}:total" or any(line.key == key for line in self.grouping.lines)

    def number_of(self, key: str) -> int | None:
        """The number of a row, None for 計. Raises StopIteration for a row that is not of this sheet."""
        if key == f"{self.grouping.key}:total":
            return None
        return next(number for number, line in enumerate(self.grouping.lines) if line.key == key)

    def measure(self, key: str) -> Measure | Column | None:
        """A column as it is counted, None where this table has no such column."""
        for column in self.columns:
            if (column.column if isinstance(column, Measure) else column).key == key:
                return column
        return None

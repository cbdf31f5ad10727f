"""Counting: a measure is a mark, a number or a distinct key of one fact set, laid over rows.

`place` says in which row of a table each fact stands; counting and drill-down read the same marks, so the rows behind
a figure are always as many as the figure says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from reports.facts import NOWHERE, FactSet, Ints, Marks
from reports.figures import Column, Figure, Unit, rate

Facts = Mapping[str, FactSet]
Places = Mapping[str, Ints]
"""Fact set → for each of its facts the number of its row, or NOWHERE."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One counted column.

    Of the facts of `facts` under the mark `where` (all without one): how many, or, with `add`, the sum of a number;
    with `distinct`, each key once per row and once in 計. `per`: the number counts this many parts of one, and the sum is
    printed in ones with one decimal.
    """

    column: Column
    facts: str
    where: str | None = None
    add: str | None = None
    distinct: str | None = None
    per: int = 1


def counted(
    key: str,
    title: str,
    unit: Unit,
    formula: str,
    group: str,
    facts: str,
    where: str | None = None,
    *,
    add: str | None = None,
    distinct: str | None = None,
) -> Measure:
    """A measure with its column in one line of a list."""
    each_once = distinct is not None
    return Measure(Column(key, title, unit, formula, group, distinct=each_once), facts, where, add, distinct)


def figures(columns: Sequence[Measure | Column], facts: Facts, places: Places, rows: int) -> list[dict[str, Figure]]:
    """The figures of every row, and of 計 as the last: counted columns first, then the rates made of them."""
    table: list[dict[str, Figure]] = [{} for _ in range(rows + 1)]
    for measure in columns:
        if isinstance(measure, Measure):
            for figure_of, value in zip(table, _count(measure, facts, places, rows), strict=True):
                figure_of[measure.column.key] = value if measure.per == 1 else rate(value, measure.per, 1)
    for column in columns:
        if isinstance(column, Column):
            for figure_of in table:
                figure_of[column.key] = rate_of(column, figure_of)
    order = [key_of(column) for column in columns]
    return [{key: figure_of[key] for key in order} for figure_of in table]


def rate_of(column: Column, printed: Mapping[str, Figure]) -> Figure:
    """A rate from the columns it is made of, as they are printed."""
    assert column.ratio is not None
    numerator, denominator = printed[column.ratio.numerator], printed[column.ratio.denominator]
    assert numerator is not None
    assert denominator is not None
    return rate(_tenths(numerator), _tenths(denominator), column.ratio.scale)


def _tenths(figure: int | Decimal) -> int:
    return int(figure * 10)


def behind(measure: Measure, facts: Facts, places: Places, row: int | None) -> list[str]:
    """The ids of the facts a figure counts, in the order of the set; `row` None is 計."""
    chosen = _chosen(measure, facts[measure.facts], places[measure.facts])
    if row is not None:
        chosen = chosen & (places[measure.facts] == row)
    ids = facts[measure.facts].ids
    return list(dict.fromkeys(ids[position] for position in np.flatnonzero(chosen).tolist()))


def key_of(column: Measure | Column) -> str:
    return column.column.key if isinstance(column, Measure) else column.key


def columns_of(columns: Sequence[Measure | Column]) -> tuple[Column, ...]:
    return tuple(column.column if isinstance(column, Measure) else column for column in columns)


def _chosen(measure: Measure, facts: FactSet, place: Ints) -> Marks:
    placed: Marks = place != NOWHERE
    return placed if measure.where is None else placed & facts.marks[measure.where]


def _count(measure: Measure, facts: Facts, places: Places, rows: int) -> list[int]:
    fact_set, place = facts[measure.facts], places[measure.facts]
    chosen = _chosen(measure, fact_set, place)
    row = place[chosen]
    values = np.ones(row.size, dtype=np.int64) if measure.add is None else fact_set.numbers[measure.add][chosen]
    if measure.distinct is None:
        return [*_sums(row, values, rows), int(values.sum())]
    key = fact_set.numbers[measure.distinct][chosen]
    width = int(key.max()) + 1 if key.size else 1
    _, once = np.unique(row * width + key, return_index=True)
    _, once_in_all = np.unique(key, return_index=True)
    return [*_sums(row[once], values[once], rows), int(values[once_in_all].sum())]


def _sums(row: Ints, values: Ints, rows: int) -> list[int]:
    sums = np.zeros(rows, dtype=np.int64)
    np.add.at(sums, row, values)
    return [int(value) for value in sums]

"""What a report page shows: any form of the reports room, with its columns, formulae and rows."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from agent_ui.signin.schemas import Shown


class ReportQuery(BaseModel):
    """Days are Japanese calendar days, both included; without them the last 28 days."""

    first: date | None = None
    last: date | None = None
    by: str | None = Field(default=None, max_length=30)
    as_of: date | None = None


class AxisChoice(Shown):
    code: str
    label: str


class FormChoice(Shown):
    form: str
    title: str
    axes: list[AxisChoice]


class Forms(Shown):
    forms: list[FormChoice]


class ColumnView(Shown):
    key: str
    title: str
    unit: str
    formula: str
    group: str
    each_once: bool
    """Counted once per row and once in 計: its heading has the * that the notes speak of."""


class RowView(Shown):
    """Figures by column key; a rate keeps its one decimal; null is printed 「－」."""

    key: str
    label: str
    total: bool
    figures: dict[str, float | None]


class TableView(Shown):
    key: str
    title: str
    heading: str
    columns: list[ColumnView]
    rows: list[RowView]


class Labelled(Shown):
    code: str
    label: str


class HeatCell(Shown):
    down: int
    across: int
    value: float | None
    weight: float


class HeatMapView(Shown):
    title: str
    unit: str
    weight_title: str
    down: list[Labelled]
    across: list[Labelled]
    cells: list[HeatCell]


class ChartView(Shown):
    title: str
    table: str
    bars: str
    line: str | None


class ReportView(Shown):
    form: str
    title: str
    axis: str
    municipality: str
    section: str
    first_day: date
    last_day: date
    as_of: date
    receipts_until: date | None
    conditions: list[str]
    made_at: datetime
    made_by: str
    edition: str
    tables: list[TableView]
    heat_maps: list[HeatMapView]
    charts: list[ChartView]
    findings: list[str]
    warnings: list[str]
    notes: list[str]

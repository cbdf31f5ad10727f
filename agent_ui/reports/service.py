"""Report pages: the reports room makes the form, this room shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agent_ui.context import PanelContext
from agent_ui.errors import NotFound
from agent_ui.identity import SignedIn, note
from agent_ui.reports.schemas import (
    AxisChoice,
    ChartView,
    ColumnView,
    FormChoice,
    Forms,
    HeatCell,
    HeatMapView,
    Labelled,
    ReportQuery,
    ReportView,
    RowView,
    TableView,
)
from casefile.city import load_city
from casefile.clock import jst_date
from casefile.roles import Right
from reports import catalogue, request
from reports.exports import MEDIA_TYPES, Format, export
from reports.figures import Form, HeatMap, Table
from reports.request import FormName, Request

_USUAL_DAYS = 28


def forms(person: SignedIn) -> Forms:
    """Which forms there are."""
    person.require(Right.REPORTS)
    return Forms(
        forms=[
            FormChoice(
                form=form.value,
                title=form.title,
                axes=[AxisChoice(code=axis.value, label=axis.title) for axis in form.axes],
            )
            for form in FormName
        ]
    )


def page(context: PanelContext, person: SignedIn, name: str, query: ReportQuery) -> ReportView:
    """One form. Raises TsunagaruError with a sentence for a form, axis or period that cannot be."""
    asked, form = make(context, person, name, query, "report.view")
    return _view(asked, form)


def make(context: PanelContext, person: SignedIn, name: str, query: ReportQuery, action: str) -> tuple[Request, Form]:
    """The finished form and what was asked for; noted under `action`."""
    person.require(Right.REPORTS)
    now = context.clock.now()
    today = jst_date(now)
    last = query.last or today
    first = query.first or _usual_first(last)
    which = request.form_named(name)
    asked = request.ask(
        which,
        request.axis_named(which, query.by),
        request.period_of(first, last),
        now,
        person.user.display_name,
        as_of=query.as_of,
    )
    with context.database.transaction(person.municipality_id) as conn:
        form = catalogue.build(conn, load_city(conn, person.municipality_id), asked)
        detail = {"form": which.value, "axis": asked.axis.value, "from": str(first), "to": str(last)}
        note(conn, context, person, action, detail=detail)
    return asked, form


def _usual_first(last: date) -> date:
    """Four weeks end on `last`; the calendar's very first weeks are shorter."""
    return date.fromordinal(max(1, last.toordinal() - _USUAL_DAYS + 1))


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A form as a file."""

    name: str
    media_type: str
    content: bytes


def export_file(context: PanelContext, person: SignedIn, name: str, fmt: str, query: ReportQuery) -> ReportFile:
    """One form as a file; noted with what it was about. Raises NotFound for a format there is none of."""
    person.require(Right.EXPORT)
    try:
        wanted = Format(fmt)
    except ValueError as error:
        raise NotFound("この形式では出力できません。CSV・Excel・PDF・HTML・JSONから選んでください。") from error
    asked, form = make(context, person, name, query, f"export.{wanted.value}")
    file_name = f"{asked.form.value}_{asked.axis.value}_{asked.period.first}_{asked.period.last}.{wanted.value}"
    return ReportFile(file_name, MEDIA_TYPES[wanted], export(form, wanted))


def _view(asked: Request, form: Form) -> ReportView:
    header = form.header
    return ReportView(
        form=asked.form.value,
        title=form.title,
        axis=asked.axis.value,
        municipality=header.municipality,
        section=header.section,
        first_day=header.first_day,
        last_day=header.last_day,
        as_of=header.as_of,
        receipts_until=header.receipts_until,
        conditions=list(header.conditions),
        made_at=header.made_at,
        made_by=header.made_by,
        edition=header.edition,
        tables=[_table(table) for table in form.tables],
        heat_maps=[_heat_map(form, heat) for heat in form.heat_maps],
        charts=[ChartView(title=c.title, table=c.table, bars=c.bars, line=c.line) for c in form.charts],
        findings=list(form.findings),
        warnings=list(form.warnings),
        notes=list(form.notes),
    )


def _table(table: Table) -> TableView:
    return TableView(
        key=table.key,
        title=table.title,
        heading=table.heading,
        columns=[
            ColumnView(
                key=c.key, title=c.title, unit=c.unit.value, formula=c.formula, group=c.group, each_once=c.distinct
            )
            for c in table.columns
        ],
        rows=[
            RowView(
                key=row.key,
                label=row.label,
                total=row is table.total,
                figures={key: _plain(figure) for key, figure in row.figures.items()},
            )
            for row in table.rows
        ],
    )


def _plain(figure: int | Decimal | None) -> float | None:
    return None if figure is None else float(figure)


def _heat_map(form: Form, heat: HeatMap) -> HeatMapView:
    table = form.table(heat.table)
    rows = {row.key: row for row in table.rows}
    cells = []
    for (down_code, across_code), key in heat.cells.items():
        row = rows.get(key)
        if row is None:
            continue
        cells.append(
            HeatCell(
                down=[code for code, _ in heat.down].index(down_code),
                across=[code for code, _ in heat.across].index(across_code),
                value=_plain(row.figures.get(heat.column)),
                weight=_plain(row.figures.get(heat.weight)) or 0.0,
            )
        )
    return HeatMapView(
        title=heat.title,
        unit=table.column(heat.column).unit.value,
        weight_title=table.column(heat.weight).title,
        down=[Labelled(code=code, label=label) for code, label in heat.down],
        across=[Labelled(code=code, label=label) for code, label in heat.across],
        cells=cells,
    )

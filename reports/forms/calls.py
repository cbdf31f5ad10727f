"""架電状況表 (REPORTS.md §6.1): by hour, weekday or day, with the cross of both, by line and by attempt number."""

from __future__ import annotations

from sqlalchemy import Connection

from casefile.city import City
from casefile.vocabulary import Purpose
from reports.call_measures import CALL_COLUMNS, TIME_COLUMNS
from reports.facts import NOWHERE, FactSet
from reports.figures import Chart, Form, HeatMap, Reconciliation, Table
from reports.forms.header import NOTE_DISTINCT, NOTE_PAYMENTS, NOTE_PROMISES, NOTE_RATES, header_of, warnings_of
from reports.placing import (
    HOURS,
    by_attempt_number,
    by_line,
    group_by,
    places_of_calls,
    weekday_by_hour,
    weekday_codes,
)
from reports.reading.gather import Gathered, gather_calls
from reports.reconcile import reconcile
from reports.request import Axis, Request
from reports.sheet import Sheet

_HEAT = (("answer_rate", "calls", "応答率"), ("right_party_rate", "calls", "本人接触率"))


def sheets(conn: Connection, city: City, request: Request) -> tuple[Sheet, ...]:
    """The tables of the form with the facts behind every figure."""
    return sheets_of(gather_calls(conn, city, request).facts.sets, city, request)


def sheets_of(sets: dict[str, FactSet], city: City, request: Request) -> tuple[Sheet, ...]:
    """The tables of the form: by the asked axis, 曜日×時間帯, by line, by attempt number."""
    is_holiday = city.calendar.is_holiday
    groupings = (
        group_by(request.axis, request.period, is_holiday),
        weekday_by_hour(request.period, is_holiday),
        by_line(),
        by_attempt_number(),
    )
    return tuple(
        Sheet(grouping, TIME_COLUMNS if position == 0 else CALL_COLUMNS, sets, places_of_calls(sets, grouping))
        for position, grouping in enumerate(groupings)
    )


def build(conn: Connection, city: City, request: Request) -> Form:
    """Read and count. The form depends on nothing but the facts known by the request's moment."""
    gathered = gather_calls(conn, city, request)
    tables = tuple(sheet.table() for sheet in sheets_of(gathered.facts.sets, city, request))
    return Form(
        request=request,
        municipality_id=city.id,
        title=f"{request.form.title}({request.axis.title})",
        header=header_of(conn, city, request),
        tables=tables,
        heat_maps=heat_maps_of(tables[1]),
        charts=charts_of(request.axis, tables[0]),
        reconciliation=reconciliation_of(gathered, request),
        warnings=tuple(warnings_of(request)),
        notes=_notes(gathered),
    )


def charts_of(axis: Axis, table: Table) -> tuple[Chart, ...]:
    """How busy and how fruitful each row was, and what it brought in."""
    return (
        Chart(f"{axis.title}の架電数と本人接触率", table.key, "calls", "right_party_rate"),
        Chart(f"{axis.title}の納付額", table.key, "paid_yen", None),
    )


def reconciliation_of(gathered: Gathered, request: Request) -> Reconciliation | None:
    """Where the receipts of the window went; None for a purpose that sees no money."""
    if request.purpose is not Purpose.DUNNING:
        return None
    facts = gathered.facts
    return reconcile(
        facts.payments,
        facts.touches,
        facts.attribution,
        gathered.window,
        "架電(この表の納付額)",
        lambda touch: facts.touch_calls[touch] != NOWHERE,
    )


def heat_maps_of(cross: Table) -> tuple[HeatMap, ...]:
    """The heat maps of a 曜日×時間帯 table, over the hours in which anything happened."""
    printed = {row.key: row for row in cross.details}
    used = sorted({row.codes["時間帯コード"] for row in cross.details})
    hours = [f"{hour:02}" for hour in range(HOURS) if used and int(used[0]) <= hour <= int(used[-1])]
    across = tuple((hour, f"{int(hour)}時") for hour in hours)
    cells = {
        (weekday, hour): f"cell:{weekday}-{hour}"
        for weekday, _ in weekday_codes()
        for hour in hours
        if f"cell:{weekday}-{hour}" in printed
    }
    return tuple(
        HeatMap(f"曜日×時間帯 {title}", cross.key, column, weight, weekday_codes(), across, cells)
        for column, weight, title in _HEAT
    )


def _notes(gathered: Gathered) -> tuple[str, ...]:
    calls = gathered.facts.sets["calls"]
    notes = [
        NOTE_DISTINCT,
        NOTE_RATES,
        "時間帯・曜日は発信を網に渡した時刻(日本時間)による。祝日と12月29日~1月3日は「祝」だけに数える。",
        NOTE_PROMISES,
        NOTE_PAYMENTS,
        "稼働席時間は全業務・全キャンペーンの席の時間で、離席を含まない。",
    ]
    late = int(calls.marks["joined_late"].sum())
    if late:
        notes.append(f"通話のうち、応答から2秒を超えてつながったものが{late:,}件ある。")
    if gathered.unfinished:
        notes.append(f"作成日時に結果が確定していない発信{gathered.unfinished:,}件は、どの列にも入っていない。")
    return tuple(notes)

"""What must hold of any finished reports over any facts: REPORTS.md §6.8, as functions a test or a rehearsal calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from casefile.city import City
from reports.catalogue import build
from reports.exports import Format, export
from reports.figures import Figure, Form, Table
from reports.levy import levy_lines, levy_sums, read_levy
from reports.measures import rate_of
from reports.reading.gather import known_by
from reports.reading.money import payment_window, read_receipt_total
from reports.request import Axis, FormName, Period, Request, ask
from reports.status import active_cases, count_statuses, total_active

REACHED_NOBODY = ("busy", "no_answer", "voicemail", "out_of_reach", "dead", "rejected", "other")
ADDED_UP = (
    *("calls", *REACHED_NOBODY, "live", "conversations", "abandoned", "hung_up", "congestion"),
    *("contacts", "right_party", "recalls", "sms_follow_ups"),
    *("promises", "promised_yen", "promises_judged", "promises_kept", "judged_yen", "honoured_yen", "paid_yen"),
    *("talk_seconds", "wrapped_up", "wrapup_seconds", "seat_seconds", "waiting_seconds"),
)
"""Counts and yen whose rows add up to 計. Persons, households and periods do not, by definition."""

_REPEATED = (Format.JSON, Format.CSV, Format.HTML)


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that must hold, and what was found where it does not."""

    name: str
    holds: bool
    found: str = ""


def check(conn: Connection, city: City, period: Period, as_of: date, now: datetime) -> tuple[Invariant, ...]:
    """Build every form of this issue by every axis over the period and check all that must hold."""
    requests = {axis: ask(form, axis, period, now, "検証", as_of=as_of) for form in FormName for axis in form.axes}
    forms = {axis: build(conn, city, request) for axis, request in requests.items()}
    some = requests[Axis.HOUR]
    return (
        *of_forms(forms),
        _statuses(conn, city, some),
        *_receipts(conn, city, forms),
        *_levies(conn, city),
        *_repeated(conn, city, forms),
    )


def as_booleans(found: Iterable[Invariant]) -> dict[str, bool]:
    """Name → holds, for a rehearsal's result; a name holds when each of its checks does."""
    result: dict[str, bool] = {}
    for invariant in found:
        result[invariant.name] = result.get(invariant.name, True) and invariant.holds
    return result


def of_forms(forms: dict[Axis, Form]) -> tuple[Invariant, ...]:
    """What can be seen on finished forms alone."""
    tables = [table for form in forms.values() for table in form.tables]
    counted = [table for table in tables if table.rows[-1].figures.keys() >= {"calls", "live", "busy"}]
    return (
        *(rows_add_up(table) for table in tables),
        *(axes_agree(forms[Axis.HOUR].main, form.main, axis) for axis, form in forms.items() if axis is not Axis.LOT),
        *(results_partition(table) for table in counted),
        *(answers_partition(table) for table in counted),
        *(rates_recomputable(table) for table in tables),
        *(persons_within_bounds(table) for table in tables),
        *(paid_equals_reconciliation(form) for form in forms.values()),
    )


def rows_add_up(table: Table) -> Invariant:
    """Σ rows = 計 for counts and yen."""
    wrong = [
        key
        for key in _added_up(table)
        if sum(_whole(row.figures[key]) for row in table.details) != _whole(table.total.figures[key])
    ]
    return Invariant("reports_rows_add_up_to_total", not wrong, f"{table.key}: {wrong}")


def axes_agree(first: Table, other: Table, axis: Axis) -> Invariant:
    """Σ時間帯 = Σ日 = Σ曜日(+祝) = Σ地区(+市外+不明), for counts and yen that both tables have."""
    shared = [key for key in _added_up(first) if key in other.total.figures]
    wrong = [
        f"{key}: {first.total.figures[key]} ≠ {other.total.figures[key]}"
        for key in shared
        if first.total.figures[key] != other.total.figures[key]
    ]
    return Invariant("reports_same_total_by_every_axis", bool(shared) and not wrong, f"{axis.value}: {wrong}")


def results_partition(table: Table) -> Invariant:
    """話中 + 不応答 + 留守電 + 圏外 + 欠番・停止 + 拒否 + その他 + 有人応答 = a, in every row."""
    return _in_every_row(
        "reports_results_partition_calls",
        table,
        lambda f: sum(_whole(f[key]) for key in (*REACHED_NOBODY, "live")) == f["calls"],
    )


def answers_partition(table: Table) -> Invariant:
    """h = t + d + e, and no more 本人接触 than 接触, no more 接触 than 通話, in every row."""
    return _in_every_row(
        "reports_live_answers_partition",
        table,
        lambda f: (
            sum(_whole(f[key]) for key in ("conversations", "abandoned", "hung_up")) == f["live"]
            and _whole(f["right_party"]) <= _whole(f["contacts"]) <= _whole(f["conversations"])
        ),
    )


def rates_recomputable(table: Table) -> Invariant:
    """Every rate follows from two columns printed in the same row."""
    rates = [column for column in table.columns if column.ratio is not None]
    return _in_every_row(
        "reports_rates_recomputable",
        table,
        lambda f: all(rate_of(column, f) == f[column.key] for column in rates),
    )


def persons_within_bounds(table: Table) -> Invariant:
    """Counted once in 計: at least the longest row, at most the sum of all rows."""
    wrong = []
    for column in table.columns:
        if column.distinct:
            rows = [_whole(row.figures[column.key]) for row in table.details]
            if not max(rows, default=0) <= _whole(table.total.figures[column.key]) <= sum(rows):
                wrong.append(column.key)
    return Invariant("reports_persons_counted_once_in_total", not wrong, f"{table.key}: {wrong}")


def paid_equals_reconciliation(form: Form) -> Invariant:
    """The form's 納付額 is its own line of the reconciliation."""
    name = "reports_paid_equals_reconciliation"
    if form.reconciliation is None:
        return Invariant(name, holds=True)
    own = form.reconciliation.lines[0][2]
    paid = form.main.total.figures["paid_yen"]
    return Invariant(name, own == paid, f"{form.title}: {own} ≠ {paid}")


def _statuses(conn: Connection, city: City, request: Request) -> Invariant:
    """未交渉 + 未約束 + 納付約束 + 約束不履行 = active cases, in number and yen."""
    known = known_by(city, request)
    counts = count_statuses(active_cases(conn, city, known)).values()
    found = (sum(count.cases for count in counts), sum(count.unpaid_yen for count in counts))
    total = total_active(conn, known)
    wanted = (total.cases, total.unpaid_yen)
    return Invariant("reports_statuses_partition_active_cases", found == wanted, f"{found} ≠ {wanted}")


def _receipts(conn: Connection, city: City, forms: dict[Axis, Form]) -> Iterable[Invariant]:
    """Σ attributed + 未帰属 = 収納ファイル合計 of the window, as the database sums it."""
    for axis, form in forms.items():
        found = form.reconciliation
        if found is None:
            continue
        request = form.request
        window = (
            payment_window(request.period, request.as_of, 60)
            if axis is Axis.LOT
            else payment_window(request.period, request.as_of)
        )
        wanted = read_receipt_total(conn, known_by(city, request), window)
        sums = (found.receipts, found.principal_yen, found.extras_yen)
        yield Invariant("reports_every_yen_attributed_once", sums == wanted, f"{axis.value}: {sums} ≠ {wanted}")


def _levies(conn: Connection, city: City) -> Iterable[Invariant]:
    """調定収納 by 税目 = Σ of file 11, for every 会計年度 imported."""
    months = read_levy(conn, city.id)
    for year in sorted({row.fiscal_year for row in months}):
        lines = levy_lines(months, year, 14)
        found = (
            sum(line.levied_yen for line in lines),
            sum(line.received_yen for line in lines),
            sum(line.refund_due_yen for line in lines),
            sum(line.written_off_yen for line in lines),
        )
        wanted = levy_sums(conn, city.id, year)
        yield Invariant("reports_levy_equals_file_11", found == wanted, f"{year}: {found} ≠ {wanted}")


def _repeated(conn: Connection, city: City, forms: dict[Axis, Form]) -> Iterable[Invariant]:
    """The same request a second time gives the same bytes: once for each form, whose axes only group the same facts."""
    first = {form.request.form: axis for axis, form in reversed(forms.items())}
    for axis in first.values():
        form = forms[axis]
        again = build(conn, city, replace(form.request))
        same = all(export(form, fmt) == export(again, fmt) for fmt in _REPEATED)
        yield Invariant("reports_same_request_same_bytes", same, axis.value)


def _added_up(table: Table) -> list[str]:
    return [column.key for column in table.columns if column.key in ADDED_UP and not column.distinct]


def _in_every_row(name: str, table: Table, rule: Callable[[dict[str, Figure]], bool]) -> Invariant:
    wrong = [row.key for row in table.rows if not rule(dict(row.figures))]
    return Invariant(name, not wrong, f"{table.key}: {wrong}")


def _whole(figure: Figure) -> int:
    assert isinstance(figure, int)
    return figure

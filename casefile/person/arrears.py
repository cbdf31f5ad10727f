"""滞納情報 and 税目詳細: what is owed by period, with the 延滞金 if it were paid today (概算)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, select

from casefile.clock import jst_date
from casefile.interest import Payment, Rate, Terms, interest
from casefile.tables import (
    Arrears,
    InstalmentPlan,
    InstalmentPlanTarget,
    InterestRate,
    Promise,
    PromiseTarget,
    Receipt,
    TaxItem,
    TaxPeriod,
)
from casefile.vocabulary import ArrearsCategory, ClaimClass, PromiseState
from casefile.wareki import era_of


@dataclass(frozen=True, slots=True)
class ArrearsLine:
    """One period. `interest_estimate_yen` is what 延滞金 comes to if all is paid on `calculated_on`; an estimate.

    `interest_yen` and `demand_fee_yen` are what the core system has fixed; it has the last word on all of them. None as
    estimate: no rate is known for some day.
    """

    arrears_id: int
    tax_code: str
    tax_name: str
    tax_short_name: str
    claim_class_label: str
    levy_year: int
    assessed_year: int
    levy_year_label: str
    period: int
    period_name: str
    notice_no: str
    category: str
    category_label: str
    assessed_yen: int
    unpaid_yen: int
    provisional_paid_yen: int
    outstanding_yen: int
    demand_fee_yen: int
    interest_yen: int
    interest_estimate_yen: int | None
    calculated_on: date
    due_date: date
    demand_notice_date: date | None
    limitation_date: date | None
    closed_on: date | None
    as_of: date
    in_promise: bool
    in_plan: bool


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One tax of the case in one line, for the first pane. Yen of unpaid principal; 延滞金 apart."""

    tax_code: str
    tax_name: str
    periods: int
    current_yen: int
    carried_yen: int
    outstanding_yen: int
    interest_estimate_yen: int
    demand_fee_yen: int
    oldest_due_date: date


def arrears_lines(
    conn: Connection,
    municipality_id: int,
    addressee_no: str,
    claim_group: str,
    now: datetime,
    *,
    with_settled: bool = False,
) -> tuple[ArrearsLine, ...]:
    """The periods of one case by tax, levy year and period; `with_settled` adds those paid or closed."""
    today = jst_date(now)
    case = {"city": municipality_id, "person": addressee_no, "group": claim_group}
    rows = conn.execute(_ALL_LINES if with_settled else _OPEN_LINES, case).all()
    rates = _rates(conn, municipality_id)
    return tuple(_line(row, today, rates) for row in rows)


def tax_totals(lines: Sequence[ArrearsLine]) -> tuple[TaxTotal, ...]:
    """Unpaid lines summed by tax, in the order of the lines (pure)."""
    unpaid = [line for line in lines if line.outstanding_yen > 0]
    return tuple(_total(list(group)) for _, group in groupby(unpaid, key=lambda line: line.tax_code))


def _total(lines: list[ArrearsLine]) -> TaxTotal:
    def outstanding(category: ArrearsCategory) -> int:
        return sum(line.outstanding_yen for line in lines if line.category == category)

    return TaxTotal(
        tax_code=lines[0].tax_code,
        tax_name=lines[0].tax_name,
        periods=len(lines),
        current_yen=outstanding(ArrearsCategory.CURRENT),
        carried_yen=outstanding(ArrearsCategory.CARRIED),
        outstanding_yen=sum(line.outstanding_yen for line in lines),
        interest_estimate_yen=sum(line.interest_estimate_yen or 0 for line in lines),
        demand_fee_yen=sum(line.demand_fee_yen for line in lines),
        oldest_due_date=min(line.due_date for line in lines),
    )


def _lines() -> Select[*tuple[Any, ...]]:
    """The periods of a case, each with its last receipt, and whether an open promise or a plan has it for a target."""
    same_period = (Receipt.municipality_id == Arrears.municipality_id) & (Receipt.arrears_id == Arrears.arrears_id)
    last_paid = select(func.max(Receipt.received_on)).where(same_period, Receipt.cancelled_on.is_(None))
    in_promise = (
        exists()
        .where(
            Promise.municipality_id == Arrears.municipality_id,
            Promise.addressee_no == Arrears.addressee_no,
            Promise.claim_group == Arrears.claim_group,
            Promise.state == PromiseState.OPEN,
        )
        .where(
            PromiseTarget.municipality_id == Promise.municipality_id,
            PromiseTarget.promise_id == Promise.promise_id,
            PromiseTarget.arrears_id == Arrears.arrears_id,
        )
    )
    in_plan = (
        exists()
        .where(
            InstalmentPlan.municipality_id == Arrears.municipality_id,
            InstalmentPlan.addressee_no == Arrears.addressee_no,
            InstalmentPlan.claim_group == Arrears.claim_group,
            InstalmentPlan.state == "kept",
        )
        .where(
            InstalmentPlanTarget.municipality_id == InstalmentPlan.municipality_id,
            InstalmentPlanTarget.plan_no == InstalmentPlan.plan_no,
            InstalmentPlanTarget.arrears_id == Arrears.arrears_id,
        )
    )
    return (
        select(
            *Arrears.__table__.columns,
            TaxItem.name.label("tax_name"),
            TaxItem.short_name.label("tax_short_name"),
            TaxItem.claim_class,
            TaxItem.interest_rule,
            TaxItem.interest_terms,
            TaxPeriod.name.label("period_name"),
            last_paid.scalar_subquery().label("last_paid_on"),
            in_promise.label("in_promise"),
            in_plan.label("in_plan"),
        )
        .join(TaxItem, (TaxItem.municipality_id == Arrears.municipality_id) & (TaxItem.tax_code == Arrears.tax_code))
        .outerjoin(
            TaxPeriod,
            (TaxPeriod.municipality_id == Arrears.municipality_id)
            & (TaxPeriod.tax_code == Arrears.tax_code)
            & (TaxPeriod.levy_year == Arrears.levy_year)
            & (TaxPeriod.period == Arrears.period),
        )
        .where(
            Arrears.municipality_id == bindparam("city"),
            Arrears.addressee_no == bindparam("person"),
            Arrears.claim_group == bindparam("group"),
        )
        .order_by(Arrears.tax_code, Arrears.levy_year, Arrears.assessed_year, Arrears.period, Arrears.arrears_id)
    )


# Built once: a case is opened with every call.
_ALL_LINES = _lines()
_OPEN_LINES = _ALL_LINES.where(Arrears.outstanding_yen > 0)


def _line(row: Row[*tuple[Any, ...]], today: date, rates: Mapping[str, list[Rate]]) -> ArrearsLine:
    return ArrearsLine(
        arrears_id=row.arrears_id,
        tax_code=row.tax_code,
        tax_name=row.tax_name,
        tax_short_name=row.tax_short_name,
        claim_class_label=ClaimClass(row.claim_class).label,
        levy_year=row.levy_year,
        assessed_year=row.assessed_year,
        levy_year_label=fiscal_year_label(row.levy_year),
        period=row.period,
        period_name=row.period_name or f"{row.period}期",
        notice_no=row.notice_no,
        category=row.category,
        category_label=ArrearsCategory(row.category).label,
        assessed_yen=row.assessed_yen,
        unpaid_yen=row.unpaid_yen,
        provisional_paid_yen=row.provisional_paid_yen,
        outstanding_yen=row.outstanding_yen,
        demand_fee_yen=row.demand_fee_yen,
        interest_yen=row.interest_yen,
        interest_estimate_yen=_estimate(row, today, rates.get(row.interest_rule, [])),
        calculated_on=today,
        due_date=row.due_date,
        demand_notice_date=row.demand_notice_date,
        limitation_date=row.limitation_date,
        closed_on=row.closed_on,
        as_of=row.as_of,
        in_promise=row.in_promise,
        in_plan=row.in_plan,
    )


def _estimate(row: Row[*tuple[Any, ...]], today: date, rates: list[Rate]) -> int | None:
    """延滞金 if all were paid today; what receipts took off since the file lowers the base from their last day on."""
    if row.outstanding_yen == 0:
        return 0
    paid = (
        [Payment(row.last_paid_on, row.provisional_paid_yen)]
        if row.provisional_paid_yen and row.last_paid_on is not None
        else []
    )
    terms = Terms.from_json(row.interest_terms)
    try:
        return interest(row.interest_base_yen or row.unpaid_yen, row.due_date, today, rates, terms, paid).yen
    except ValueError:
        return None


def fiscal_year_label(year: int) -> str:
    """令和7年度 for 2025: the era is that of the year's first of April."""
    day = date(year, 4, 1)
    era = era_of(day)
    number = year - era.start.year + 1
    return f"{era.name}{'元' if number == 1 else number}年度"


_RATES = (
    select(InterestRate.rule, InterestRate.valid_from, InterestRate.first_percent, InterestRate.later_percent)
    .where(InterestRate.municipality_id == bindparam("city"))
    .order_by(InterestRate.rule, InterestRate.valid_from)
)


def _rates(conn: Connection, municipality_id: int) -> dict[str, list[Rate]]:
    rows = conn.execute(_RATES, {"city": municipality_id})
    found: dict[str, list[Rate]] = {}
    for row in rows:
        found.setdefault(row.rule, []).append(Rate(row.valid_from, row.first_percent, row.later_percent))
    return found

"""滞納情報 and 税目詳細: what is owed by period, with the 延滞金 if it were paid today (概算)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from casefile.city import City
from casefile.clock import jst_date
from casefile.interest import Payment, Rate, Terms, interest
from casefile.vocabulary import ArrearsCategory, ClaimClass
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
    city: City,
    addressee_no: str,
    claim_group: str,
    now: datetime,
    *,
    with_settled: bool = False,
) -> tuple[ArrearsLine, ...]:
    """The periods of one case by tax, levy year and period; `with_settled` adds those paid or closed."""
    today = jst_date(now)
    case = {"city": city.id, "person": addressee_no, "group": claim_group}
    rows = conn.exec_driver_sql(_ALL_LINES if with_settled else _OPEN_LINES, case).all()
    return tuple(_line(row, today, city.interest_rates.get(row.interest_rule, ())) for row in rows)


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


# The periods of a case, each with its last receipt, and whether an open promise or a plan has it for a target: their
# targets are read once for the case, not once for each period.
_LINES = """
SELECT a.arrears_id, a.tax_code, a.levy_year, a.assessed_year, a.period, a.notice_no, a.category, a.assessed_yen,
       a.unpaid_yen, a.provisional_paid_yen, a.outstanding_yen, a.demand_fee_yen, a.interest_yen, a.interest_base_yen,
       a.due_date, a.demand_notice_date, a.limitation_date, a.closed_on, a.as_of,
       t.name AS tax_name, t.short_name AS tax_short_name, t.claim_class, t.interest_rule, t.interest_terms,
       p.name AS period_name,
       (SELECT max(r.received_on) FROM receipt r
         WHERE r.municipality_id = a.municipality_id AND r.arrears_id = a.arrears_id
           AND r.cancelled_on IS NULL) AS last_paid_on,
       a.arrears_id = ANY (ARRAY(
           SELECT s.arrears_id FROM promise m
             JOIN promise_target s ON s.municipality_id = m.municipality_id AND s.promise_id = m.promise_id
            WHERE m.municipality_id = %(city)s AND m.addressee_no = %(person)s AND m.claim_group = %(group)s
              AND m.state = 'open')) AS in_promise,
       a.arrears_id = ANY (ARRAY(
           SELECT s.arrears_id FROM instalment_plan i
             JOIN instalment_plan_target s ON s.municipality_id = i.municipality_id AND s.plan_no = i.plan_no
            WHERE i.municipality_id = %(city)s AND i.addressee_no = %(person)s AND i.claim_group = %(group)s
              AND i.state = 'kept')) AS in_plan
  FROM arrears a
  JOIN tax_item t ON t.municipality_id = a.municipality_id AND t.tax_code = a.tax_code
  LEFT JOIN tax_period p ON p.municipality_id = a.municipality_id AND p.tax_code = a.tax_code
       AND p.levy_year = a.levy_year AND p.period = a.period
 WHERE a.municipality_id = %(city)s AND a.addressee_no = %(person)s AND a.claim_group = %(group)s
"""
_IN_ORDER = " ORDER BY a.tax_code, a.levy_year, a.assessed_year, a.period, a.arrears_id"
_ALL_LINES = _LINES + _IN_ORDER
_OPEN_LINES = _LINES + "   AND a.outstanding_yen > 0" + _IN_ORDER


def _line(row: Any, today: date, rates: Sequence[Rate]) -> ArrearsLine:
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
        interest_estimate_yen=_estimate(row, today, rates),
        calculated_on=today,
        due_date=row.due_date,
        demand_notice_date=row.demand_notice_date,
        limitation_date=row.limitation_date,
        closed_on=row.closed_on,
        as_of=row.as_of,
        in_promise=row.in_promise,
        in_plan=row.in_plan,
    )


def _estimate(row: Any, today: date, rates: Sequence[Rate]) -> int | None:
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

"""Evidence of reachable hours, sums of the tax pane, and the plain form of read models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst
from casefile.person.arrears import ArrearsLine, fiscal_year_label, tax_totals
from casefile.person.phones import Rung, evidence
from casefile.plain import plain
from casefile.vocabulary import Purpose

TUESDAY = date(2026, 9, 8)


def test_a_person_who_answers_at_nineteen_is_best_called_then() -> None:
    tuesdays = [date(2026, 9, 1), date(2026, 9, 8), date(2026, 9, 15), date(2026, 9, 29)]
    rung = [Rung(at_jst(day, 10), False) for day in tuesdays]
    rung += [Rung(at_jst(day, 19), day > tuesdays[0]) for day in tuesdays]
    best, other = evidence(rung, OfficeCalendar())
    assert best.sentence == "平日18–20時 4回中3回応答"
    assert other.sentence == "平日10–12時 4回中0回応答"


def test_one_lucky_call_is_worth_less_than_a_habit() -> None:
    once = [Rung(at_jst(TUESDAY, 10), True)]
    often = [Rung(at_jst(TUESDAY + timedelta(days=n), 19), n < 3) for n in range(4)]
    assert evidence(once + often, OfficeCalendar())[0].from_hour == 18


def test_holidays_count_with_the_weekend() -> None:
    respect_for_the_aged = date(2026, 9, 21)
    found = evidence([Rung(at_jst(respect_for_the_aged, 10), True)], OfficeCalendar())
    assert found[0].sentence == "土日祝10–12時 1回中1回応答"


def line(**changes: Any) -> ArrearsLine:
    values: dict[str, Any] = {
        "arrears_id": 1,
        "tax_code": "01",
        "tax_name": "市県民税",
        "tax_short_name": "市県民税",
        "claim_class_label": "地方税",
        "levy_year": 2026,
        "assessed_year": 2026,
        "levy_year_label": "令和8年度",
        "period": 1,
        "period_name": "1期",
        "notice_no": "",
        "category": "current",
        "category_label": "現年課税分",
        "assessed_yen": 10_000,
        "unpaid_yen": 10_000,
        "provisional_paid_yen": 0,
        "outstanding_yen": 10_000,
        "demand_fee_yen": 100,
        "interest_yen": 0,
        "interest_estimate_yen": 1_000,
        "calculated_on": TUESDAY,
        "due_date": date(2026, 6, 30),
        "demand_notice_date": None,
        "limitation_date": None,
        "closed_on": None,
        "as_of": TUESDAY,
        "in_promise": False,
        "in_plan": False,
    }
    return ArrearsLine(**(values | changes))


def test_totals_by_tax_leave_out_what_is_paid() -> None:
    lines = [
        line(),
        line(category="carried", outstanding_yen=5_000, due_date=date(2025, 6, 30)),
        line(outstanding_yen=0),
        line(tax_code="91", tax_name="国保税", outstanding_yen=3_000, interest_estimate_yen=None),
    ]
    resident, insurance = tax_totals(lines)
    assert (resident.periods, resident.current_yen, resident.carried_yen) == (2, 10_000, 5_000)
    assert (resident.outstanding_yen, resident.interest_estimate_yen) == (15_000, 2_000)
    assert resident.oldest_due_date == date(2025, 6, 30)
    assert (insurance.outstanding_yen, insurance.interest_estimate_yen) == (3_000, 0)


@pytest.mark.parametrize(
    ("year", "label"), [(2018, "平成30年度"), (2019, "平成31年度"), (2020, "令和2年度"), (2026, "令和8年度")]
)
def test_years_of_levy_by_era(year: int, label: str) -> None:
    assert fiscal_year_label(year) == label


@dataclass(frozen=True)
class _Sample:
    day: date
    purpose: Purpose
    inner: tuple[UUID, ...]


def test_read_models_become_plain_json() -> None:
    sample = _Sample(TUESDAY, Purpose.DUNNING, (UUID(int=1),))
    form = plain({"at": at_jst(TUESDAY, 9), "sample": sample})
    assert json.loads(json.dumps(form)) == {
        "at": "2026-09-08T09:00:00+09:00",
        "sample": {"day": "2026-09-08", "purpose": "dunning", "inner": [str(UUID(int=1))]},
    }


def test_what_has_no_plain_form_is_refused() -> None:
    with pytest.raises(TypeError):
        plain(object())

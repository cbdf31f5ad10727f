"""The synthetic city is repeatable, impossible to dial, and its money adds up."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest

from casefile.vocabulary import ArrearsCategory
from rehearsal.city import CityPlan, SyntheticCity, build_city
from rehearsal.city.model import LineFate
from rehearsal.city.taxes import add_open_days, is_holiday, office_open
from rehearsal.city.towns import CITIES, load_towns

_SYNTHETIC = re.compile(r"\+81(?:90|70|50)0\d{7}|\+8130\d{7}")


def test_same_seed_gives_the_same_city(truth: SyntheticCity) -> None:
    assert build_city(CityPlan(seed=3, households=400)) == truth
    assert build_city(CityPlan(seed=4, households=400)) != truth


def test_numbers_cannot_exist_and_are_never_given_twice(truth: SyntheticCity) -> None:
    assert all(_SYNTHETIC.fullmatch(number) for number in truth.lines)
    assert _SYNTHETIC.fullmatch(truth.caller_number)
    filed = {phone.e164 for resident in truth.residents.values() for phone in resident.phones if phone.e164}
    assert filed <= set(truth.lines)


def test_a_number_is_known_for_about_two_thirds_of_the_cases(truth: SyntheticCity) -> None:
    known = sum(any(phone.e164 for phone in truth.residents[no].phones) for no in truth.debts)
    assert 0.58 < known / len(truth.debts) < 0.74


def test_some_numbers_are_wrong_dead_or_shared(truth: SyntheticCity) -> None:
    fates = Counter(line.fate for line in truth.lines.values())
    assert set(fates) == set(LineFate)
    assert fates[LineFate.RIGHT] > 0.75 * len(truth.lines)
    shared = Counter(phone.e164 for resident in truth.residents.values() for phone in resident.phones)
    assert max(shared.values()) > 1


def test_every_household_has_a_debtor_and_every_debt_is_past_due(truth: SyntheticCity) -> None:
    for household in truth.households.values():
        assert any(no in truth.debts for no in household.members)
    assert all(debt.due_date < truth.as_of for debts in truth.debts.values() for debt in debts)


def test_households_have_one_to_six_members(truth: SyntheticCity) -> None:
    sizes = {len(household.members) for household in truth.households.values()}
    assert sizes <= set(range(1, 7))
    assert {1, 2, 4} <= sizes


def test_due_dates_and_demand_notices_keep_the_law(truth: SyntheticCity) -> None:
    for period in truth.periods:
        assert office_open(period.due_date)
        assert period.due_date < period.demand_date <= period.due_date + timedelta(days=20)


def test_what_was_assessed_is_paid_or_unpaid(truth: SyntheticCity) -> None:
    paid = Counter[str]()
    for receipt in truth.receipts:
        paid[receipt.debt_key] += receipt.principal_yen
    for debts in truth.debts.values():
        for debt in debts:
            assert debt.unpaid_yen > 0
            assert debt.assessed_yen == debt.unpaid_yen + paid[debt.key]


def test_monthly_totals_leave_exactly_what_is_in_arrears(truth: SyntheticCity) -> None:
    year = 2026
    for tax in truth.taxes:
        owed = sum(
            d.unpaid_yen
            for debts in truth.debts.values()
            for d in debts
            if d.tax_code == tax.code and d.levy_year == year
        )
        rows = [
            row
            for row in truth.levy
            if row.tax_code == tax.code and row.fiscal_year == year and row.category is ArrearsCategory.CURRENT
        ]
        assert sum(row.levied_yen - row.received_yen for row in rows) == owed


def test_companies_owe_what_companies_pay(truth: SyntheticCity) -> None:
    for no, debts in truth.debts.items():
        for debt in debts:
            assert (debt.tax_code in {"12", "13"}) == truth.residents[no].is_company


@pytest.mark.parametrize("city", CITIES)
def test_towns_are_real_names_with_coordinates(city: str) -> None:
    towns = load_towns(city)
    assert len({town.code for town in towns}) == len(towns) > 10
    assert len({town.area for town in towns}) == len({(town.branch, town.area) for town in towns})
    assert all(35.6 < town.latitude < 35.9 and 139.4 < town.longitude < 139.8 for town in towns)


def test_an_unknown_city_of_towns_is_refused() -> None:
    with pytest.raises(ValueError, match="towns are known for"):
        load_towns("無い市")


def test_the_source_of_the_towns_is_credited(truth: SyntheticCity) -> None:
    assert "CC BY 4.0" in truth.district_source


def test_open_days_leave_out_holidays() -> None:
    from datetime import date

    assert is_holiday(date(2026, 10, 12))
    assert add_open_days(date(2026, 10, 9), 1) == date(2026, 10, 13)
    assert not office_open(date(2026, 12, 29))

"""Who owes what: arrears shaped by why people fall behind, and the payments they made before.

Forgetful people owe one or two recent periods; those short of money owe many, some carried over (滞納繰越分); the ones
who paid yesterday owe nothing in truth, which no file knows yet.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from casefile.vocabulary import ArrearsCategory
from rehearsal.city.model import Debt, PastReceipt, Period, Resident, Tax, Temper
from rehearsal.city.population import Population
from rehearsal.city.taxes import TAX_BY_CODE, TAXES, add_open_days, fiscal_year

_OLDEST_YEAR = {
    Temper.FORGETFUL: 0,
    Temper.SLIP_LOST: 0,
    Temper.ALREADY_PAID: 0,
    Temper.DISPUTES: 1,
    Temper.UNWILLING: 3,
    Temper.SHORT_OF_MONEY: 2,
    Temper.MANY_DEBTS: 4,
    Temper.MOVED_AWAY: 2,
}
_MISSED_SHARE = {
    Temper.FORGETFUL: 0.45,
    Temper.SLIP_LOST: 0.5,
    Temper.ALREADY_PAID: 0.4,
    Temper.DISPUTES: 0.8,
    Temper.UNWILLING: 0.7,
    Temper.SHORT_OF_MONEY: 0.55,
    Temper.MANY_DEBTS: 0.75,
    Temper.MOVED_AWAY: 0.8,
}
PAYMENT_METHODS = ("convenience", "convenience", "bank", "app", "elqr", "counter")
_OWN_INTEREST = 0.5  # the core system writes 延滞金 only where it has been fixed


def draw_debts(
    rng: random.Random, population: Population, periods: Sequence[Period], as_of: date
) -> tuple[dict[str, tuple[Debt, ...]], tuple[PastReceipt, ...]]:
    """Debts by 宛名番号, and the receipts behind the partly paid ones. Every resident household has a debtor."""
    by_tax: dict[str, list[Period]] = {}
    for period in periods:
        if period.due_date < as_of:
            by_tax.setdefault(period.tax_code, []).append(period)
    debts: dict[str, tuple[Debt, ...]] = {}
    receipts: list[PastReceipt] = []
    for household in population.households.values():
        owing = False
        for no in household.members:
            resident = population.residents[no]
            lines = _debts_of(rng, resident, no == household.head_no, by_tax, population, as_of, receipts)
            if lines:
                debts[no] = lines
                owing = True
        if not owing:
            head = population.residents[household.head_no]
            tax = TAX_BY_CODE["12" if head.is_company else "11"]
            debts[head.addressee_no] = (_debt(rng, head, tax, by_tax[tax.code][-1], as_of, receipts),)
    return debts, tuple(receipts)


def _debts_of(
    rng: random.Random,
    resident: Resident,
    is_head: bool,
    by_tax: Mapping[str, Sequence[Period]],
    population: Population,
    as_of: date,
    receipts: list[PastReceipt],
) -> tuple[Debt, ...]:
    lines = []
    for tax in TAXES:
        if not _levied(rng, tax, resident, is_head, population, as_of):
            continue
        oldest = fiscal_year(as_of) - rng.randint(0, _OLDEST_YEAR[resident.temper])
        for period in by_tax[tax.code]:
            if period.levy_year < oldest or _adult_from(resident, as_of) > period.levy_year:
                continue
            if rng.random() < _MISSED_SHARE[resident.temper]:
                lines.append(_debt(rng, resident, tax, period, as_of, receipts))
    return tuple(lines)


def _levied(
    rng: random.Random, tax: Tax, resident: Resident, is_head: bool, population: Population, as_of: date
) -> bool:
    """Whether this resident is one of those behind with this tax."""
    if resident.is_company:
        return tax.payer == "company" and rng.random() < (0.7 if tax.code == "12" else 0.35)
    age = age_on(resident, as_of)
    if age < 18:
        return False
    children = [age_on(population.residents[no], as_of) for no in population.households[resident.household_id].members]
    match tax.payer:
        case "person":
            return age < 75 and rng.random() < (0.34 if is_head else 0.12)
        case "owner":
            return is_head and age >= 30 and rng.random() < 0.14
        case "driver":
            return rng.random() < 0.10
        case "head":
            return is_head and age < 80 and rng.random() < 0.38
        case "elder":
            return age >= 65 and rng.random() < 0.25
        case "oldest":
            return age >= 75 and rng.random() < 0.30
        case "parent":
            wanted = range(7) if tax.code == "71" else range(6, 15)
            return is_head and any(child in wanted for child in children) and rng.random() < 0.18
        case _:
            return False


def _debt(
    rng: random.Random, resident: Resident, tax: Tax, period: Period, as_of: date, receipts: list[PastReceipt]
) -> Debt:
    sigma = tax.spread
    assessed = max(100, round(tax.typical_yen * math.exp(rng.gauss(0, sigma)) / 100) * 100)
    notice = f"{tax.code}{period.levy_year % 100:02d}{resident.addressee_no[-7:]}"
    key = f"{tax.code}-{period.levy_year}-{period.period}-{resident.addressee_no}"
    paid = 0
    if rng.random() < 0.12 and assessed >= 4_000:
        paid = round(assessed * rng.uniform(0.2, 0.7) / 1000) * 1000
        latest = (as_of - timedelta(days=8) - period.due_date).days
        if latest > 0 and 0 < paid < assessed:
            day = period.due_date + timedelta(days=rng.randint(1, latest))
            receipts.append(_receipt(rng, f"{len(receipts) + 1:09d}", key, day, paid))
        else:
            paid = 0
    years_over = fiscal_year(as_of) - period.levy_year
    fixed = rng.random() < _OWN_INTEREST and years_over > 0 and tax.interest_terms != "none"
    return Debt(
        key=key,
        addressee_no=resident.addressee_no,
        tax_code=tax.code,
        claim_group=tax.claim_group,
        levy_year=period.levy_year,
        period=period.period,
        notice_no=notice,
        category=ArrearsCategory.CARRIED if years_over > 0 else ArrearsCategory.CURRENT,
        assessed_yen=assessed,
        unpaid_yen=assessed - paid,
        demand_fee_yen=0,
        interest_yen=(assessed - paid) * years_over * 8 // 10_000 * 100 if fixed else 0,
        due_date=period.due_date,
        demand_date=period.demand_date,
        limitation_date=date(period.due_date.year + tax.limitation_years, period.due_date.month, 1)
        + timedelta(days=period.due_date.day),
    )


def _receipt(rng: random.Random, no: str, key: str, day: date, paid: int) -> PastReceipt:
    return PastReceipt(f"R{no}", key, day, add_open_days(day, 3), paid, rng.choice(PAYMENT_METHODS), fiscal_year(day))


def age_on(resident: Resident, day: date) -> int:
    """Full years; 0 for a company."""
    born = resident.birth_date
    if born is None:
        return 0
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _adult_from(resident: Resident, as_of: date) -> int:
    """The first levy year in which somebody can owe."""
    return fiscal_year(as_of) - 4 if resident.is_company else as_of.year - age_on(resident, as_of) + 18

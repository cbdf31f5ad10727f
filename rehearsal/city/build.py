"""Draw a whole city from a seed: people first, then phones, debts, letters, flags and the year's totals."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date

from rehearsal.city.debts import draw_debts
from rehearsal.city.letters import draw_flags, draw_lots, draw_plans
from rehearsal.city.levy import levy_totals
from rehearsal.city.model import SyntheticCity
from rehearsal.city.population import draw_population
from rehearsal.city.taxes import TAXES, periods_of
from rehearsal.city.towns import SOURCE, load_towns

FIRST_DAY = date(2026, 10, 5)
"""The Monday every rehearsal begins on unless another day is named."""

_ROWS_A_HOUSEHOLD = 4
"""Arrears rows of the tax office's own system for each household, at the least: a little over 4.4 on average."""


@dataclass(frozen=True, slots=True)
class CityPlan:
    """How large a city is drawn and when. `households` counts resident households, each with at least one debtor.

    `as_of` is the day whose evening state the files show (収納基準日 of the first import).
    """

    seed: int
    households: int = 1_500
    as_of: date = date(2026, 10, 2)
    towns: str = "新座市"
    name: str = "みほん市"
    kana: str = "ミホンシ"
    code: int = 119997
    prefecture: str = "埼玉県"

    def with_arrears_rows(self, rows: int) -> CityPlan:
        """The same city, large enough for that many 滞納期別明細 of taxes and compulsory claims."""
        return replace(self, households=max(1, rows // _ROWS_A_HOUSEHOLD + 1))


def build_city(plan: CityPlan) -> SyntheticCity:
    """The same plan gives the same city, to the last yen."""
    if plan.households < 1:
        raise ValueError("a city needs at least one household")
    towns = load_towns(plan.towns)
    periods = tuple(
        period
        for tax in TAXES
        for year in range(plan.as_of.year - 4, plan.as_of.year + 1)
        for period in periods_of(tax, year)
    )
    population = draw_population(random.Random(f"{plan.seed}:population"), plan, towns)
    debts, receipts = draw_debts(random.Random(f"{plan.seed}:debts"), population, periods, plan.as_of)
    plans = draw_plans(random.Random(f"{plan.seed}:plans"), debts, plan.as_of)
    flags = draw_flags(random.Random(f"{plan.seed}:flags"), population, plans, plan.as_of)
    return SyntheticCity(
        seed=plan.seed,
        as_of=plan.as_of,
        code=plan.code,
        name=plan.name,
        kana=plan.kana,
        prefecture=plan.prefecture,
        area_code="03",
        caller_number="+81300000100",
        district_source=SOURCE,
        towns=towns,
        taxes=TAXES,
        periods=periods,
        households=population.households,
        residents=population.residents,
        lines=population.lines,
        debts=debts,
        receipts=receipts,
        lots=draw_lots(random.Random(f"{plan.seed}:lots"), population, debts, plan.as_of),
        flags=flags,
        plans=plans,
        levy=levy_totals(random.Random(f"{plan.seed}:levy"), debts, receipts, periods, plan.as_of),
    )

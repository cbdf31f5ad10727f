"""Documents by lot with what came back, stop and caution flags, instalment plans."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from casefile.vocabulary import ClaimGroup, DocumentKind
from rehearsal.city.debts import age_on
from rehearsal.city.model import Debt, Flag, Letter, Lot, Plan, PlanPart, Temper
from rehearsal.city.population import Population
from rehearsal.city.taxes import add_open_days, last_open

_UNIT_COST_YEN = 110
_RETURN_REASONS = ("あて所に尋ねあたらず", "転居先不明", "保管期間経過")
_LOTS = (
    (DocumentKind.REMINDER, 38, "一斉催告書 夏"),
    (DocumentKind.REMINDER, 12, "一斉催告書 秋"),
    (DocumentKind.WARNING, 20, "差押予告書"),
)
FLAG_SHARES: Mapping[str, float] = {
    "deceased": 0.006,
    "bankruptcy": 0.004,
    "public_assistance": 0.012,
    "grace": 0.006,
    "objection": 0.002,
    "lawyer": 0.004,
    "seizure": 0.012,
    "disaster": 0.004,
    "dv_support": 0.004,
    "call_refusal": 0.003,
    "hearing": 0.003,
}
"""How often an adult carries each flag of DOMAIN.md §2.7; `instalment` and `foreign_language` follow from the rest."""

_OF_PERSONS = frozenset({"deceased", "public_assistance", "dv_support", "hearing"})


def draw_lots(
    rng: random.Random, population: Population, debts: Mapping[str, Sequence[Debt]], as_of: date
) -> tuple[Lot, ...]:
    """督促状 by due date for the last four months, then general reminders and warnings."""
    lots = _demand_notices(rng, population, debts, as_of)
    for number, (kind, days_ago, wording) in enumerate(_LOTS, start=1):
        sent = last_open(as_of - timedelta(days=days_ago))
        letters: list[Letter] = []
        for no in sorted(debts):
            old = [d for d in debts[no] if d.claim_group is ClaimGroup.COMPULSORY and d.demand_date < sent]
            if old and rng.random() < (0.9 if kind is DocumentKind.REMINDER else 0.2):
                letters.append(
                    _letter(rng, len(letters) + 1, no, sum(d.unpaid_yen for d in old), sent, as_of, population)
                )
        if letters:
            lots.append(
                Lot(
                    f"S{sent:%y%m%d}{number}",
                    kind,
                    sent,
                    wording,
                    ClaimGroup.COMPULSORY,
                    _UNIT_COST_YEN,
                    tuple(letters),
                )
            )
    return tuple(sorted(lots, key=lambda lot: (lot.sent_on, lot.lot_no)))


def _demand_notices(
    rng: random.Random, population: Population, debts: Mapping[str, Sequence[Debt]], as_of: date
) -> list[Lot]:
    by_lot: dict[tuple[date, ClaimGroup, str], list[tuple[str, int]]] = {}
    for no in sorted(debts):
        for debt in debts[no]:
            if as_of - timedelta(days=130) < debt.demand_date <= as_of:
                by_lot.setdefault((debt.demand_date, debt.claim_group, debt.tax_code), []).append((no, debt.unpaid_yen))
    lots = []
    for (sent, group, tax_code), targets in sorted(by_lot.items()):
        letters = tuple(
            _letter(rng, number, no, target_yen, sent, as_of, population)
            for number, (no, target_yen) in enumerate(targets, start=1)
        )
        lots.append(
            Lot(f"D{sent:%y%m%d}{tax_code}", DocumentKind.DEMAND_NOTICE, sent, "督促状", group, _UNIT_COST_YEN, letters)
        )
    return lots


def _letter(
    rng: random.Random, number: int, no: str, target_yen: int, sent: date, as_of: date, population: Population
) -> Letter:
    moved = population.residents[no].temper is Temper.MOVED_AWAY
    returned = add_open_days(sent, rng.randint(4, 9)) if rng.random() < (0.45 if moved else 0.012) else None
    if returned and returned > as_of:
        returned = None
    withdrawn = sent if returned is None and rng.random() < 0.01 else None
    return Letter(
        f"{number:06d}", no, target_yen, withdrawn, returned, rng.choice(_RETURN_REASONS) if returned else None
    )


def draw_plans(rng: random.Random, debts: Mapping[str, Sequence[Debt]], as_of: date) -> tuple[Plan, ...]:
    """分納誓約 of some who owe much: most are being kept."""
    plans: list[Plan] = []
    for no in sorted(debts):
        for group in (ClaimGroup.COMPULSORY, ClaimGroup.ORDINARY):
            owed = [debt for debt in debts[no] if debt.claim_group is group]
            total = sum(debt.unpaid_yen for debt in owed)
            if total < 80_000 or rng.random() > 0.10:
                continue
            pledged = last_open(as_of - timedelta(days=rng.randint(20, 200)))
            count = rng.choice((6, 10, 12))
            share = max(1_000, total // count // 1_000 * 1_000)
            broken = rng.random() < 0.2
            parts = []
            for index in range(count):
                due = _month_later(pledged, index + 1)
                amount = share if index < count - 1 else max(1_000, total - share * (count - 1))
                late = broken and index >= 1
                parts.append(PlanPart(due, amount, amount if due <= as_of and not late else 0))
            missed = any(part.due_on <= as_of and part.paid_yen < part.part_yen for part in parts)
            plans.append(
                Plan(
                    f"B{len(plans) + 1:06d}",
                    no,
                    group,
                    pledged,
                    sum(part.part_yen for part in parts),
                    "broken" if missed else "kept",
                    tuple(parts),
                    tuple(debt.key for debt in owed),
                )
            )
    return tuple(plans)


def _month_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    return last_open(date(day.year + month // 12, month % 12 + 1, 28))


def draw_flags(rng: random.Random, population: Population, plans: Sequence[Plan], as_of: date) -> tuple[Flag, ...]:
    """Flags of §2.7 by their frequency, and those that follow from a plan being kept or a language."""
    flags = [
        Flag(plan.addressee_no, "instalment", plan.pledged_on, None, "分納誓約履行中")
        for plan in plans
        if plan.state == "kept"
    ]
    for resident in population.residents.values():
        if not resident.is_company and age_on(resident, as_of) < 18:
            continue
        for code, share in FLAG_SHARES.items():
            if rng.random() < share and not (resident.is_company and code in _OF_PERSONS):
                since = as_of - timedelta(days=rng.randint(5, 400))
                until = since + timedelta(days=730) if code in {"grace", "disaster"} else None
                flags.append(Flag(resident.addressee_no, code, since, until, ""))
        if resident.language != "ja" and rng.random() < 0.6:
            flags.append(
                Flag(resident.addressee_no, "foreign_language", as_of - timedelta(days=90), None, resident.language)
            )
    return tuple(sorted(flags, key=lambda flag: (flag.addressee_no, flag.code)))

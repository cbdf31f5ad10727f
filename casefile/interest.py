"""延滞金 as of a day, by DOMAIN.md §2.3: an estimate for the conversation; the core system has the last word."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

_DAYS_OF_A_YEAR = 365  # also in a leap year (DOMAIN.md §2.3 rule 2)


@dataclass(frozen=True, slots=True)
class Rate:
    """Percent a year from `valid_from` on: within the first months, and after them."""

    valid_from: date
    first_percent: Decimal
    later_percent: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What differs by tax or fee: the first period, floors and rounding, all in yen and months."""

    first_months: int = 1
    least_principal_yen: int = 2000
    principal_unit_yen: int = 1000
    least_total_yen: int = 1000
    total_unit_yen: int = 100
    charged: bool = True

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Terms:
        """From `tax_item.interest_terms`; what is not said there follows the tax law."""
        return cls(**{key: value for key, value in content.items() if key in cls.__dataclass_fields__})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Payment:
    """Principal that was paid on a day."""

    paid_on: date
    principal_yen: int


@dataclass(frozen=True, slots=True)
class InterestPart:
    """A stretch of days with one base and one rate, and its product cut below one yen."""

    first_day: date
    last_day: date
    base_yen: int
    percent: Decimal
    yen: int

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True)
class Interest:
    """The 延滞金 and the parts it is the sum of, for showing how it came about."""

    parts: tuple[InterestPart, ...]
    yen: int


def interest(
    principal_yen: int,
    due_date: date,
    paid_on: date,
    rates: Sequence[Rate],
    terms: Terms | None = None,
    payments: Sequence[Payment] = (),
) -> Interest:
    """延滞金 of one 税目・期別 if all is paid on `paid_on`; days run from the day after `due_date` to that day.

    `principal_yen` is the tax as it stood at the due date; earlier part `payments` of principal lower the base from the
    day after each (本税優先). Rates are split where they change. Raises ValueError when no rate covers a day.
    """
    terms = terms or Terms()
    if not terms.charged or paid_on <= due_date:
        return Interest((), 0)
    parts = tuple(part for part in _parts(principal_yen, due_date, paid_on, rates, terms, payments) if part.base_yen)
    total = sum(part.yen for part in parts)
    return Interest(parts, 0 if total < terms.least_total_yen else total // terms.total_unit_yen * terms.total_unit_yen)


def end_of_first_period(due_date: date, months: int) -> date:
    """納期限の翌日から n か月を経過する日: the day before the corresponding day, or the month's last one (民法143条)."""
    start = due_date + timedelta(days=1)
    if months == 0:
        return due_date
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    try:
        return date(year, month, start.day) - timedelta(days=1)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _parts(
    principal_yen: int,
    due_date: date,
    paid_on: date,
    rates: Sequence[Rate],
    terms: Terms,
    payments: Sequence[Payment],
) -> list[InterestPart]:
    first_end = end_of_first_period(due_date, terms.first_months)
    day_after = timedelta(days=1)
    start = due_date + day_after
    turns = {start, first_end + day_after}
    turns.update(rate.valid_from for rate in rates)
    turns.update(payment.paid_on + day_after for payment in payments)
    firsts = sorted(day for day in turns if start <= day <= paid_on)
    lasts = [day - day_after for day in firsts[1:]] + [paid_on]
    stretches: list[tuple[date, date, int, Decimal, bool]] = []
    for first_day, last_day in zip(firsts, lasts, strict=True):
        rate = _rate_on(first_day, rates)
        early = first_day <= first_end
        percent = rate.first_percent if early else rate.later_percent
        base = _base(principal_yen - sum(p.principal_yen for p in payments if p.paid_on < first_day), terms)
        if stretches and stretches[-1][2:] == (base, percent, early):
            # A new year with an old rate is no split.
            first_day = stretches.pop()[0]
        stretches.append((first_day, last_day, base, percent, early))
    return [_part(first_day, last_day, base, percent) for first_day, last_day, base, percent, _ in stretches]


def _part(first_day: date, last_day: date, base_yen: int, percent: Decimal) -> InterestPart:
    days = (last_day - first_day).days + 1
    hundredths = int(percent * 100)
    return InterestPart(
        first_day, last_day, base_yen, percent, base_yen * days * hundredths // (_DAYS_OF_A_YEAR * 100 * 100)
    )


def _base(principal_yen: int, terms: Terms) -> int:
    if principal_yen < terms.least_principal_yen:
        return 0
    return principal_yen // terms.principal_unit_yen * terms.principal_unit_yen


def _rate_on(day: date, rates: Sequence[Rate]) -> Rate:
    known = [rate for rate in rates if rate.valid_from <= day]
    if not known:
        raise ValueError(f"no rate of 延滞金 is known for {day}")
    return max(known, key=lambda rate: rate.valid_from)


@cache
def published_rates() -> dict[str, tuple[Rate, ...]]:
    """Rule → its dated rates, from `casefile/data/interest.toml`; what a new municipality starts with."""
    return {
        rule: tuple(Rate(line["from"], Decimal(line["first"]), Decimal(line["later"])) for line in entry["rates"])
        for rule, entry in _data()["rules"].items()
    }


@cache
def known_terms() -> dict[str, Terms]:
    """Name → terms, from the same file."""
    return {name: Terms.from_json(entry) for name, entry in _data()["terms"].items()}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("casefile.data").joinpath("interest.toml").read_text(encoding="utf-8"))

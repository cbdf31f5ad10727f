"""Households of one to six, companies and the phones they hang on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol, TypeVar

from rehearsal.city.model import (
    Household,
    LifeStyle,
    Line,
    Representative,
    Resident,
    Temper,
    Town,
)
from rehearsal.city.names import PersonName, draw_company, draw_foreign_name, draw_name
from rehearsal.city.telephones import PhoneBook

T = TypeVar("T")


class Scale(Protocol):
    """How many households are wanted, and the day the city is seen on."""

    @property
    def households(self) -> int: ...

    @property
    def as_of(self) -> date: ...

    @property
    def name(self) -> str: ...

    @property
    def prefecture(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Population:
    households: dict[str, Household] = field(default_factory=dict)
    residents: dict[str, Resident] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)


# Households in arrears are younger and work more than the town at large; shares are ours.
_STYLES = {
    LifeStyle.WORKER_ALONE: 0.24,
    LifeStyle.TWO_EARNERS: 0.22,
    LifeStyle.ONE_EARNER: 0.15,
    LifeStyle.SHIFT_WORK: 0.09,
    LifeStyle.SELF_EMPLOYED: 0.12,
    LifeStyle.ELDERLY_PAIR: 0.08,
    LifeStyle.ELDERLY_ALONE: 0.10,
}
_TEMPERS = {
    Temper.FORGETFUL: 0.34,
    Temper.SLIP_LOST: 0.10,
    Temper.SHORT_OF_MONEY: 0.26,
    Temper.MANY_DEBTS: 0.06,
    Temper.DISPUTES: 0.05,
    Temper.MOVED_AWAY: 0.05,
    Temper.ALREADY_PAID: 0.06,
    Temper.UNWILLING: 0.08,
}
_COMPANY_SHARE = 0.04
_FOREIGN_SHARE = 0.04
_RELATIONS = {
    "head": "世帯主",
    "wife": "妻",
    "husband": "夫",
    "son": "子",
    "daughter": "子",
    "mother": "母",
    "father": "父",
}


def draw_population(rng: random.Random, scale: Scale, towns: Sequence[Town]) -> Population:
    """Companies first, since people work for them; then one household after the other."""
    population = Population()
    book = PhoneBook(rng, population.lines)
    companies = _draw_companies(rng, scale, towns, population, book)
    for number in range(1, scale.households + 1):
        _draw_household(rng, scale, towns, population, book, number, companies)
    return population


def _draw_companies(
    rng: random.Random, scale: Scale, towns: Sequence[Town], population: Population, book: PhoneBook
) -> list[str]:
    numbers = []
    for index in range(1, max(1, round(scale.households * _COMPANY_SHARE)) + 1):
        no = f"9{index:09d}"
        name, kana = draw_company(rng)
        contact = draw_name(rng, rng.choice("mf"))
        town = rng.choice(towns)
        resident = Resident(
            addressee_no=no, household_id=f"C-{no}", is_company=True, name=name, kana=kana, birth_date=None, sex=None,
            relation=None, town=town, address=_address(rng, scale, town), postal_code=town.postal_code,
            delivery_address=None, delivery_name=None, delivery_postal_code=None, language="ja",
            contact_name=contact.written, contact_post=rng.choice(("総務部", "経理課", "代表取締役", "総務課長")),
            style=LifeStyle.COMPANY, temper=_draw(rng, _TEMPERS), phones=book.company_phones(no), employer_no=None,
        )  # fmt: skip
        population.residents[no] = resident
        population.households[resident.household_id] = Household(
            resident.household_id, "company", LifeStyle.COMPANY, (no,), no
        )
        numbers.append(no)
    return numbers


def _draw_household(
    rng: random.Random,
    scale: Scale,
    towns: Sequence[Town],
    population: Population,
    book: PhoneBook,
    number: int,
    companies: Sequence[str],
) -> None:
    style = _draw(rng, _STYLES)
    household_id = f"{number:08d}"
    town = rng.choice(towns)
    address = _address(rng, scale, town)
    foreign = rng.random() < _FOREIGN_SHARE
    roles = _members(rng, style)
    head_sex = rng.choice("mmmf") if style is not LifeStyle.ELDERLY_ALONE else rng.choice("mff")
    name, language = draw_foreign_name(rng) if foreign else (draw_name(rng, head_sex), "ja")
    numbers = [f"{(number * 10 + position):010d}" for position in range(len(roles))]
    adults = [no for no, (role, age) in zip(numbers, roles, strict=True) if age >= 18]
    home = book.home_phones(style, adults)
    for no, (role, age) in zip(numbers, roles, strict=True):
        if role == "head":
            sex, own = head_sex, name
        else:
            sex = _sex_of(role, rng) if role != "spouse" else ("f" if head_sex == "m" else "m")
            own = name if foreign and role == "head" else draw_name(rng, sex, (name.family, name.family_kana))
        temper = _draw(rng, _TEMPERS)
        elsewhere = _delivery(rng, scale, towns, temper)
        population.residents[no] = Resident(
            addressee_no=no, household_id=household_id, is_company=False, name=own.written, kana=own.kana,
            birth_date=_birthday(rng, scale.as_of, age), sex=sex, relation=_relation(role, sex), town=town,
            address=address, postal_code=town.postal_code, delivery_address=elsewhere and elsewhere[0],
            delivery_name=None, delivery_postal_code=elsewhere and elsewhere[1], language=language, contact_name=None,
            contact_post=None, style=style, temper=temper,
            phones=book.personal_phones(no, age, style, temper, home, rng.choice(companies)) if age >= 18 else (),
            employer_no=rng.choice(companies) if 18 <= age < 70 and rng.random() < 0.3 else None,
            representative=_representative(rng, scale, towns, age, own),
        )  # fmt: skip
    population.households[household_id] = Household(household_id, "resident", style, tuple(numbers), numbers[0])


def _members(rng: random.Random, style: LifeStyle) -> list[tuple[str, int]]:
    """Roles and ages, the head first; one to six people."""
    match style:
        case LifeStyle.WORKER_ALONE | LifeStyle.SHIFT_WORK:
            return [("head", rng.randint(20, 62))]
        case LifeStyle.ELDERLY_ALONE:
            return [("head", rng.randint(66, 93))]
        case LifeStyle.ELDERLY_PAIR:
            age = rng.randint(66, 90)
            return [("head", age), ("spouse", max(60, age - rng.randint(0, 6)))]
        case _:
            age = rng.randint(27, 62)
            people = [("head", age)]
            if rng.random() < 0.85 or style is LifeStyle.TWO_EARNERS:
                people.append(("spouse", max(22, age - rng.randint(-3, 8))))
            for _ in range(rng.choice((0, 0, 1, 1, 2, 2, 3))):
                people.append((rng.choice(("son", "daughter")), max(0, age - rng.randint(24, 38))))
            if rng.random() < 0.12 and len(people) < 6:
                people.append((rng.choice(("mother", "mother", "father")), age + rng.randint(22, 34)))
            return people[:6]


def _sex_of(role: str, rng: random.Random) -> str:
    fixed = {"son": "m", "father": "m", "daughter": "f", "mother": "f"}
    return fixed.get(role) or rng.choice("mf")


def _relation(role: str, sex: str) -> str:
    if role == "spouse":
        return _RELATIONS["wife" if sex == "f" else "husband"]
    return _RELATIONS[role]


def _birthday(rng: random.Random, as_of: date, age: int) -> date:
    return as_of - timedelta(days=age * 365 + age // 4 + rng.randint(1, 364))


def _address(rng: random.Random, scale: Scale, town: Town) -> str:
    """House numbers from 901 on: no block of these towns counts so far, so no real house is named."""
    lot = f"{scale.prefecture}{scale.name}{town.name}{rng.randint(901, 999)}番地"
    if rng.random() < 0.35:
        return f"{lot} {rng.choice(('コーポ', 'ハイツ', 'メゾン', 'グリーン'))}見本{rng.randint(1, 5)}0{rng.randint(1, 9)}号"
    return f"{lot}の{rng.randint(1, 30)}" if rng.random() < 0.6 else lot


def _delivery(rng: random.Random, scale: Scale, towns: Sequence[Town], temper: Temper) -> tuple[str, str] | None:
    """送付先 where it differs from 住所: some who moved, a few for convenience."""
    if rng.random() < (0.4 if temper is Temper.MOVED_AWAY else 0.03):
        town = rng.choice(towns)
        return _address(rng, scale, town), town.postal_code
    return None


def _representative(
    rng: random.Random, scale: Scale, towns: Sequence[Town], age: int, of: PersonName
) -> Representative | None:
    if age < 75 or rng.random() > 0.06:
        return None
    name = draw_name(rng, rng.choice("mf"), (of.family, of.family_kana))
    return Representative(
        rng.choice(("tax_manager", "guardian")), name.written, name.kana, _address(rng, scale, rng.choice(towns)), True
    )


def _draw(rng: random.Random, shares: dict[T, float]) -> T:
    return rng.choices(list(shares), weights=list(shares.values()))[0]

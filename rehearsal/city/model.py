"""What a synthetic city is made of. Everything here is the truth of the city; files show a part of it, late and wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from casefile.vocabulary import ArrearsCategory, ClaimClass, ClaimGroup, DocumentKind, PhoneHolder, PhonePlace


@dataclass(frozen=True, slots=True)
class Town:
    """One 町丁目 with the centre of its area."""

    code: str
    branch: str
    area: str
    name: str
    latitude: float
    longitude: float
    postal_code: str


class LifeStyle(StrEnum):
    """How a household spends its week; it decides who is at home when."""

    WORKER_ALONE = "worker_alone"
    TWO_EARNERS = "two_earners"
    ONE_EARNER = "one_earner"
    SHIFT_WORK = "shift_work"
    SELF_EMPLOYED = "self_employed"
    ELDERLY_PAIR = "elderly_pair"
    ELDERLY_ALONE = "elderly_alone"
    COMPANY = "company"


class Temper(StrEnum):
    """Why a person has not paid."""

    FORGETFUL = "forgetful"
    SLIP_LOST = "slip_lost"
    SHORT_OF_MONEY = "short_of_money"
    MANY_DEBTS = "many_debts"
    DISPUTES = "disputes"
    MOVED_AWAY = "moved_away"
    ALREADY_PAID = "already_paid"
    UNWILLING = "unwilling"


class LineFate(StrEnum):
    """What a number leads to in truth."""

    RIGHT = "right"  # the person it is filed for, or the household
    WRONG = "wrong"  # somebody else by now
    DEAD = "dead"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    FAX = "fax"


@dataclass(frozen=True, slots=True)
class Line:
    """One number of the city and what hangs on it. `owners` are those who may pick it up, most likely first."""

    e164: str
    fate: LineFate
    mobile: bool
    owners: tuple[str, ...]
    guard: bool
    machine: bool


@dataclass(frozen=True, slots=True)
class FiledPhone:
    """A number as the city has it on file for a person; `raw` is how a clerk once typed it."""

    raw: str
    e164: str | None
    place: PhonePlace
    holder: PhoneHolder
    position: int


@dataclass(frozen=True, slots=True)
class Resident:
    """A person or a company."""

    addressee_no: str
    household_id: str
    is_company: bool
    name: str
    kana: str
    birth_date: date | None
    sex: str | None
    relation: str | None
    town: Town | None
    address: str
    postal_code: str | None
    delivery_address: str | None
    delivery_name: str | None
    delivery_postal_code: str | None
    language: str
    contact_name: str | None
    contact_post: str | None
    style: LifeStyle
    temper: Temper
    phones: tuple[FiledPhone, ...]
    employer_no: str | None
    representative: Representative | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    kind: str
    name: str
    kana: str
    address: str
    delegation_confirmed: bool


@dataclass(frozen=True, slots=True)
class Household:
    household_id: str
    kind: str
    style: LifeStyle
    members: tuple[str, ...]
    head_no: str


@dataclass(frozen=True, slots=True)
class Tax:
    """税目・料目 of the city."""

    code: str
    name: str
    short_name: str
    claim_class: ClaimClass
    limitation_years: int
    interest_terms: str
    months: tuple[int, ...]
    typical_yen: int
    spread: float
    payer: str  # "person", "head", "elder", "parent", "company"

    @property
    def claim_group(self) -> ClaimGroup:
        return self.claim_class.group


@dataclass(frozen=True, slots=True)
class Period:
    """One period of one levy year with its due date and the day its 督促状 went or will go out."""

    tax_code: str
    levy_year: int
    period: int
    name: str
    due_date: date
    demand_date: date


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed of one period. `key` names it in receipts, too."""

    key: str
    addressee_no: str
    tax_code: str
    claim_group: ClaimGroup
    levy_year: int
    period: int
    notice_no: str
    category: ArrearsCategory
    assessed_yen: int
    unpaid_yen: int
    demand_fee_yen: int
    interest_yen: int
    due_date: date
    demand_date: date
    limitation_date: date


@dataclass(frozen=True, slots=True)
class PastReceipt:
    """A payment that was booked before the rehearsal began."""

    receipt_no: str
    debt_key: str
    received_on: date
    posted_on: date
    principal_yen: int
    method: str
    fiscal_year: int


@dataclass(frozen=True, slots=True)
class Letter:
    document_no: str
    addressee_no: str
    target_yen: int
    withdrawn_on: date | None
    returned_on: date | None
    return_reason: str | None


@dataclass(frozen=True, slots=True)
class Lot:
    """発送ロット."""

    lot_no: str
    kind: DocumentKind
    sent_on: date
    wording: str
    claim_group: ClaimGroup
    unit_cost_yen: int
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    addressee_no: str
    code: str
    valid_from: date
    valid_to: date | None
    note: str


@dataclass(frozen=True, slots=True)
class PlanPart:
    due_on: date
    part_yen: int
    paid_yen: int


@dataclass(frozen=True, slots=True)
class Plan:
    """分納誓約 granted by a 徴税吏員."""

    plan_no: str
    addressee_no: str
    claim_group: ClaimGroup
    pledged_on: date
    pledged_yen: int
    state: str
    parts: tuple[PlanPart, ...]
    debt_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevyMonth:
    """One month of file 11; April is month 1, 出納整理期間 13 and 14."""

    fiscal_year: int
    tax_code: str
    period: int
    category: ArrearsCategory
    month: int
    levied_yen: int
    received_yen: int
    refund_due_yen: int
    written_off_yen: int


@dataclass(frozen=True, slots=True)
class SyntheticCity:
    """The whole city on the morning of `as_of`'s next day."""

    seed: int
    as_of: date
    code: int
    name: str
    kana: str
    prefecture: str
    area_code: str
    caller_number: str
    district_source: str
    towns: tuple[Town, ...]
    taxes: tuple[Tax, ...]
    periods: tuple[Period, ...]
    households: dict[str, Household]
    residents: dict[str, Resident]
    lines: dict[str, Line]
    debts: dict[str, tuple[Debt, ...]] = field(repr=False)
    receipts: tuple[PastReceipt, ...] = field(repr=False)
    lots: tuple[Lot, ...] = field(repr=False)
    flags: tuple[Flag, ...] = field(repr=False)
    plans: tuple[Plan, ...] = field(repr=False)
    levy: tuple[LevyMonth, ...] = field(repr=False)

    def debt_rows(self) -> int:
        return sum(len(lines) for lines in self.debts.values())

"""Taxes and fees, their periods, what is owed by period, and the rates of 延滞金."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Identity,
    Numeric,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality, OfParent, within, yen


class TaxItem(OfMunicipality, Base):
    """税目・料目 with its mandatory 債権区分 (I35) and the rule of its 延滞金."""

    __tablename__ = "tax_item"
    __table_args__ = (
        CheckConstraint(
            "claim_class IN ('local_tax', 'compulsory_public', 'noncompulsory_public', 'private')", name="claim_class"
        ),
        CheckConstraint(
            "(claim_group = 'compulsory') = (claim_class IN ('local_tax', 'compulsory_public'))"
            " AND claim_group IN ('compulsory', 'ordinary')",
            name="claim_group",
        ),
        UniqueConstraint("municipality_id", "tax_code", "claim_group"),
    )

    tax_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    short_name: Mapped[str]
    claim_class: Mapped[str]
    claim_group: Mapped[str]
    limitation_years: Mapped[int]
    interest_rule: Mapped[str]
    interest_terms: Mapped[Json]


class TaxPeriod(OfParent, Base):
    """期別 calendar: the due date of each period of each levy year; configuration of the city, never code."""

    __tablename__ = "tax_period"
    __table_args__ = (within("tax_item", "tax_code"),)

    tax_code: Mapped[str] = mapped_column(primary_key=True)
    levy_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    due_date: Mapped[date]


class InterestRate(OfMunicipality, Base):
    """Rates of 延滞金 in percent a year from a day on (DOMAIN.md §2.3)."""

    __tablename__ = "interest_rate"

    rule: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    first_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    later_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))


class Arrears(OfParent, Base):
    """滞納期別明細: what one person owes of one tax, levy year and period.

    `unpaid_yen` is the principal as the core system had it on `as_of`; `provisional_paid_yen` is what receipts loaded
    since then took off it. `outstanding_yen` is what the gate and the screens believe: never below zero, and zero once
    the row is closed.
    """

    __tablename__ = "arrears"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        within("tax_item", "tax_code", "claim_group"),
        # The person first: one index serves the rule and every look at a person, and a file in that order appends to it.
        UniqueConstraint(
            "municipality_id", "addressee_no", "tax_code", "levy_year", "assessed_year", "period", "notice_no"
        ),
        CheckConstraint("unpaid_yen >= 0", name="unpaid_yen"),
        CheckConstraint("category IN ('current', 'carried')", name="category"),
        # Each import gives each row a new 基準日: half a page stays free, so that no index has to follow (a HOT update).
        {"postgresql_with": {"fillfactor": 50}},
    )

    arrears_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    addressee_no: Mapped[str]
    tax_code: Mapped[str]
    claim_group: Mapped[str]
    levy_year: Mapped[int] = mapped_column(SmallInteger)
    assessed_year: Mapped[int] = mapped_column(SmallInteger)
    period: Mapped[int] = mapped_column(SmallInteger)
    notice_no: Mapped[str]
    category: Mapped[str]
    assessed_yen: Mapped[int] = yen()
    unpaid_yen: Mapped[int] = yen()
    provisional_paid_yen: Mapped[int] = yen()
    demand_fee_yen: Mapped[int] = yen()
    interest_yen: Mapped[int] = yen()
    interest_base_yen: Mapped[int] = yen()
    due_date: Mapped[date]
    demand_notice_date: Mapped[date | None]
    limitation_date: Mapped[date | None]
    closed_on: Mapped[date | None]
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]
    outstanding_yen: Mapped[int] = mapped_column(
        BigInteger,
        Computed(
            "CASE WHEN closed_on IS NULL THEN GREATEST(unpaid_yen - provisional_paid_yen, 0) ELSE 0 END",
            persisted=True,
        ),
    )

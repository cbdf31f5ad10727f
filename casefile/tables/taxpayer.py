"""Persons and companies by 宛名番号, the households they belong to, and those who speak for them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfMunicipality, OfParent, within


class Household(OfMunicipality, Base):
    """世帯. Never null for a taxpayer: companies (C-…) and persons without one (S-…) have their own.

    The gate locks these rows, in id order, before it counts what a household has already been asked to bear.
    """

    __tablename__ = "household"
    __table_args__ = (CheckConstraint("kind IN ('resident', 'single', 'company')", name="kind"),)

    household_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    head_addressee_no: Mapped[str | None]
    import_id: Mapped[UUID | None]


class Taxpayer(OfParent, Base):
    """宛名: whoever owes or may be written to. 送付先 may differ from 住所; names are kept as they came."""

    __tablename__ = "taxpayer"
    __table_args__ = (
        within("household", "household_id"),
        within("district", "district_code"),
        CheckConstraint("kind IN ('person', 'company')", name="kind"),
        Index("ix_taxpayer_household_id", "municipality_id", "household_id"),
        Index("ix_taxpayer_kana_key", "municipality_id", "kana_key"),
        Index("ix_taxpayer_district_code", "municipality_id", "district_code"),
    )

    addressee_no: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    name_kana: Mapped[str]
    kana_key: Mapped[str]
    birth_date: Mapped[date | None]
    postal_code: Mapped[str | None]
    address: Mapped[str]
    district_code: Mapped[str | None]
    outside_city: Mapped[bool]
    delivery_name: Mapped[str | None]
    delivery_postal_code: Mapped[str | None]
    delivery_address: Mapped[str | None]
    household_id: Mapped[str]
    relation_to_head: Mapped[str | None]
    contact_person_name: Mapped[str | None]
    contact_person_post: Mapped[str | None]
    language: Mapped[str]
    whereabouts: Mapped[str]
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]


class Representative(OfParent, Base):
    """納税管理人, 相続人代表者, 税理士, 弁護士 or 成年後見人 of a taxpayer."""

    __tablename__ = "representative"
    __table_args__ = (within("taxpayer", "addressee_no"),)

    addressee_no: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    name: Mapped[str]
    name_kana: Mapped[str | None]
    address: Mapped[str | None]
    phone_raw: Mapped[str | None]
    delegation_confirmed: Mapped[bool]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

"""架電停止・要注意 flags, what each does by channel and purpose, and the one switch that stops everything."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfMunicipality, OfParent, within


class TaxpayerFlag(OfParent, Base):
    """A stop or caution on a person for a time. Imported ones follow the file; learned ones are the room's own."""

    __tablename__ = "taxpayer_flag"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        CheckConstraint("source IN ('import', 'learned')", name="source"),
        Index("ix_taxpayer_flag_addressee_no", "municipality_id", "addressee_no"),
    )

    flag_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    flag_code: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    note: Mapped[str | None]
    source: Mapped[str]
    set_by: Mapped[UUID | None]
    set_at: Mapped[datetime]
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]


class FlagRule(OfMunicipality, Base):
    """flag × channel × purpose → refuse, staff or warn (DOMAIN.md §2.7); data of the city, seeded with defaults."""

    __tablename__ = "flag_rule"
    __table_args__ = (CheckConstraint("effect IN ('refuse', 'staff', 'warn')", name="effect"),)

    flag_code: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    effect: Mapped[str]
    label: Mapped[str]


class ContactStop(OfMunicipality, Base):
    """The one switch: all dialing and texting of the city, or of one district, stands still while such a row is open."""

    __tablename__ = "contact_stop"
    __table_args__ = (
        within("district", "district_code"),
        CheckConstraint("kind IN ('disaster', 'wrong_data', 'other')", name="kind"),
        Index("ix_contact_stop_open", "municipality_id", "ended_at"),
    )

    stop_id: Mapped[UUID] = mapped_column(primary_key=True)
    district_code: Mapped[str | None]
    kind: Mapped[str]
    reason: Mapped[str]
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]

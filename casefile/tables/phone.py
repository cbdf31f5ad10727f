"""Phones of a taxpayer in dialing order, with what the room has learned of each."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfParent, within


class Phone(OfParent, Base):
    """One number of one person. `raw` is what the file said; `e164` is null where no number could be read from it.

    Columns named `learned_*`, `ng_*`, `usable_hours` and `confirmed_at` belong to the room: no import overwrites them.
    `usable_hours`: {"weekdays": [1..7 by GIF, optional], "from": "HH:MM", "to": "HH:MM"}.
    """

    __tablename__ = "phone"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        UniqueConstraint("municipality_id", "addressee_no", "raw_digits"),
        CheckConstraint("line_type IN ('landline', 'mobile', 'ip', 'barred', 'unknown')", name="line_type"),
        CheckConstraint("place IN ('home', 'mobile', 'work', 'contact')", name="place"),
        CheckConstraint("source IN ('import', 'learned')", name="source"),
        Index("ix_phone_e164", "municipality_id", "e164"),
        Index("ix_phone_addressee_no", "municipality_id", "addressee_no", "position"),
    )

    phone_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    position: Mapped[int]
    raw: Mapped[str]
    raw_digits: Mapped[str]
    e164: Mapped[str | None]
    line_type: Mapped[str]
    place: Mapped[str]
    holder: Mapped[str]
    source: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    usable_hours: Mapped[Json | None]
    ng_reason: Mapped[str | None]
    ng_at: Mapped[datetime | None]
    learned_by: Mapped[UUID | None]
    learned_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]

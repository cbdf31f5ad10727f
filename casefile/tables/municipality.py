"""The municipality itself, its districts and the days on which its office differs from the calendar."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality


class Municipality(Base):
    """One city, ward, town or village. Its name and code are readable before sign-in; nothing else is."""

    __tablename__ = "municipality"

    municipality_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str]
    name_kana: Mapped[str]
    prefecture: Mapped[str]
    section_name: Mapped[str]
    section_name_may_be_spoken: Mapped[bool]
    area_code: Mapped[str]
    caller_number: Mapped[str]
    settings: Mapped[Json]


class District(OfMunicipality, Base):
    """町丁目 with the centre of its area; source and licence are kept because they must be credited."""

    __tablename__ = "district"

    district_code: Mapped[str] = mapped_column(primary_key=True)
    branch: Mapped[str]
    area: Mapped[str]
    town: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    source: Mapped[str]


class OfficeDay(OfMunicipality, Base):
    """A day the city itself declares open or closed, over public holidays and the year's end (DOMAIN.md §2.8)."""

    __tablename__ = "office_day"
    __table_args__ = (CheckConstraint("kind IN ('open', 'closed')", name="kind"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]

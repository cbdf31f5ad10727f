"""調定・収納 monthly totals as the core system reports them (file 11 of DOMAIN.md §3)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfParent, within, yen


class LevyTotal(OfParent, Base):
    """One month of one tax, period and category in one 会計年度.

    `month` is the calendar month, 1 to 12; months 13 and 14 are 出納整理 (April and May after the year's end).
    """

    __tablename__ = "levy_total"
    __table_args__ = (
        within("tax_item", "tax_code"),
        CheckConstraint("category IN ('current', 'carried')", name="category"),
        CheckConstraint("month BETWEEN 1 AND 14", name="month"),
    )

    fiscal_year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tax_code: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    category: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    levied_yen: Mapped[int] = yen()
    received_yen: Mapped[int] = yen()
    refund_due_yen: Mapped[int] = yen()
    written_off_yen: Mapped[int] = yen()
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]

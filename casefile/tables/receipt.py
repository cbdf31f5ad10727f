"""収納: 速報 stops contact at once, 速報取消 reopens, 確報 is what reports use."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfMunicipality, within, yen


class Receipt(OfMunicipality, Base):
    """One payment line. `arrears_id` is null where no arrears row is known (on-time payers, other sections)."""

    __tablename__ = "receipt"
    __table_args__ = (
        within("arrears", "arrears_id"),
        CheckConstraint("stage IN ('flash', 'final')", name="stage"),
        CheckConstraint("principal_yen >= 0", name="principal_yen"),
        Index("ix_receipt_arrears_id", "municipality_id", "arrears_id"),
        Index("ix_receipt_addressee_no", "municipality_id", "addressee_no", "received_on"),
    )

    receipt_no: Mapped[str] = mapped_column(primary_key=True)
    arrears_id: Mapped[int | None] = mapped_column(BigInteger)
    addressee_no: Mapped[str]
    tax_code: Mapped[str]
    levy_year: Mapped[int] = mapped_column(SmallInteger)
    assessed_year: Mapped[int] = mapped_column(SmallInteger)
    period: Mapped[int] = mapped_column(SmallInteger)
    notice_no: Mapped[str]
    received_on: Mapped[date]
    posted_on: Mapped[date | None]
    principal_yen: Mapped[int] = yen()
    interest_yen: Mapped[int] = yen()
    demand_fee_yen: Mapped[int] = yen()
    stage: Mapped[str]
    method: Mapped[str]
    fiscal_year: Mapped[int] = mapped_column(SmallInteger)
    cancelled_on: Mapped[date | None]
    as_of: Mapped[date]
    loaded_at: Mapped[datetime]
    import_id: Mapped[UUID | None]

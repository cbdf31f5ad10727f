"""Dispatched documents by lot, and which of them came back (返戻)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfMunicipality, OfParent, within, yen


class DocumentLot(OfMunicipality, Base):
    """発送ロット: one kind of document, one day, one wording."""

    __tablename__ = "document_lot"

    lot_no: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sent_on: Mapped[date]
    wording: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    unit_cost_yen: Mapped[int] = yen()
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]


class Document(OfParent, Base):
    """One envelope of a lot: drawn, perhaps withdrawn (引抜) before posting, perhaps returned."""

    __tablename__ = "document"
    __table_args__ = (
        within("document_lot", "lot_no"),
        within("taxpayer", "addressee_no"),
        Index("ix_document_addressee_no", "municipality_id", "addressee_no"),
    )

    lot_no: Mapped[str] = mapped_column(primary_key=True)
    document_no: Mapped[str] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    target_yen: Mapped[int] = yen()
    withdrawn_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    return_reason: Mapped[str | None]

"""Who did what with whose case. Entries are inserted plain; the worker seals them into a hash chain in batches."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality, OfParent, within


class AuditEntry(OfMunicipality, Base):
    """日時・担当者・操作内容・対象者 (I24). Insert only."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "municipality_id", "at"),
        Index("ix_audit_entry_addressee_no", "municipality_id", "addressee_no", "at"),
    )

    audit_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[UUID | None]
    actor: Mapped[str]
    action: Mapped[str]
    addressee_no: Mapped[str | None]
    detail: Mapped[Json]


class AuditSeal(OfParent, Base):
    """One link: SHA-256 over the previous link and the canonical form of the entry. Insert only."""

    __tablename__ = "audit_seal"
    __table_args__ = (within("audit_entry", "audit_id"), UniqueConstraint("municipality_id", "audit_id"))

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audit_id: Mapped[UUID]
    chain_hash: Mapped[str]
    sealed_at: Mapped[datetime]

"""Users of the room and their roles."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfMunicipality, OfParent, within


class UserAccount(OfMunicipality, Base):
    """One person who signs in. `session_key` changes to end every session at once."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("municipality_id", "login"), UniqueConstraint("municipality_id", "session_key"))

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str]
    display_name: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool]
    session_key: Mapped[str]
    failed_count: Mapped[int]
    locked_until: Mapped[datetime | None]
    password_changed_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Role(OfMunicipality, Base):
    """A named set of rights, within one purpose or all of them (`purposes` empty: none)."""

    __tablename__ = "role"

    role_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    rights: Mapped[list[str]] = mapped_column(JSONB)
    purposes: Mapped[list[str]] = mapped_column(JSONB)


class UserRole(OfParent, Base):
    __tablename__ = "user_role"
    __table_args__ = (within("user_account", "user_id"), within("role", "role_code"))

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role_code: Mapped[str] = mapped_column(primary_key=True)


class ProtectedOpening(OfParent, Base):
    """Four eyes on a case under 支援措置: one authorised person asks, another allows, for a short time (DOMAIN.md §2.7)."""

    __tablename__ = "protected_opening"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        within("user_account", "asked_by", to=("user_id",)),
        within("user_account", "allowed_by", to=("user_id",)),
        CheckConstraint("allowed_by <> asked_by", name="four_eyes"),
        CheckConstraint(
            "(allowed_by IS NULL) = (allowed_at IS NULL) AND (allowed_at IS NULL) = (open_until IS NULL)",
            name="allowed",
        ),
        Index("ix_protected_opening_addressee_no", "municipality_id", "addressee_no", "asked_at"),
    )

    opening_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    reason: Mapped[str]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    allowed_by: Mapped[UUID | None]
    allowed_at: Mapped[datetime | None]
    open_until: Mapped[datetime | None]

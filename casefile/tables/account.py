"""Users of the room and their roles."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfMunicipality, within


class UserAccount(OfMunicipality, Base):
    """One person who signs in. `session_key` changes to end every session at once."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("municipality_id", "login"), UniqueConstraint("session_key"))

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


class UserRole(OfMunicipality, Base):
    __tablename__ = "user_role"
    __table_args__ = (within("user_account", "user_id"), within("role", "role_code"))

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role_code: Mapped[str] = mapped_column(primary_key=True)

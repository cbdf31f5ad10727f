"""交渉記録, versioned and never overwritten; what a contact asks the room to hold back from; requests to sections."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfParent, within


class ContactRecord(OfParent, Base):
    """One version of one 交渉記録 (fields: DOMAIN.md §2.11). A correction is a new version; the role may only insert.

    `identity_items` names which items the resident said (for example ["name", "birth_date"]), never their content.
    """

    __tablename__ = "contact_record"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        within("attempt", "attempt_id"),
        CheckConstraint("version >= 1", name="version"),
        Index("ix_contact_record_addressee_no", "municipality_id", "addressee_no", "started_at"),
        Index("ix_contact_record_attempt_id", "municipality_id", "attempt_id"),
        Index("ix_contact_record_started_at", "municipality_id", "started_at"),
    )

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    addressee_no: Mapped[str]
    household_id: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    direction: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    e164: Mapped[str | None]
    attempt_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    result: Mapped[str | None]
    contact: Mapped[str | None]
    identity_items: Mapped[list[str]] = mapped_column(JSONB)
    outcome: Mapped[str | None]
    delinquency_reason: Mapped[str | None]
    promise_id: Mapped[UUID | None]
    next_at: Mapped[datetime | None]
    next_channel: Mapped[str | None]
    remarks: Mapped[str]
    complaint: Mapped[bool]
    operator_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    correction_reason: Mapped[str | None]


class ContactHold(OfParent, Base):
    """A time during which the gate keeps the room from pressing a person, with what set it and what lifts it.

    `until` null: until released. `exempt_id` names the one contact that may pass (a booked recall's own call).
    """

    __tablename__ = "contact_hold"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        CheckConstraint("kind IN ('claimed_paid', 'slip_reissue', 'direct_debit', 'recall', 'staff')", name="kind"),
        Index("ix_contact_hold_addressee_no", "municipality_id", "addressee_no", "released_at"),
    )

    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    kind: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    exempt_id: Mapped[UUID | None]
    record_id: Mapped[UUID | None]
    released_at: Mapped[datetime | None]
    released_why: Mapped[str | None]


class ServiceRequest(OfParent, Base):
    """依頼: what an outcome asks another section to do (reissue a slip, start 口座振替, hear a hardship)."""

    __tablename__ = "service_request"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        CheckConstraint("state IN ('open', 'done', 'withdrawn')", name="state"),
        Index("ix_service_request_state", "municipality_id", "state", "due_on"),
        Index("ix_service_request_addressee_no", "municipality_id", "addressee_no"),
    )

    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    kind: Mapped[str]
    section: Mapped[str]
    due_on: Mapped[date]
    state: Mapped[str]
    note: Mapped[str]
    record_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]

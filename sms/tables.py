"""Templates, and each message from its due row to its delivery report."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality, OfParent, within


class SmsTemplate(OfMunicipality, Base):
    """A wording for one trigger. Only an approved one can be sent; approval is by a second person (Z8)."""

    __tablename__ = "sms_template"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'approved', 'retired')", name="state"),
        CheckConstraint(
            "state <> 'approved' OR (approved_by IS NOT NULL AND approved_by <> drafted_by)", name="approved"
        ),
    )

    template_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    trigger: Mapped[str]
    purpose: Mapped[str]
    body: Mapped[str]
    state: Mapped[str]
    drafted_by: Mapped[UUID]
    drafted_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]


class Message(OfParent, Base):
    """One text to one number, at most one for a follow-up. A committed row before the gateway hears of it.

    `attempt_id` is its row in the attempt ledger, null until the gate has allowed it (or for ever, if suppressed).
    """

    __tablename__ = "message"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        within("follow_up", "follow_up_id"),
        within("attempt", "attempt_id"),
        within("sms_template", "template_id"),
        UniqueConstraint("municipality_id", "follow_up_id"),
        UniqueConstraint("municipality_id", "attempt_id"),
        CheckConstraint(
            "state IN ('accepted', 'scheduled', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'suppressed',"
            " 'cancelled')",
            name="state",
        ),
        CheckConstraint(
            "attempt_id IS NOT NULL OR state IN ('accepted', 'scheduled', 'suppressed', 'cancelled')", name="decided"
        ),
        Index("ix_message_due", "municipality_id", "state", "due_at"),
        Index("ix_message_addressee_no", "municipality_id", "addressee_no"),
        Index("ix_message_gateway_ref", "municipality_id", "gateway", "gateway_ref"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    follow_up_id: Mapped[UUID]
    attempt_id: Mapped[UUID | None]
    addressee_no: Mapped[str]
    e164: Mapped[str | None]
    template_id: Mapped[UUID | None]
    body: Mapped[str | None]
    segments: Mapped[int | None] = mapped_column(SmallInteger)
    gateway: Mapped[str | None]
    gateway_ref: Mapped[str | None]
    state: Mapped[str]
    state_reason: Mapped[str | None]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class DeliveryReport(OfMunicipality, Base):
    """What a network said of a message, as it said it. Insert only; the same report twice is one row."""

    __tablename__ = "delivery_report"
    __table_args__ = (UniqueConstraint("municipality_id", "gateway", "gateway_ref", "state"),)

    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID | None]
    gateway: Mapped[str]
    gateway_ref: Mapped[str]
    state: Mapped[str]
    reported_at: Mapped[datetime]
    detail: Mapped[Json]

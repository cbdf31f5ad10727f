"""What happened in each call, step by step, and what is to follow it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfParent, within


class CallTransition(OfParent, Base):
    """One step of one call: state × event → state. Insert only."""

    __tablename__ = "call_transition"
    __table_args__ = (within("attempt", "attempt_id"),)

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    from_state: Mapped[str]
    event: Mapped[str]
    to_state: Mapped[str]
    detail: Mapped[Json]


class FollowUp(OfParent, Base):
    """What is to be done next for a person on a channel, and from when: written with the close of the call.

    `occasion` makes it happen once: the same occasion (an exhausted call list, a lot, a promise) never queues twice.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        UniqueConstraint("municipality_id", "channel", "addressee_no", "occasion"),
        CheckConstraint("state IN ('waiting', 'taken', 'suppressed', 'done', 'cancelled')", name="state"),
        Index("ix_follow_up_due", "municipality_id", "channel", "state", "due_at"),
    )

    follow_up_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    addressee_no: Mapped[str]
    trigger: Mapped[str]
    occasion: Mapped[str]
    campaign_id: Mapped[UUID | None]
    attempt_id: Mapped[UUID | None]
    due_at: Mapped[datetime]
    state: Mapped[str]
    state_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Recall(OfParent, Base):
    """再コール予約: a call promised to a resident, for one operator or for the room. It goes before list order."""

    __tablename__ = "recall"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        CheckConstraint("state IN ('booked', 'calling', 'done', 'missed', 'cancelled')", name="state"),
        Index("ix_recall_due", "municipality_id", "state", "call_at"),
    )

    recall_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    phone_id: Mapped[UUID]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    campaign_id: Mapped[UUID | None]
    call_at: Mapped[datetime]
    operator_id: Mapped[UUID | None]
    note: Mapped[str]
    record_id: Mapped[UUID | None]
    state: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

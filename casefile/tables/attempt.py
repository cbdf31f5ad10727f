"""The attempt ledger: every call and every text, each on a stored decision of the gate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality, OfParent, within

_LIVE = text("live AND direction = 'outbound'")


class GateDecision(OfParent, Base):
    """What the gate answered, for whom, on which channel and number, with every reason. Insert only.

    `reasons` is the list of refusing codes, empty exactly when `allowed`; `detail` says by code what was known of it
    (which flag, until when), and under "warnings" what the operator was told.
    """

    __tablename__ = "gate_decision"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        UniqueConstraint("municipality_id", "decision_id", "allowed", "channel", "addressee_no", "e164"),
        CheckConstraint("channel IN ('call', 'sms', 'letter')", name="channel"),
        CheckConstraint("allowed = (reasons = '[]'::jsonb)", name="allowed"),
        Index("ix_gate_decision_addressee_no", "municipality_id", "addressee_no", "decided_at"),
        Index("ix_gate_decision_decided_at", "municipality_id", "decided_at"),
    )

    decision_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    addressee_no: Mapped[str]
    phone_id: Mapped[UUID | None]
    e164: Mapped[str]
    household_id: Mapped[str]
    campaign_id: Mapped[UUID | None]
    requested_by: Mapped[UUID | None]
    allowed: Mapped[bool]
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    detail: Mapped[Json]
    mode: Mapped[str]
    decided_at: Mapped[datetime]


class Attempt(OfMunicipality, Base):
    """One call or text. An outbound one exists only on an allowing decision for the same person, channel and number.

    `live` is true from the moment it is intended until its end is known; while live, no second attempt may stand for
    the same household or the same number. `state`: intended → handed → … → ended, or unknown until reconciled.
    `counted` says whether it counts toward caps (network congestion and rule stops do not, DOMAIN.md §2.10).
    `connected_at` is when an operator was joined; `person_answered` tells a live answer (有人応答) from machines.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        within("household", "household_id"),
        ForeignKeyConstraint(
            ["municipality_id", "decision_id", "gate_allowed", "channel", "addressee_no", "e164"],
            [
                "gate_decision.municipality_id",
                "gate_decision.decision_id",
                "gate_decision.allowed",
                "gate_decision.channel",
                "gate_decision.addressee_no",
                "gate_decision.e164",
            ],
            name="fk_attempt_gate_decision",
        ),
        UniqueConstraint("municipality_id", "decision_id"),
        CheckConstraint("channel IN ('call', 'sms')", name="channel"),
        CheckConstraint("direction IN ('outbound', 'inbound')", name="direction"),
        CheckConstraint("state IN ('intended', 'handed', 'answered', 'joined', 'unknown', 'ended')", name="state"),
        CheckConstraint("live = (state <> 'ended')", name="live"),
        CheckConstraint(
            "direction = 'inbound' OR (decision_id IS NOT NULL AND gate_allowed IS TRUE"
            " AND addressee_no IS NOT NULL AND household_id IS NOT NULL AND e164 IS NOT NULL)",
            name="decided",
        ),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        # Only what never reached the network may step outside the caps.
        CheckConstraint(
            "counted OR direction = 'inbound' OR (state = 'ended' AND result IN ('11', '12', '15'))", name="counted"
        ),
        Index("uq_attempt_live_household", "municipality_id", "household_id", unique=True, postgresql_where=_LIVE),
        Index("uq_attempt_live_phone", "municipality_id", "e164", unique=True, postgresql_where=_LIVE),
        Index("ix_attempt_e164", "municipality_id", "e164", "intended_at"),
        Index("ix_attempt_household_id", "municipality_id", "household_id", "intended_at"),
        Index("ix_attempt_addressee_no", "municipality_id", "addressee_no", "intended_at"),
        Index("ix_attempt_intended_at", "municipality_id", "intended_at"),
    )

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    direction: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    campaign_id: Mapped[UUID | None]
    recall_id: Mapped[UUID | None]
    addressee_no: Mapped[str | None]
    household_id: Mapped[str | None]
    phone_id: Mapped[UUID | None]
    e164: Mapped[str | None]
    line_type: Mapped[str | None]
    decision_id: Mapped[UUID | None]
    gate_allowed: Mapped[bool | None]
    attempt_no: Mapped[int] = mapped_column(SmallInteger)
    mode: Mapped[str]
    floor_id: Mapped[UUID | None]
    epoch: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str]
    live: Mapped[bool]
    counted: Mapped[bool]
    result: Mapped[str | None]
    cause: Mapped[str | None]
    intended_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    speech_at: Mapped[datetime | None]
    person_answered: Mapped[bool]
    connected_at: Mapped[datetime | None]
    abandoned: Mapped[bool]
    unknown_since: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wrapped_up_at: Mapped[datetime | None]
    put_off_seconds: Mapped[int | None]
    """Of the time until then, how long the wrap-up stood aside for other calls."""
    operator_id: Mapped[UUID | None]

"""Campaigns and their frozen lists, the floor with its operators, the commands it receives, its abandonment budget."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Numeric, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality, OfParent, within


class SavedSelection(OfMunicipality, Base):
    """A selection rule kept under a name (I15)."""

    __tablename__ = "saved_selection"

    selection_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    rule: Mapped[Json]
    owner_id: Mapped[UUID | None]
    saved_at: Mapped[datetime]


class Campaign(OfMunicipality, Base):
    """Why, whom, when and how we call; it has an owner, or nothing is dialed for it (K18)."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("mode IN ('preview', 'progressive', 'predictive')", name="mode"),
        CheckConstraint("state IN ('draft', 'frozen', 'running', 'paused', 'stopped', 'finished')", name="state"),
        CheckConstraint("target_abandonment > 0 AND target_abandonment <= 0.03", name="target_abandonment"),
        CheckConstraint("detection IN ('none', 'amd')", name="detection"),
    )

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    purpose: Mapped[str]
    claim_group: Mapped[str]
    rule: Mapped[Json]
    mode: Mapped[str]
    hours: Mapped[Json]
    caps: Mapped[Json]
    follow_up: Mapped[Json]
    ring_seconds: Mapped[int] = mapped_column(SmallInteger)
    wrapup_seconds: Mapped[int] = mapped_column(SmallInteger)
    timed_wrapup: Mapped[bool] = mapped_column(default=False)
    detection: Mapped[str]
    target_abandonment: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    owner_id: Mapped[UUID]
    floor_id: Mapped[UUID | None]
    state: Mapped[str]
    frozen_at: Mapped[datetime | None]
    frozen_persons: Mapped[int | None]
    frozen_yen: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CampaignEntry(OfParent, Base):
    """One person of a frozen list. Who is in never changes; nothing about *may we call now* is frozen."""

    __tablename__ = "campaign_entry"
    __table_args__ = (
        within("campaign", "campaign_id"),
        within("taxpayer", "addressee_no"),
        CheckConstraint("state IN ('open', 'reached', 'unreachable', 'closed')", name="state"),
        Index("ix_campaign_entry_open", "municipality_id", "campaign_id", "state", "next_at"),
    )

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str] = mapped_column(primary_key=True)
    household_id: Mapped[str]
    seq: Mapped[int]
    frozen_yen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    state_reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    next_at: Mapped[datetime | None]
    reserved_only: Mapped[bool]
    changed_at: Mapped[datetime]


class Floor(OfMunicipality, Base):
    """All campaigns, operators and inbound calls that one engine serves. `epoch` is checked in every dialing transaction."""

    __tablename__ = "floor"

    floor_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    epoch: Mapped[int] = mapped_column(BigInteger)
    engine_started_at: Mapped[datetime | None]
    engine_seen_at: Mapped[datetime | None]
    pacer_reasons: Mapped[Json] = mapped_column(default=dict)
    """Why each running campaign is dialed as it is, in one line, by campaign."""
    figures: Mapped[Json]


class Seat(OfParent, Base):
    """An operator on the floor, as the engine sees it; only the engine writes here.

    `reserved` means: a case is on offer (the `offered_*` columns: dial it or skip it) or its call is on the way
    (`attempt_id`). `pausing` names the pause that begins once no call in flight needs this operator any more. `part`: the
    call is another operator's, and this one is called in, third in it, or has left it and still writes (取次).
    `put_off_attempt_id`: the call whose wrap-up follows later. `calls` of the day `calls_on`, of which `pulled` came in the
    middle of a wrap-up; `pulled_last`: the latest did.
    """

    __tablename__ = "seat"
    __table_args__ = (
        within("floor", "floor_id"),
        within("user_account", "operator_id", to=("user_id",)),
        CheckConstraint("state IN ('offline', 'ready', 'paused', 'reserved', 'talking', 'wrapup')", name="state"),
        CheckConstraint("part IN ('called_in', 'three_way', 'left')", name="part"),
    )

    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    floor_id: Mapped[UUID]
    state: Mapped[str]
    since: Mapped[datetime]
    pause_reason: Mapped[str | None]
    attempt_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    assigned_campaign_id: Mapped[UUID | None]
    offered_addressee_no: Mapped[str | None]
    offered_phone_id: Mapped[UUID | None]
    offered_recall_id: Mapped[UUID | None]
    pausing: Mapped[str | None]
    part: Mapped[str | None]
    put_off_attempt_id: Mapped[UUID | None]
    put_off_at: Mapped[datetime | None]
    calls_on: Mapped[date | None]
    calls: Mapped[int] = mapped_column(default=0)
    pulled: Mapped[int] = mapped_column(default=0)
    pulled_last: Mapped[bool] = mapped_column(default=False)


class PullConsent(OfParent, Base):
    """An operator has agreed to be called in the middle of a wrap-up; no row: not, or not any more. The audit log has both."""

    __tablename__ = "pull_consent"
    __table_args__ = (within("user_account", "operator_id", to=("user_id",)),)

    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    given_at: Mapped[datetime]


class ListeningIn(OfParent, Base):
    """A supervisor hears this operator now (聴取); only the engine writes here. What was is in the audit log."""

    __tablename__ = "listening_in"
    __table_args__ = (
        within("floor", "floor_id"),
        within("user_account", "supervisor_id", to=("user_id",)),
        within("user_account", "operator_id", to=("user_id",)),
        CheckConstraint("how IN ('listen', 'whisper', 'barge')", name="how"),
    )

    supervisor_id: Mapped[UUID] = mapped_column(primary_key=True)
    floor_id: Mapped[UUID]
    operator_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    how: Mapped[str]
    since: Mapped[datetime]


class HandoverNote(OfParent, Base):
    """取次: what an operator told the colleague who was called in, and whose identity had been confirmed by then.

    `items`: which items the resident had said (never what), `contact`: as whom; both empty before the check. Insert only.
    """

    __tablename__ = "handover_note"
    __table_args__ = (
        within("attempt", "attempt_id"),
        within("user_account", "from_operator", to=("user_id",)),
        within("user_account", "to_operator", to=("user_id",)),
        Index("ix_handover_note_attempt_id", "municipality_id", "attempt_id", "at"),
    )

    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID]
    from_operator: Mapped[UUID]
    to_operator: Mapped[UUID]
    at: Mapped[datetime]
    note: Mapped[str]
    contact: Mapped[str | None]
    items: Mapped[list[str]] = mapped_column(JSONB)


class SeatChange(OfParent, Base):
    """Every change of a seat, for the figures of time spent (稼働席時間, 待機率)."""

    __tablename__ = "seat_change"
    __table_args__ = (within("floor", "floor_id"), Index("ix_seat_change_at", "municipality_id", "at"))

    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID]
    floor_id: Mapped[UUID]
    at: Mapped[datetime]
    state: Mapped[str]
    pause_reason: Mapped[str | None]
    attempt_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]


class FloorCommand(OfParent, Base):
    """What a browser wants of the engine: a row, read in order, done once. The engine writes `done_at` and `answer`."""

    __tablename__ = "floor_command"
    __table_args__ = (
        within("floor", "floor_id"),
        Index("ix_floor_command_open", "municipality_id", "floor_id", "done_at", "command_no"),
    )

    command_no: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    floor_id: Mapped[UUID]
    kind: Mapped[str]
    by_user: Mapped[UUID | None]
    operator_id: Mapped[UUID | None]
    attempt_id: Mapped[UUID | None]
    detail: Mapped[Json]
    given_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    answer: Mapped[str | None]


class PacingDay(OfParent, Base):
    """The abandonment budget of a campaign on a day, counts stored so that a restart forgets nothing."""

    __tablename__ = "pacing_day"
    __table_args__ = (within("campaign", "campaign_id"),)

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    live_answers: Mapped[int]
    abandoned: Mapped[int]


class ShiftLine(OfParent, Base):
    """An operator's telephone line on one Asterisk node: a browser's for one shift, or a desk phone's until it is taken away.

    `secret` is what the node asks for (SIP digest needs it as it is); it is empty once the line has ended.
    """

    __tablename__ = "operator_line"
    __table_args__ = (
        within("user_account", "operator_id", to=("user_id",)),
        CheckConstraint("kind IN ('browser', 'desk')", name="kind"),
        CheckConstraint("(kind = 'desk') = (valid_until IS NULL)", name="a_browsers_line_ends"),
        Index("ix_operator_line_node", "municipality_id", "node", "endpoint"),
    )

    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(primary_key=True)
    endpoint: Mapped[str]
    kind: Mapped[str]
    secret: Mapped[str]
    given_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]


class RecordingTerms(OfMunicipality, Base):
    """From when on calls of a campaign are recorded, or are not; without one, calls that belong to none (返電). Insert only.

    The newest row that began before a call was intended is the one it was under. `days` None: kept as long as the city's
    settings say.
    """

    __tablename__ = "recording_terms"
    __table_args__ = (
        within("campaign", "campaign_id"),
        CheckConstraint("mode IN ('off', 'announced', 'unannounced')", name="mode"),
        CheckConstraint("days > 0", name="days"),
        Index("ix_recording_terms_campaign_id", "municipality_id", "campaign_id", "valid_from"),
    )

    terms_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID | None]
    mode: Mapped[str]
    days: Mapped[int | None] = mapped_column(SmallInteger)
    valid_from: Mapped[datetime]
    set_by: Mapped[UUID | None]


class Recording(OfParent, Base):
    """The recording of a call: what is known without hearing it, how long it is kept, and that it was deleted.

    The sound lies sealed in the office's folder, its key wrapped by the key `key_id`, which is never in the database.
    `milliseconds`: of sound; `sha256`: of the sealed file. A `hold` keeps it past `keep_until` (Japanese day, the last one
    it is kept) until it is lifted.
    """

    __tablename__ = "recording"
    __table_args__ = (
        within("attempt", "attempt_id"),
        CheckConstraint("state IN ('kept', 'deleting', 'deleted')", name="state"),
        CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name="deleted_at"),
        CheckConstraint("hold IN ('objection', 'complaint', 'other')", name="hold"),
        CheckConstraint("hold IS NULL OR state = 'kept'", name="held_is_kept"),
        Index("ix_recording_attempt_id", "municipality_id", "attempt_id"),
        Index("ix_recording_keep_until", "municipality_id", "state", "keep_until"),
    )

    recording_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID]
    node: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    milliseconds: Mapped[int]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key_id: Mapped[str]
    entered_at: Mapped[datetime]
    keep_until: Mapped[date]
    state: Mapped[str]
    deleted_at: Mapped[datetime | None]
    hold: Mapped[str | None]
    hold_reason: Mapped[str | None]
    held_at: Mapped[datetime | None]
    held_by: Mapped[UUID | None]
    hold_lifted_at: Mapped[datetime | None]


class ReachBeliefs(OfMunicipality, Base):
    """What the reach model last learned of a city as a whole; `beliefs` as `dialer.reach.storing` writes them. No person is in it."""

    __tablename__ = "reach_beliefs"

    learned_at: Mapped[datetime]
    beliefs: Mapped[Json]


class ReachPick(OfParent, Base):
    """Why a call was next: what was expected of it, and with which probability it was picked, for the weekly proof.

    `propensity`: among the `eligible` candidates of its list; `by_chance`: drawn from all of them, not first in order.
    """

    __tablename__ = "reach_pick"
    __table_args__ = (within("attempt", "attempt_id"),)

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    p_live: Mapped[float]
    p_right_party: Mapped[float]
    propensity: Mapped[float]
    eligible: Mapped[int]
    by_chance: Mapped[bool]


class OperatorSkill(OfParent, Base):
    """What an operator can do that not everybody can, for call-backs: `language:vi`, `tax:01` (see `dialer.callers`)."""

    __tablename__ = "operator_skill"
    __table_args__ = (within("user_account", "operator_id", to=("user_id",)),)

    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    skill: Mapped[str] = mapped_column(primary_key=True)

"""納付約束 by phone with its parts, and 分納 plans granted by a 徴税吏員: two different things (DOMAIN.md §2.5)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, OfParent, within, yen

_STATES = "state IN ('open', 'kept', 'late', 'partly', 'broken', 'cancelled', 'superseded')"


class Promise(OfParent, Base):
    """An oral promise: made on a day, for an amount, until a day. One open promise to a case at a time."""

    __tablename__ = "promise"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        CheckConstraint("promised_yen > 0", name="promised_yen"),
        CheckConstraint(_STATES, name="state"),
        CheckConstraint("last_due_on >= made_on", name="last_due_on"),
        Index(
            "uq_promise_open",
            "municipality_id",
            "addressee_no",
            "claim_group",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_promise_addressee_no", "municipality_id", "addressee_no", "made_at"),
        Index("ix_promise_judge_on", "municipality_id", "state", "judge_on"),
    )

    promise_id: Mapped[UUID] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    claim_group: Mapped[str]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    promised_yen: Mapped[int] = yen()
    last_due_on: Mapped[date]
    judge_on: Mapped[date]
    method: Mapped[str | None]
    state: Mapped[str]
    paid_yen: Mapped[int] = yen()
    judged_as_of: Mapped[date | None]
    record_id: Mapped[UUID | None]
    attempt_id: Mapped[UUID | None]
    source: Mapped[str]
    registered_by: Mapped[UUID | None]
    import_id: Mapped[UUID | None]


class PromisePart(OfParent, Base):
    """One dated part of a promise; a promise paid at once has one."""

    __tablename__ = "promise_part"
    __table_args__ = (
        within("promise", "promise_id"),
        CheckConstraint("promised_yen > 0", name="promised_yen"),
        CheckConstraint(_STATES, name="state"),
    )

    promise_id: Mapped[UUID] = mapped_column(primary_key=True)
    part_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    due_on: Mapped[date]
    judge_on: Mapped[date]
    promised_yen: Mapped[int] = yen()
    paid_yen: Mapped[int] = yen()
    state: Mapped[str]


class PromiseTarget(OfParent, Base):
    """The periods a promise is about; only payments to these keep it."""

    __tablename__ = "promise_target"
    __table_args__ = (within("promise", "promise_id"), within("arrears", "arrears_id"))

    promise_id: Mapped[UUID] = mapped_column(primary_key=True)
    arrears_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class InstalmentPlan(OfParent, Base):
    """分納誓約: written, decided by a 徴税吏員 in the core system, imported here."""

    __tablename__ = "instalment_plan"
    __table_args__ = (
        within("taxpayer", "addressee_no"),
        CheckConstraint("state IN ('kept', 'broken', 'completed', 'cancelled')", name="state"),
        Index("ix_instalment_plan_addressee_no", "municipality_id", "addressee_no"),
    )

    plan_no: Mapped[str] = mapped_column(primary_key=True)
    addressee_no: Mapped[str]
    claim_group: Mapped[str]
    pledged_on: Mapped[date]
    pledged_yen: Mapped[int] = yen()
    state: Mapped[str]
    as_of: Mapped[date]
    import_id: Mapped[UUID | None]


class InstalmentPlanPart(OfParent, Base):
    """One instalment of a plan."""

    __tablename__ = "instalment_plan_part"
    __table_args__ = (within("instalment_plan", "plan_no"), CheckConstraint("part_yen > 0", name="part_yen"))

    plan_no: Mapped[str] = mapped_column(primary_key=True)
    part_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    due_on: Mapped[date]
    part_yen: Mapped[int] = yen()
    paid_yen: Mapped[int] = yen()


class InstalmentPlanTarget(OfParent, Base):
    """The periods a plan covers."""

    __tablename__ = "instalment_plan_target"
    __table_args__ = (within("instalment_plan", "plan_no"), within("arrears", "arrears_id"))

    plan_no: Mapped[str] = mapped_column(primary_key=True)
    arrears_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)

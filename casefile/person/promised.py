"""約束履行: promises with their parts and what became of them, and 分納 plans as the core system has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from casefile.tables import (
    Arrears,
    InstalmentPlan,
    InstalmentPlanPart,
    Promise,
    PromisePart,
    PromiseTarget,
    TaxItem,
)
from casefile.vocabulary import Labelled, PromiseState


class PlanState(Labelled):
    """分納 plan, by the core system."""

    KEPT = "kept", "履行中"
    BROKEN = "broken", "不履行"
    COMPLETED = "completed", "完納"
    CANCELLED = "cancelled", "取消"


@dataclass(frozen=True, slots=True)
class PartLine:
    """One dated part. `paid_yen` is known once it was judged."""

    part_no: int
    due_on: date
    judge_on: date | None
    promised_yen: int
    paid_yen: int
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise. `targets` names the periods, for example "市県民税 2025年度 1期"."""

    promise_id: UUID
    made_on: date
    promised_yen: int
    last_due_on: date
    judge_on: date
    method: str
    state: str
    state_label: str
    paid_yen: int
    judged_as_of: date | None
    targets: tuple[str, ...]
    parts: tuple[PartLine, ...]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One 分納誓約 with its instalments; decided elsewhere, shown here."""

    plan_no: str
    pledged_on: date
    pledged_yen: int
    state: str
    state_label: str
    paid_yen: int
    as_of: date
    parts: tuple[PartLine, ...]


def promise_list(
    conn: Connection, municipality_id: int, addressee_no: str, claim_group: str
) -> tuple[PromiseLine, ...]:
    """Every promise of one case, newest first."""
    rows = conn.execute(
        select(
            *Promise.__table__.columns,
            PromisePart.part_no,
            PromisePart.due_on,
            PromisePart.judge_on.label("part_judge_on"),
            PromisePart.promised_yen.label("part_yen"),
            PromisePart.paid_yen.label("part_paid"),
            PromisePart.state.label("part_state"),
        )
        .join(
            PromisePart,
            (PromisePart.municipality_id == Promise.municipality_id) & (PromisePart.promise_id == Promise.promise_id),
        )
        .where(
            Promise.municipality_id == municipality_id,
            Promise.addressee_no == addressee_no,
            Promise.claim_group == claim_group,
        )
        .order_by(Promise.made_at.desc(), Promise.promise_id.desc(), PromisePart.part_no)
    ).all()
    targets = _targets(conn, municipality_id, addressee_no, claim_group)
    groups = groupby(rows, key=lambda row: row.promise_id)
    return tuple(_promise(list(group), targets.get(promise_id, ())) for promise_id, group in groups)


def plan_list(conn: Connection, municipality_id: int, addressee_no: str, claim_group: str) -> tuple[PlanLine, ...]:
    """Every 分納 plan of one case, newest first."""
    rows = conn.execute(
        select(
            *InstalmentPlan.__table__.columns,
            InstalmentPlanPart.part_no,
            InstalmentPlanPart.due_on,
            InstalmentPlanPart.part_yen,
            InstalmentPlanPart.paid_yen,
        )
        .outerjoin(
            InstalmentPlanPart,
            (InstalmentPlanPart.municipality_id == InstalmentPlan.municipality_id)
            & (InstalmentPlanPart.plan_no == InstalmentPlan.plan_no),
        )
        .where(
            InstalmentPlan.municipality_id == municipality_id,
            InstalmentPlan.addressee_no == addressee_no,
            InstalmentPlan.claim_group == claim_group,
        )
        .order_by(InstalmentPlan.pledged_on.desc(), InstalmentPlan.plan_no.desc(), InstalmentPlanPart.part_no)
    ).all()
    return tuple(_plan(list(group)) for _, group in groupby(rows, key=lambda row: row.plan_no))


def _promise(rows: Sequence[Row[*tuple[Any, ...]]], targets: tuple[str, ...]) -> PromiseLine:
    head = rows[0]
    return PromiseLine(
        promise_id=head.promise_id,
        made_on=head.made_on,
        promised_yen=head.promised_yen,
        last_due_on=head.last_due_on,
        judge_on=head.judge_on,
        method=head.method or "",
        state=head.state,
        state_label=PromiseState(head.state).label,
        paid_yen=head.paid_yen,
        judged_as_of=head.judged_as_of,
        targets=targets,
        parts=tuple(
            PartLine(
                row.part_no,
                row.due_on,
                row.part_judge_on,
                row.part_yen,
                row.part_paid,
                row.part_state,
                PromiseState(row.part_state).label,
            )
            for row in rows
        ),
    )


def _plan(rows: Sequence[Row[*tuple[Any, ...]]]) -> PlanLine:
    head = rows[0]
    parts = tuple(
        PartLine(row.part_no, row.due_on, None, row.part_yen, row.paid_yen, *_instalment_state(row))
        for row in rows
        if row.part_no is not None
    )
    return PlanLine(
        plan_no=head.plan_no,
        pledged_on=head.pledged_on,
        pledged_yen=head.pledged_yen,
        state=head.state,
        state_label=PlanState(head.state).label,
        paid_yen=sum(part.paid_yen for part in parts),
        as_of=head.as_of,
        parts=parts,
    )


def _instalment_state(row: Row[*tuple[Any, ...]]) -> tuple[str, str]:
    """Paid, due by the plan's own as-of date and unpaid, or still to come."""
    if row.paid_yen >= row.part_yen:
        return PromiseState.KEPT.value, PromiseState.KEPT.label
    if row.due_on <= row.as_of:
        state = PromiseState.PARTLY if row.paid_yen else PromiseState.BROKEN
        return state.value, state.label
    return PromiseState.OPEN.value, "未到来"


def _targets(
    conn: Connection, municipality_id: int, addressee_no: str, claim_group: str
) -> dict[UUID, tuple[str, ...]]:
    rows = conn.execute(
        select(PromiseTarget.promise_id, TaxItem.short_name, Arrears.levy_year, Arrears.period)
        .join(
            Promise,
            (Promise.municipality_id == PromiseTarget.municipality_id)
            & (Promise.promise_id == PromiseTarget.promise_id),
        )
        .join(
            Arrears,
            (Arrears.municipality_id == PromiseTarget.municipality_id)
            & (Arrears.arrears_id == PromiseTarget.arrears_id),
        )
        .join(TaxItem, (TaxItem.municipality_id == Arrears.municipality_id) & (TaxItem.tax_code == Arrears.tax_code))
        .where(
            Promise.municipality_id == municipality_id,
            Promise.addressee_no == addressee_no,
            Promise.claim_group == claim_group,
        )
        .order_by(PromiseTarget.promise_id, Arrears.tax_code, Arrears.levy_year, Arrears.period, Arrears.arrears_id)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for row in rows:
        name = f"{row.short_name} {row.levy_year}年度 {row.period}期"
        found[row.promise_id] = (*found.get(row.promise_id, ()), name)
    return found

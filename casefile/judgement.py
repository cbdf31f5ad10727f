"""Was a promise kept? REPORTS.md §6.0, by final receipts to the promised periods alone.

履行: the payments to the targets with 領収日 in [約束日, 約束期日] reach the amount. 遅延履行: they reach it within L 開庁日 after.
一部履行: something was paid by then, 不履行: nothing. Nothing is judged before 収納基準日 has reached the 履行判定日
(約束期日 + L + g 開庁日), since payments take g days to be booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, or_, select, update

from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.clock import jst_date
from casefile.tables import Promise, PromisePart, PromiseTarget, Receipt
from casefile.vocabulary import PromiseState, ReceiptStage

_RECONSIDER_DAYS = 90
_JUDGED = (PromiseState.KEPT, PromiseState.LATE, PromiseState.PARTLY, PromiseState.BROKEN)


@dataclass(frozen=True, slots=True)
class PartTerms:
    """One part as it was promised."""

    part_no: int
    due_on: date
    judge_on: date
    promised_yen: int


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """A promise as it was made. `parts` are in order of their due dates."""

    promise_id: UUID
    made_on: date
    last_due_on: date
    judge_on: date
    promised_yen: int
    parts: tuple[PartTerms, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid to the promised periods on one day: principal, 延滞金 and fee together."""

    received_on: date
    paid_yen: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`paid_yen` is what was paid up to the end of the lateness (for a part: what of it, at most the part)."""

    state: PromiseState
    paid_yen: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """OPEN means: not yet to be judged. `parts` go with `PromiseTerms.parts`."""

    promise: Verdict
    parts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class JudgedPromise:
    """A promise whose stored verdict, or a part's, was written by a judgement."""

    promise_id: UUID
    addressee_no: str
    claim_group: str
    state: PromiseState
    paid_yen: int
    promised_yen: int


def judge(
    terms: PromiseTerms, payments: Iterable[Payment], as_of: date, calendar: OfficeCalendar, lateness_open_days: int
) -> Judgement:
    """The verdict on a promise and each of its parts on the 収納基準日 `as_of` (pure)."""
    paid = sorted(
        (payment for payment in payments if terms.made_on <= payment.received_on <= as_of),
        key=lambda payment: payment.received_on,
    )
    last_late = calendar.add_open_days(terms.last_due_on, lateness_open_days)
    whole = Verdict(PromiseState.OPEN, _sum(paid, last_late))
    if as_of >= terms.judge_on:
        state = _state(terms.promised_yen, _sum(paid, terms.last_due_on), whole.paid_yen)
        whole = replace(whole, state=state)
    return Judgement(whole, _judge_parts(terms, paid, as_of, calendar, lateness_open_days))


def _judge_parts(
    terms: PromiseTerms, paid: Sequence[Payment], as_of: date, calendar: OfficeCalendar, lateness_open_days: int
) -> tuple[Verdict, ...]:
    """Each payment goes to the earliest part that is neither full nor past its lateness; what is left to the next."""
    in_time = [0] * len(terms.parts)
    late = [0] * len(terms.parts)
    ends = [calendar.add_open_days(part.due_on, lateness_open_days) for part in terms.parts]
    for payment in paid:
        left = payment.paid_yen
        for index, part in enumerate(terms.parts):
            if payment.received_on > ends[index]:
                continue
            taken = min(left, part.promised_yen - in_time[index] - late[index])
            (in_time if payment.received_on <= part.due_on else late)[index] += taken
            left -= taken
    return tuple(
        Verdict(
            _state(part.promised_yen, in_time[index], in_time[index] + late[index])
            if as_of >= part.judge_on
            else PromiseState.OPEN,
            in_time[index] + late[index],
        )
        for index, part in enumerate(terms.parts)
    )


def _state(promised_yen: int, paid_in_time: int, paid_with_lateness: int) -> PromiseState:
    if paid_in_time >= promised_yen:
        return PromiseState.KEPT
    if paid_with_lateness >= promised_yen:
        return PromiseState.LATE
    return PromiseState.PARTLY if paid_with_lateness > 0 else PromiseState.BROKEN


def _sum(paid: Iterable[Payment], until: date) -> int:
    return sum(payment.paid_yen for payment in paid if payment.received_on <= until)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A promise with the verdicts it has so far."""

    terms: PromiseTerms
    addressee_no: str
    claim_group: str
    verdict: Verdict
    part_verdicts: tuple[Verdict, ...]


def judge_promises(conn: Connection, city: City, as_of: date, now: datetime) -> list[JudgedPromise]:
    """Judge every open promise whose day has come, and anew those for which receipts changed after they were judged.

    `as_of` is the 収納基準日, the day up to which final receipts are complete; one after today counts as today.
    Returns the promises for which something was written; judging twice on the same receipts writes nothing.
    """
    as_of = min(as_of, jst_date(now))
    stored = _stored(conn, city.id, as_of)
    payments = _payments(conn, city.id, [each.terms.promise_id for each in stored])
    headers: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    judged: list[JudgedPromise] = []
    for each in stored:
        terms = each.terms
        found = judge(terms, payments[terms.promise_id], as_of, city.calendar, city.settings.promise_lateness_open_days)
        if (found.promise, found.parts) == (each.verdict, each.part_verdicts):
            continue
        headers.append({**_values(found.promise, terms.promise_id), "new_judged_as_of": _on(found.promise, as_of)})
        parts.extend(
            {**_values(verdict, terms.promise_id), "key_part": part.part_no}
            for part, verdict in zip(terms.parts, found.parts, strict=True)
        )
        judged.append(
            JudgedPromise(
                terms.promise_id,
                each.addressee_no,
                each.claim_group,
                found.promise.state,
                found.promise.paid_yen,
                terms.promised_yen,
            )
        )
    _write(conn, city.id, headers, parts)
    return judged


def _on(verdict: Verdict, as_of: date) -> date | None:
    return None if verdict.state is PromiseState.OPEN else as_of


def _values(verdict: Verdict, promise_id: UUID) -> dict[str, Any]:
    return {"key_promise": promise_id, "new_state": verdict.state.value, "new_paid_yen": verdict.paid_yen}


def _write(conn: Connection, municipality_id: int, headers: list[dict[str, Any]], parts: list[dict[str, Any]]) -> None:
    if not headers:
        return
    conn.execute(
        update(Promise)
        .where(Promise.municipality_id == municipality_id, Promise.promise_id == bindparam("key_promise"))
        .values(
            state=bindparam("new_state"), paid_yen=bindparam("new_paid_yen"), judged_as_of=bindparam("new_judged_as_of")
        ),
        headers,
    )
    conn.execute(
        update(PromisePart)
        .where(
            PromisePart.municipality_id == municipality_id,
            PromisePart.promise_id == bindparam("key_promise"),
            PromisePart.part_no == bindparam("key_part"),
        )
        .values(state=bindparam("new_state"), paid_yen=bindparam("new_paid_yen")),
        parts,
    )


def _stored(conn: Connection, municipality_id: int, as_of: date) -> list[_Stored]:
    ripe = or_(
        (Promise.state == PromiseState.OPEN)
        & select(PromisePart.part_no)
        .where(
            PromisePart.municipality_id == Promise.municipality_id,
            PromisePart.promise_id == Promise.promise_id,
            PromisePart.judge_on <= as_of,
        )
        .correlate(Promise)
        .exists(),
        _changed_since(as_of),
    )
    rows = conn.execute(
        select(
            Promise.promise_id,
            Promise.addressee_no,
            Promise.claim_group,
            Promise.made_on,
            Promise.last_due_on,
            Promise.judge_on,
            Promise.promised_yen,
            Promise.state,
            Promise.paid_yen,
            PromisePart.part_no,
            PromisePart.due_on,
            PromisePart.judge_on.label("part_judge_on"),
            PromisePart.promised_yen.label("part_yen"),
            PromisePart.state.label("part_state"),
            PromisePart.paid_yen.label("part_paid"),
        )
        .join(
            PromisePart,
            (PromisePart.municipality_id == Promise.municipality_id) & (PromisePart.promise_id == Promise.promise_id),
        )
        .where(Promise.municipality_id == municipality_id, ripe)
        .order_by(Promise.promise_id, PromisePart.due_on, PromisePart.part_no)
    ).all()
    return [_read(list(group)) for _, group in groupby(rows, key=lambda row: row.promise_id)]


def _changed_since(as_of: date) -> ColumnElement[bool]:
    """Judged within the last months, and a receipt of its window is newer than that judgement."""
    return (
        Promise.state.in_(_JUDGED)
        & (Promise.judge_on <= as_of)
        & (Promise.judge_on >= as_of - timedelta(days=_RECONSIDER_DAYS))
        & select(Receipt.receipt_no)
        .join(
            PromiseTarget,
            (PromiseTarget.municipality_id == Receipt.municipality_id)
            & (PromiseTarget.arrears_id == Receipt.arrears_id),
        )
        .where(
            PromiseTarget.municipality_id == Promise.municipality_id,
            PromiseTarget.promise_id == Promise.promise_id,
            Receipt.received_on.between(Promise.made_on, Promise.judge_on),
            Receipt.as_of > Promise.judged_as_of,
        )
        .exists()
    )


def _read(rows: list[Row[*tuple[Any, ...]]]) -> _Stored:
    head = rows[0]
    parts = tuple(PartTerms(row.part_no, row.due_on, row.part_judge_on, row.part_yen) for row in rows)
    terms = PromiseTerms(head.promise_id, head.made_on, head.last_due_on, head.judge_on, head.promised_yen, parts)
    return _Stored(
        terms,
        head.addressee_no,
        head.claim_group,
        Verdict(PromiseState(head.state), head.paid_yen),
        tuple(Verdict(PromiseState(row.part_state), row.part_paid) for row in rows),
    )


def _payments(conn: Connection, municipality_id: int, promise_ids: list[UUID]) -> dict[UUID, list[Payment]]:
    """What final, uncancelled receipts brought to the targets of these promises, by promise and day."""
    found: dict[UUID, list[Payment]] = defaultdict(list)
    if not promise_ids:
        return found
    paid = func.sum(Receipt.principal_yen + Receipt.interest_yen + Receipt.demand_fee_yen)
    rows = conn.execute(
        select(PromiseTarget.promise_id, Receipt.received_on, paid.label("paid_yen"))
        .join(
            Receipt,
            (Receipt.municipality_id == PromiseTarget.municipality_id)
            & (Receipt.arrears_id == PromiseTarget.arrears_id),
        )
        .where(
            PromiseTarget.municipality_id == municipality_id,
            PromiseTarget.promise_id.in_(promise_ids),
            Receipt.stage == ReceiptStage.FINAL,
            Receipt.cancelled_on.is_(None),
        )
        .group_by(PromiseTarget.promise_id, Receipt.received_on)
        .order_by(PromiseTarget.promise_id, Receipt.received_on)
    )
    for row in rows:
        found[row.promise_id].append(Payment(row.received_on, int(row.paid_yen)))
    return found

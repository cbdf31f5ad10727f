"""All facts a report about calls counts, each tied to the call it belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from casefile.vocabulary import PromiseState
from reports.attribution import Attribution, Payment, Touch, TouchKind, attribute
from reports.facts import NOWHERE, CallColumns, FactSet, Numbering, PromiseFact, RecordFact, calls_of

_NOT_JUDGED = (PromiseState.OPEN, PromiseState.CANCELLED, PromiseState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Fact sets by name: calls, promises, payments (last touch a call of the set), reference_payments (every payment
    within 30 days after one), recalls, sms_follow_ups.

    Each but `calls` has the number `call`, the position of its call, and `person`. `attribution` is of all payments,
    also those that went elsewhere; its positions are those of `payments` and `touches`.
    """

    sets: dict[str, FactSet]
    persons: Numbering
    payments: Sequence[Payment]
    touches: Sequence[Touch]
    attribution: Attribution
    touch_calls: tuple[int, ...]
    """For each touch the position of its call among the calls of this report, or NOWHERE."""


def call_facts(
    calls: CallColumns,
    records: Sequence[RecordFact],
    promises: Sequence[PromiseFact],
    touches: Sequence[Touch],
    payments: Sequence[Payment],
    recalls: Iterable[tuple[str, str]] = (),
    sms_follow_ups: Iterable[tuple[str, str]] = (),
) -> CallFacts:
    """Tie everything to the calls. `recalls` and `sms_follow_ups` are (own id, id of the call)."""
    persons = Numbering()
    call_set = calls_of(calls, records, persons, Numbering())
    place_of = dict(zip(call_set.ids, range(len(call_set)), strict=True))
    call_of_record = {record.record_id: record.attempt_id for record in records}
    reached = {call_set.ids[position] for position in np.flatnonzero(call_set.marks["contacted"]).tolist()}
    touch_calls = tuple(
        place_of[attempt_id] if touch.kind is TouchKind.CALL and attempt_id in reached else NOWHERE
        for touch in touches
        for attempt_id in (call_of_record.get(touch.source) or "",)
    )
    attribution = attribute(touches, payments)
    sets = {
        "calls": call_set,
        "promises": _promises(promises, place_of, persons),
        "payments": _payments(payments, _last_calls(attribution, touch_calls), persons),
        "reference_payments": _payments(
            payments, [(number, touch_calls[touch]) for number, touch in attribution.pairs], persons
        ),
        "recalls": _consequences("recall", recalls, place_of),
        "sms_follow_ups": _consequences("follow_up", sms_follow_ups, place_of),
    }
    return CallFacts(sets, persons, payments, touches, attribution, touch_calls)


def _last_calls(attribution: Attribution, touch_calls: Sequence[int]) -> list[tuple[int, int]]:
    return [(number, touch_calls[touch]) for number, touch in enumerate(attribution.last) if isinstance(touch, int)]


def _promises(promises: Sequence[PromiseFact], place_of: dict[str, int], persons: Numbering) -> FactSet:
    of_calls = [(promise, place_of[promise.attempt_id]) for promise in promises if promise.attempt_id in place_of]
    return promise_set([promise for promise, _ in of_calls], persons, [call for _, call in of_calls])


def promise_set(promises: Sequence[PromiseFact], persons: Numbering, calls: Sequence[int]) -> FactSet:
    """Promises in columns; `calls` gives the position of each one's call."""
    yen = np.array([promise.promised_yen for promise in promises], dtype=np.int64)
    paid = np.array([promise.paid_in_time_yen for promise in promises], dtype=np.int64)
    judged = np.array([promise.state not in _NOT_JUDGED for promise in promises], dtype=np.bool_)
    return FactSet(
        table="promise",
        ids=[promise.promise_id for promise in promises],
        numbers={
            "call": np.array(calls, dtype=np.int64),
            "person": persons.of(promise.addressee_no for promise in promises),
            "yen": yen,
            "honoured_yen": np.minimum(yen, paid),
        },
        marks={
            "judged": judged,
            "kept": np.array([promise.state is PromiseState.KEPT for promise in promises], dtype=np.bool_),
        },
    )


def _payments(payments: Sequence[Payment], found: Iterable[tuple[int, int]], persons: Numbering) -> FactSet:
    """Payments laid to calls; one payment may stand in the set once for each of its calls."""
    chosen = [(payments[number], number, call) for number, call in found if call != NOWHERE]
    return FactSet(
        table="receipt",
        ids=[payment.receipt_no for payment, _, _ in chosen],
        numbers={
            "call": np.array([call for _, _, call in chosen], dtype=np.int64),
            "payment": np.array([number for _, number, _ in chosen], dtype=np.int64),
            "person": persons.of(payment.addressee_no for payment, _, _ in chosen),
            "arrears": np.array([payment.arrears_id or 0 for payment, _, _ in chosen], dtype=np.int64),
            "yen": np.array([payment.principal_yen for payment, _, _ in chosen], dtype=np.int64),
        },
        marks={},
    )


def _consequences(table: str, rows: Iterable[tuple[str, str]], place_of: dict[str, int]) -> FactSet:
    known = [(own, place_of[attempt_id]) for own, attempt_id in rows if attempt_id in place_of]
    return FactSet(
        table=table,
        ids=[own for own, _ in known],
        numbers={"call": np.array([call for _, call in known], dtype=np.int64)},
        marks={},
    )

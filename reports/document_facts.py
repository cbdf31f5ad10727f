"""What came of each lot of letters: returns, reactions, promises, payments, and follow-up by text or call. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from casefile.vocabulary import ContactDirection
from reports.attribution import WINDOW_DAYS, Attribution, Payment, Touch, TouchKind
from reports.call_facts import promise_set
from reports.facts import FactSet, Ints, Numbering, PromiseFact, RecordFact
from reports.reading.documents import Envelope, Lot, Outreach

LONGEST_DAYS = 60
DAY_BANDS = ((0, 7), (8, 14), (15, 30), (31, 60))
"""経過日別納付, both ends included, in days since 発送日."""

Case = tuple[str, str]
"""宛名番号 and side of the claim wall."""


class Reaction(NamedTuple):
    """The first sign of life after a letter."""

    id: str
    kind: str
    day: int


class Arrival(NamedTuple):
    """A person a lot reached, and when it was sent."""

    lot: int
    person: str
    day: int


def document_facts(
    lots: Sequence[Lot],
    envelopes: Sequence[Envelope],
    records: Iterable[RecordFact],
    promises: Sequence[PromiseFact],
    outreach: Iterable[Outreach],
    touches: Sequence[Touch],
    payments: Sequence[Payment],
    attribution: Attribution,
) -> dict[str, FactSet]:
    """Fact sets by name: envelopes, reactions, promises, payments (last touch the letter), reference_payments, followed,
    followed_payments. Each has the numbers `lot` (position in `lots`) and `person`.
    """
    lot_of = {lot.lot_no: number for number, lot in enumerate(lots)}
    persons = Numbering()
    returned = {(each.lot_no, each.addressee_no) for each in envelopes if not each.withdrawn and each.returned}
    arrived: dict[Case, list[Arrival]] = {}
    for lot_no, person in sorted({(each.lot_no, each.addressee_no) for each in envelopes if not each.withdrawn}):
        if (lot_no, person) not in returned:
            lot = lots[lot_of[lot_no]]
            arrival = Arrival(lot_of[lot_no], person, lot.sent_on.toordinal())
            arrived.setdefault((person, lot.claim_group), []).append(arrival)
    own = [
        (payment, lot_of[touches[last].source.partition(":")[0]])
        for payment, last in zip(payments, attribution.last, strict=True)
        if isinstance(last, int)
        and touches[last].kind is TouchKind.DOCUMENT
        and touches[last].source.partition(":")[0] in lot_of
    ]
    sets = {
        "envelopes": _envelopes(lots, envelopes, lot_of, returned, persons),
        "reactions": _reactions(arrived, _reactions_by_case(records, promises), persons),
        "promises": _promises(arrived, promises, persons),
        "payments": _payments([(payment, lot, 0) for payment, lot in own], persons),
        "reference_payments": _payments(list(_later_payments(arrived, payments)), persons),
    }
    followed = _followed(arrived, outreach)
    sets["followed"] = _followed_set(followed, persons)
    return sets | {"followed_payments": _payments(list(_payments_after(followed, payments)), persons)}


def _envelopes(
    lots: Sequence[Lot],
    envelopes: Sequence[Envelope],
    lot_of: dict[str, int],
    returned: set[tuple[str, str]],
    persons: Numbering,
) -> FactSet:
    sent = np.array([not each.withdrawn for each in envelopes], dtype=np.bool_)
    back = np.array([(each.lot_no, each.addressee_no) in returned for each in envelopes], dtype=np.bool_)
    return FactSet(
        table="document",
        ids=[f"{each.lot_no}:{each.document_no}" for each in envelopes],
        numbers={
            "lot": np.array([lot_of[each.lot_no] for each in envelopes], dtype=np.int64),
            "person": persons.of(each.addressee_no for each in envelopes),
            "yen": np.array([each.target_yen for each in envelopes], dtype=np.int64),
            "cost": np.array([lots[lot_of[each.lot_no]].unit_cost_yen for each in envelopes], dtype=np.int64),
        },
        marks={"sent": sent, "withdrawn": ~sent, "returned": sent & back, "arrived": sent & ~back},
    )


def _reactions_by_case(records: Iterable[RecordFact], promises: Iterable[PromiseFact]) -> dict[Case, list[Reaction]]:
    """返電, 来庁, SMS返信 and 約束 of each case; on one day in this order."""
    found: dict[Case, list[Reaction]] = {}
    for record in records:
        kind = _REACTIONS.get(record.direction)
        if kind is not None and (record.is_contact or kind == "counter"):
            found.setdefault((record.addressee_no, record.claim_group), []).append(
                Reaction(record.record_id, kind, record.day)
            )
    for promise in promises:
        found.setdefault((promise.addressee_no, promise.claim_group), []).append(
            Reaction(promise.promise_id, "promise", promise.made_day)
        )
    for reactions in found.values():
        reactions.sort(key=lambda reaction: (reaction.day, _ORDER.index(reaction.kind), reaction.id))
    return found


_REACTIONS: dict[str, str] = {
    ContactDirection.INBOUND: "call_back",
    ContactDirection.COUNTER: "counter",
    ContactDirection.SMS: "sms_reply",
}
_ORDER = ("call_back", "counter", "sms_reply", "promise")


def _reactions(arrived: dict[Case, list[Arrival]], by_case: dict[Case, list[Reaction]], persons: Numbering) -> FactSet:
    """The first reaction of each person to each lot within 30 days."""
    found: list[tuple[Arrival, Reaction]] = []
    for case, arrivals in arrived.items():
        for arrival in arrivals:
            first = next((r for r in by_case.get(case, []) if 0 <= r.day - arrival.day <= WINDOW_DAYS), None)
            if first is not None:
                found.append((arrival, first))
    kinds = [reaction.kind for _, reaction in found]
    return FactSet(
        table="reaction",
        ids=[reaction.id for _, reaction in found],
        numbers=_arrival_numbers([arrival for arrival, _ in found], persons),
        marks={kind: np.array([kind == each for each in kinds], dtype=np.bool_) for kind in _ORDER},
    )


def _promises(arrived: dict[Case, list[Arrival]], promises: Sequence[PromiseFact], persons: Numbering) -> FactSet:
    """Promises within 30 days of a letter; after two letters a promise stands with both."""
    found = [
        (promise, arrival.lot)
        for promise in promises
        for arrival in arrived.get((promise.addressee_no, promise.claim_group), [])
        if 0 <= promise.made_day - arrival.day <= WINDOW_DAYS
    ]
    made = promise_set([promise for promise, _ in found], persons, [0] * len(found))
    numbers = dict(made.numbers) | {
        "lot": np.array([lot for _, lot in found], dtype=np.int64),
        "promise": Numbering().of(made.ids),
    }
    return FactSet(made.table, made.ids, numbers, made.marks)


def _later_payments(
    arrived: dict[Case, list[Arrival]], payments: Iterable[Payment]
) -> Iterable[tuple[Payment, int, int]]:
    """Payments up to 60 days after a letter for periods in arrears when it was sent, whatever else happened."""
    for payment in payments:
        if _is_effect(payment):
            for arrival in arrived.get((payment.addressee_no, payment.claim_group or ""), []):
                days = payment.received_day - arrival.day
                if 0 <= days <= LONGEST_DAYS and (payment.due_day or 0) < arrival.day:
                    yield payment, arrival.lot, days


def _followed(
    arrived: dict[Case, list[Arrival]], outreach: Iterable[Outreach]
) -> dict[Case, list[tuple[Arrival, int]]]:
    """Who was texted or called after a letter, within 30 days, and on which day first."""
    days: dict[Case, list[int]] = {}
    for each in outreach:
        days.setdefault((each.addressee_no, each.claim_group), []).append(each.day)
    followed: dict[Case, list[tuple[Arrival, int]]] = {}
    for case, arrivals in arrived.items():
        for arrival in arrivals:
            after = [day for day in days.get(case, []) if 0 < day - arrival.day <= WINDOW_DAYS]
            if after:
                followed.setdefault(case, []).append((arrival, min(after)))
    return followed


def _payments_after(
    followed: dict[Case, list[tuple[Arrival, int]]], payments: Iterable[Payment]
) -> Iterable[tuple[Payment, int, int]]:
    """Payments up to 30 days after that first follow-up."""
    for payment in payments:
        if _is_effect(payment):
            for arrival, day in followed.get((payment.addressee_no, payment.claim_group or ""), []):
                days = payment.received_day - day
                if 0 <= days <= WINDOW_DAYS and (payment.due_day or 0) < arrival.day:
                    yield payment, arrival.lot, days


def _is_effect(payment: Payment) -> bool:
    return not payment.excluded_method and payment.due_day is not None


def _payments(found: Sequence[tuple[Payment, int, int]], persons: Numbering) -> FactSet:
    days = np.array([days for _, _, days in found], dtype=np.int64)
    return FactSet(
        table="receipt",
        ids=[payment.receipt_no for payment, _, _ in found],
        numbers={
            "lot": np.array([lot for _, lot, _ in found], dtype=np.int64),
            "person": persons.of(payment.addressee_no for payment, _, _ in found),
            "payment": Numbering().of(payment.receipt_no for payment, _, _ in found),
            "yen": np.array([payment.principal_yen for payment, _, _ in found], dtype=np.int64),
        },
        marks={
            **{f"days_{low}_{high}": (days >= low) & (days <= high) for low, high in DAY_BANDS},
            "within_window": days <= WINDOW_DAYS,
        },
    )


def _followed_set(followed: dict[Case, list[tuple[Arrival, int]]], persons: Numbering) -> FactSet:
    arrivals = [arrival for found in followed.values() for arrival, _ in found]
    return FactSet("taxpayer", [arrival.person for arrival in arrivals], _arrival_numbers(arrivals, persons), {})


def _arrival_numbers(arrivals: Sequence[Arrival], persons: Numbering) -> dict[str, Ints]:
    return {
        "lot": np.array([arrival.lot for arrival in arrivals], dtype=np.int64),
        "person": persons.of(arrival.person for arrival in arrivals),
    }

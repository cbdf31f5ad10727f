"""Everything one report needs, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from casefile.city import City
from casefile.vocabulary import Purpose
from reports.call_facts import CallFacts, call_facts
from reports.facts import RecordFact
from reports.reading.consequences import read_promises, read_recalls, read_seats, read_sms_follow_ups
from reports.reading.contacts import count_unfinished, read_calls, read_records
from reports.reading.known import Known
from reports.reading.money import payment_window, read_payments, read_touches
from reports.request import Period, Request
from reports.seat_time import seat_time


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts about calls of one request. `window` are the days of payment that were read."""

    facts: CallFacts
    records: Sequence[RecordFact]
    window: Period
    unfinished: int


def known_by(city: City, request: Request) -> Known:
    return Known(city.id, request.moment, request.as_of, request.claim_group)


def gather_calls(conn: Connection, city: City, request: Request) -> Gathered:
    """Read calls and all that came of them. Payments are read for 催告 alone: other purposes see no money."""
    known = known_by(city, request)
    window = payment_window(request.period, request.as_of)
    calls = read_calls(conn, known, request.period, request.purpose)
    if request.purpose is Purpose.DUNNING:
        touches, records = read_touches(conn, known, window)
        payments = read_payments(conn, known, window)
        promises = read_promises(conn, known, city, request.period)
    else:
        touches, payments, promises = [], [], []
        records = read_records(conn, known, request.period, request.purpose)
    facts = call_facts(
        calls,
        records,
        promises,
        touches,
        payments,
        read_recalls(conn, known, request.period),
        read_sms_follow_ups(conn, known, request.period),
    )
    facts.sets["seats"] = seat_time(read_seats(conn, known, request.period), request.period, request.moment)
    return Gathered(facts, records, window, count_unfinished(conn, known, request.period, request.purpose))

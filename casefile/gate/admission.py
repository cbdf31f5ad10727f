"""The one way to a call or a text: decide from committed rows, store every answer, open an attempt for each yes."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.db import Json
from casefile.gate.facts import Facts, History, Moment, PastAttempt
from casefile.gate.plans import keep_short
from casefile.gate.reading import as_text, read
from casefile.gate.reasons import Reason, Refusal
from casefile.gate.request import Admission, ContactRequest, GateAnswer
from casefile.gate.rules import refusals, warnings

# The floor, then households, then phones, each in id order. NO KEY UPDATE: two admissions exclude one another, a contact
# record of the same household need not wait. In one statement, since every dial takes this way; each list is whole
# before the next one begins, because that one needs its count.
_LOCK = """
WITH floor_held AS MATERIALIZED (
    SELECT f.epoch FROM floor f WHERE f.municipality_id = %(city)s AND f.floor_id = %(floor)s FOR SHARE
), persons AS MATERIALIZED (
    SELECT DISTINCT t.household_id FROM taxpayer t
     WHERE (SELECT count(*) FROM floor_held) >= 0 AND t.municipality_id = %(city)s AND t.addressee_no = ANY(%(persons)s)
), households AS MATERIALIZED (
    SELECT h.household_id FROM household h
     WHERE h.municipality_id = %(city)s AND h.household_id = ANY(ARRAY(SELECT household_id FROM persons))
     ORDER BY h.household_id FOR NO KEY UPDATE
), phones AS MATERIALIZED (
    SELECT p.phone_id FROM phone p
     WHERE (SELECT count(*) FROM households) >= 0 AND p.municipality_id = %(city)s AND p.e164 = ANY(%(numbers)s)
     ORDER BY p.phone_id FOR NO KEY UPDATE
)
SELECT (SELECT epoch FROM floor_held), (SELECT count(*) FROM phones), ARRAY(SELECT household_id FROM households)
"""

# A decision is there before the attempt that stands on it: the attempt's row is made from what the first part gives.
_STORE = """
WITH answers AS (
    SELECT * FROM jsonb_to_recordset(%(answers)s::jsonb) AS x(id uuid, channel text, purpose text, claim_group text,
           addressee_no text, phone_id uuid, e164 text, household_id text, campaign_id uuid, recall_id uuid,
           requested_by uuid, line_type text, attempt_no smallint, mode text, allowed boolean, reasons jsonb, detail jsonb)
), decided AS (
    INSERT INTO gate_decision (municipality_id, decision_id, channel, purpose, claim_group, addressee_no, phone_id, e164,
                               household_id, campaign_id, requested_by, allowed, reasons, detail, mode, decided_at)
    SELECT %(city)s, x.id, x.channel, x.purpose, x.claim_group, x.addressee_no, x.phone_id, x.e164, x.household_id,
           x.campaign_id, x.requested_by, x.allowed, x.reasons, x.detail, x.mode, %(now)s
      FROM answers x
    RETURNING decision_id, allowed
)
INSERT INTO attempt (municipality_id, attempt_id, decision_id, gate_allowed, channel, direction, purpose, claim_group,
                     campaign_id, recall_id, addressee_no, household_id, phone_id, e164, line_type, attempt_no, mode,
                     floor_id, epoch, state, live, counted, intended_at, person_answered, abandoned)
SELECT %(city)s, a.id, d.decision_id, d.allowed, a.channel, 'outbound', a.purpose, a.claim_group, a.campaign_id,
       a.recall_id, a.addressee_no, a.household_id, a.phone_id, a.e164, a.line_type, a.attempt_no, a.mode,
       %(floor)s, %(epoch)s, 'intended', true, true, %(now)s, false, false
  FROM decided d JOIN answers a ON a.id = d.decision_id
 WHERE d.allowed
"""


class LostFloor(Exception):
    """Another engine has taken the floor over: whoever sees this must stop dialing at once."""


def decide(conn: Connection, city: City, requests: Sequence[ContactRequest], now: datetime) -> list[GateAnswer]:
    """Answer each request for itself, without locking or writing anything, in the order asked; for screens."""
    return [answer for _, _, answer in _each_for_itself(conn, city, requests, now)]


def screen(
    conn: Connection, city: City, requests: Sequence[ContactRequest], now: datetime, passing: Collection[Reason]
) -> list[GateAnswer]:
    """Answer a list ahead of its turn, each request for itself: the answers that refuse, which are stored.

    Whoever is refused only for `passing` reasons, gone perhaps by then, is not among them. For many at once and without
    locks: whoever is left is asked about again by `admit` when the turn comes.
    """
    refused = [
        (request, known, answer)
        for request, known, answer in _each_for_itself(conn, city, requests, now)
        if known.person is not None and any(reason not in passing for reason in answer.reasons)
    ]
    rows = [_row(request, answer, known) for request, known, answer in refused]
    _store(conn, city, rows, now, None, None)
    return [answer for _, _, answer in refused]


def _each_for_itself(
    conn: Connection, city: City, requests: Sequence[ContactRequest], now: datetime
) -> list[tuple[ContactRequest, Facts, GateAnswer]]:
    if not requests:
        return []
    moment = Moment(now)
    facts, history = read(conn, city, requests, moment)
    return [
        (request, known, _answer(request, known, history, city, moment))
        for request, known in zip(requests, facts, strict=True)
    ]


def admit(
    conn: Connection,
    city: City,
    requests: Sequence[ContactRequest],
    now: datetime,
    *,
    floor_id: UUID | None = None,
    epoch: int | None = None,
) -> list[Admission]:
    """Lock, decide and store, in the caller's transaction: a `gate_decision` for each request, an attempt for each yes.

    Household rows are locked before phone rows, each in id order; requests of one batch see one another. With
    `floor_id`, the floor's `epoch` must still be this one; raises LostFloor otherwise, having written nothing.
    A request about somebody unknown is answered but cannot be stored.
    """
    if not requests and floor_id is None:
        return []
    keep_short(conn)
    moment = Moment(now)
    locked = _lock(conn, city, requests, floor_id, epoch)
    if not requests:
        return []
    facts, history = read(conn, city, requests, moment)
    answers = []
    for request, known in zip(requests, facts, strict=True):
        answer = _answer(request, known, history, city, moment)
        if known.person is not None and known.person.household_id not in locked:
            answer = _refused(answer, Refusal(Reason.HOUSEHOLD_CHANGED))
        answers.append(answer)
        if answer.allowed:
            history.add(_intended(request, answer, now))
    rows = [
        _row(request, answer, known)
        for request, answer, known in zip(requests, answers, facts, strict=True)
        if known.person is not None
    ]
    _store(conn, city, rows, now, floor_id, epoch)
    return [_admission(answer) for answer in answers]


def _lock(
    conn: Connection, city: City, requests: Sequence[ContactRequest], floor_id: UUID | None, epoch: int | None
) -> frozenset[str]:
    """Lock the floor, the households, then every phone row of the numbers, whoever's they are.

    Gives the locked households. Raises LostFloor when the floor's epoch is another one.
    """
    persons = sorted({request.addressee_no for request in requests})
    numbers = sorted({request.e164 for request in requests if request.e164 is not None})
    values = {"city": city.id, "floor": floor_id, "persons": persons, "numbers": numbers}
    held, _, households = conn.exec_driver_sql(_LOCK, values).one()
    if floor_id is not None and (held is None or held != epoch):
        raise LostFloor(f"floor {floor_id} is no longer ours in epoch {epoch}")
    return frozenset(households)


def _answer(request: ContactRequest, facts: Facts, history: History, city: City, moment: Moment) -> GateAnswer:
    return GateAnswer(
        request_id=request.request_id,
        refusals=tuple(refusals(request, facts, history, city, moment)),
        warnings=tuple(warnings(facts)),
        household_id=facts.person.household_id if facts.person else "",
        attempt_no=facts.attempts_before + 1,
        line_type=facts.phone.line_type if facts.phone else None,
    )


def _refused(answer: GateAnswer, refusal: Refusal) -> GateAnswer:
    return GateAnswer(
        answer.request_id,
        (*answer.refusals, refusal),
        answer.warnings,
        answer.household_id,
        answer.attempt_no,
        answer.line_type,
    )


def _intended(request: ContactRequest, answer: GateAnswer, now: datetime) -> PastAttempt:
    return PastAttempt(
        household_id=answer.household_id,
        addressee_no=request.addressee_no,
        e164=request.e164,
        channel=request.channel,
        direction="outbound",
        live=True,
        counted=True,
        result=None,
        person_answered=False,
        abandoned=False,
        intended_at=now,
        ended_at=None,
    )


def _row(request: ContactRequest, answer: GateAnswer, facts: Facts) -> Json:
    """A request with its answer, as both tables take it."""
    return {
        "id": str(request.request_id),
        "channel": request.channel,
        "purpose": request.purpose,
        "claim_group": request.claim_group,
        "addressee_no": request.addressee_no,
        "phone_id": as_text(facts.phone.phone_id if facts.phone else request.phone_id),
        "e164": request.e164 or "",
        "household_id": answer.household_id,
        "campaign_id": as_text(request.campaign_id),
        "recall_id": as_text(request.recall_id),
        "requested_by": as_text(request.requested_by),
        "line_type": answer.line_type,
        "attempt_no": answer.attempt_no,
        "mode": request.mode,
        "allowed": answer.allowed,
        "reasons": list(dict.fromkeys(reason.value for reason in answer.reasons)),
        "detail": _detail(answer),
    }


def _store(
    conn: Connection, city: City, rows: list[Json], now: datetime, floor_id: UUID | None, epoch: int | None
) -> None:
    if rows:
        answers = json.dumps(rows, ensure_ascii=False)
        values = {"city": city.id, "now": now, "floor": floor_id, "epoch": epoch, "answers": answers}
        conn.exec_driver_sql(_STORE, values)


def _detail(answer: GateAnswer) -> Json:
    detail: Json = {}
    for refusal in answer.refusals:
        if refusal.detail:
            earlier = detail.get(refusal.reason.value)
            detail[refusal.reason.value] = f"{earlier}、{refusal.detail}" if earlier else refusal.detail
    if answer.warnings:
        detail["warnings"] = list(answer.warnings)
    return detail


def _admission(answer: GateAnswer) -> Admission:
    return Admission(
        answer.request_id,
        answer.refusals,
        answer.warnings,
        answer.household_id,
        answer.attempt_no,
        answer.line_type,
        attempt_id=answer.request_id if answer.allowed else None,
    )

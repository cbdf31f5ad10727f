"""What a rehearsal left in the database, read plainly, for the invariants to judge.

Nothing here uses the code that makes the rules: rows are read by SQL, and what is computed from them is computed anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text


class CallRow(NamedTuple):
    """One attempt of the ledger on the channel `call`, with the decision it stands on."""

    attempt_id: UUID
    direction: str
    purpose: str
    claim_group: str
    addressee_no: str | None
    household_id: str | None
    phone_id: UUID | None
    e164: str | None
    mode: str
    recall_id: UUID | None
    state: str
    result: str | None
    intended_at: datetime
    handed_at: datetime | None
    answered_at: datetime | None
    speech_at: datetime | None
    person_answered: bool
    connected_at: datetime | None
    abandoned: bool
    ended_at: datetime | None
    decided_at: datetime | None
    decision_matches: bool | None
    place: str | None


class TextRow(NamedTuple):
    """One message with the follow-up it came from and the phone it went to."""

    message_id: UUID
    follow_up_id: UUID
    attempt_id: UUID | None
    addressee_no: str
    e164: str | None
    state: str
    state_reason: str | None
    sent_at: datetime | None
    claim_group: str
    purpose: str
    occasion: str
    intended_at: datetime | None
    decision_matches: bool | None
    holder: str | None


class DebtRow(NamedTuple):
    arrears_id: int
    addressee_no: str
    claim_group: str
    assessed_yen: int
    due_date: date
    demand_notice_date: date | None


class ReceiptRow(NamedTuple):
    receipt_no: str
    arrears_id: int | None
    principal_yen: int
    stage: str
    received_on: date
    loaded_at: datetime
    cancelled_on: date | None


class RecordRow(NamedTuple):
    record_id: UUID
    attempt_id: UUID | None
    outcome: str | None
    promise_id: UUID | None
    direction: str


class PromiseRow(NamedTuple):
    promise_id: UUID
    state: str
    promised_yen: int
    judge_on: date
    source: str
    record_id: UUID | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the world outside the database knows: the carrier's book, the gateway's, the robots' and the tills' counts."""

    rang: Mapping[UUID, str]
    texted: Mapping[str, str]
    """Message id as the gateway was given it → number."""
    promises: int
    paid: Mapping[str, int]
    """Receipt number → yen, of every payment whose file was imported."""
    notice_days: int
    weekday_hours: Mapping[int, tuple[int, int]]
    """GIF weekday → (opening hour, closing hour) in JST; days not named and public holidays are closed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the invariants are judged on."""

    told: Told
    calls: Sequence[CallRow]
    texts: Sequence[TextRow]
    debts: Sequence[DebtRow]
    receipts: Sequence[ReceiptRow]
    records: Sequence[RecordRow]
    promises: Sequence[PromiseRow]
    follow_ups: Mapping[str, int]
    """State of SMS follow-ups → how many."""
    receipts_as_of: date | None
    seals_broken: int
    audit_entries: int
    unsealed: int
    forms: Mapping[str, bool] = field(default_factory=dict)
    """Invariants of the reports (REPORTS.md §6.8), named, as the reports' own checks found them."""


_CALLS = """
SELECT a.attempt_id, a.direction, a.purpose, a.claim_group, a.addressee_no, a.household_id, a.phone_id, a.e164, a.mode,
       a.recall_id, a.state, a.result, a.intended_at, a.handed_at, a.answered_at, a.speech_at, a.person_answered,
       a.connected_at, a.abandoned, a.ended_at, d.decided_at,
       d.allowed AND d.channel = a.channel AND d.addressee_no = a.addressee_no AND d.e164 = a.e164 AS decision_matches,
       p.place
FROM attempt a
LEFT JOIN gate_decision d ON d.municipality_id = a.municipality_id AND d.decision_id = a.decision_id
LEFT JOIN phone p ON p.municipality_id = a.municipality_id AND p.phone_id = a.phone_id
WHERE a.municipality_id = :m AND a.channel = 'call'
ORDER BY a.intended_at, a.attempt_id
"""
_TEXTS = """
SELECT m.message_id, m.follow_up_id, m.attempt_id, m.addressee_no, m.e164, m.state, m.state_reason, m.sent_at,
       f.claim_group, f.purpose, f.occasion, a.intended_at,
       d.allowed AND d.channel = 'sms' AND d.addressee_no = m.addressee_no AND d.e164 = m.e164 AS decision_matches,
       p.holder
FROM message m
JOIN follow_up f ON f.municipality_id = m.municipality_id AND f.follow_up_id = m.follow_up_id
LEFT JOIN attempt a ON a.municipality_id = m.municipality_id AND a.attempt_id = m.attempt_id
LEFT JOIN gate_decision d ON d.municipality_id = m.municipality_id AND d.decision_id = a.decision_id
LEFT JOIN phone p ON p.municipality_id = m.municipality_id AND p.phone_id = a.phone_id
WHERE m.municipality_id = :m
ORDER BY m.due_at, m.message_id
"""
_DEBTS = """
SELECT arrears_id, addressee_no, claim_group, assessed_yen, due_date, demand_notice_date
FROM arrears WHERE municipality_id = :m ORDER BY arrears_id
"""
_RECEIPTS = """
SELECT receipt_no, arrears_id, principal_yen, stage, received_on, loaded_at, cancelled_on
FROM receipt WHERE municipality_id = :m ORDER BY receipt_no
"""
_RECORDS = """
SELECT DISTINCT ON (record_id) record_id, attempt_id, outcome, promise_id, direction
FROM contact_record WHERE municipality_id = :m ORDER BY record_id, version DESC
"""
_PROMISES = """
SELECT promise_id, state, promised_yen, judge_on, source, record_id
FROM promise WHERE municipality_id = :m ORDER BY promise_id
"""
_FOLLOW_UPS = """
SELECT state, count(*) FROM follow_up WHERE municipality_id = :m AND channel = 'sms' GROUP BY state ORDER BY state
"""
_AS_OF = "SELECT max(as_of) FROM import_run WHERE municipality_id = :m AND file_kind = 'receipts'"
_AUDIT = """
SELECT (SELECT count(*) FROM audit_entry WHERE municipality_id = :m),
       (SELECT count(*) FROM audit_entry e WHERE municipality_id = :m AND NOT EXISTS (
            SELECT 1 FROM audit_seal s WHERE s.municipality_id = e.municipality_id AND s.audit_id = e.audit_id))
"""


def read_evidence(
    conn: Connection, municipality_id: int, told: Told, seals_broken: int, forms: Mapping[str, bool]
) -> Evidence:
    """Read the rows of one municipality, whoever the connection works for."""

    def rows(statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in conn.execute(text(statement), {"m": municipality_id})]

    entries, unsealed = rows(_AUDIT)[0]
    return Evidence(
        told=told,
        calls=[CallRow(*row) for row in rows(_CALLS)],
        texts=[TextRow(*row) for row in rows(_TEXTS)],
        debts=[DebtRow(*row) for row in rows(_DEBTS)],
        receipts=[ReceiptRow(*row) for row in rows(_RECEIPTS)],
        records=[RecordRow(*row) for row in rows(_RECORDS)],
        promises=[PromiseRow(*row) for row in rows(_PROMISES)],
        follow_ups=dict(rows(_FOLLOW_UPS)),
        receipts_as_of=rows(_AS_OF)[0][0],
        seals_broken=seals_broken,
        audit_entries=entries,
        unsealed=unsealed,
        forms=forms,
    )

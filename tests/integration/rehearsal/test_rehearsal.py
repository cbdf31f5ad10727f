"""Two days of a small room on the real engine, gate and intake: every invariant holds, and each would be seen broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, text

from casefile.db import Database, sqlalchemy_url
from rehearsal.evidence import Evidence, read_evidence
from rehearsal.invariants import INVARIANTS
from rehearsal.result import as_csv, as_json, result_of
from rehearsal.runner import Rehearsal, RehearsalPlan
from tsunagaru.databases import create_database, drop_database


@dataclass(frozen=True, slots=True)
class _Run:
    rehearsal: Rehearsal
    url: str
    result: dict[str, Any]
    days: dict[str, dict[str, Any]]


def _rehearse(plan: RehearsalPlan, url: str, folder: Path) -> _Run:
    database = Database(url, asynchronous_commit=True)
    try:
        rehearsal = Rehearsal(plan, database, folder)
        rehearsal.run()
        result, days = result_of(rehearsal, database)
        assert not rehearsal.tally.refused, "a robot filled in a form the rules refuse"
        return _Run(rehearsal, url, result, days)
    finally:
        database.close()


@pytest.fixture(scope="module")
def two_days(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Run]:
    name = f"tsunagaru_test_{uuid4().hex[:12]}"
    url = create_database(server_url, name, template_database)
    plan = RehearsalPlan(days=2, operators=2, seed=1, households=80)
    yield _rehearse(plan, url, tmp_path_factory.mktemp("files"))
    drop_database(server_url, name)


def test_every_invariant_holds_over_two_days(two_days: _Run) -> None:
    broken = [name for name, holds in two_days.result["invariants"].items() if not holds]
    assert broken == []
    assert set(INVARIANTS) <= set(two_days.result["invariants"])


def test_the_room_did_real_work(two_days: _Run) -> None:
    result = two_days.result
    assert result["attempts"] > 50
    assert 0 < result["right_party_contacts"] <= result["conversations"] <= result["live_answers"] < result["attempts"]
    assert result["promises"] > 0
    assert result["promised_yen"] > 0
    assert result["payments_yen"] > 0
    assert 0 < result["occupancy"] < 1
    assert result["gate_refusals"]
    assert sum(day["attempts"] for day in two_days.days.values()) == result["attempts"]


def test_the_result_is_one_json_object_without_time_or_place_of_the_run(two_days: _Run) -> None:
    printed = as_json(two_days.result)
    assert json.loads(printed) == two_days.result
    assert two_days.url not in printed
    assert "/tmp" not in printed
    lines = as_csv(two_days.days).splitlines()
    assert lines[0].startswith("day,attempts,live_answers")
    assert len(lines) == len(two_days.days) + 1


def test_the_same_seed_gives_the_same_bytes(server_url: str, template_database: str, tmp_path: Path) -> None:
    plan = RehearsalPlan(days=1, operators=1, seed=4, households=20)
    printed = []
    for number in range(2):
        name = f"tsunagaru_test_{uuid4().hex[:12]}"
        url = create_database(server_url, name, template_database)
        printed.append(as_json(_rehearse(plan, url, tmp_path / str(number)).result))
        drop_database(server_url, name)
    assert printed[0] == printed[1]
    assert '"attempts": 0' not in printed[0]


_A_CALL = "(SELECT attempt_id FROM attempt WHERE handed_at IS NOT NULL AND direction = 'outbound' ORDER BY intended_at LIMIT 1)"
_A_TALK = "(SELECT attempt_id FROM attempt WHERE connected_at IS NOT NULL AND direction = 'outbound' ORDER BY intended_at LIMIT 1)"
_SPOILED = [
    ("no_contact_outside_hours", f"UPDATE attempt SET handed_at = handed_at + interval '12 hours' WHERE attempt_id = {_A_CALL}"),
    ("no_contact_after_payment_was_imported",
     ("UPDATE arrears SET assessed_yen = 0 WHERE addressee_no = (SELECT addressee_no FROM attempt"
     f" WHERE attempt_id = {_A_CALL})")),
    ("no_contact_before_due_date_and_demand_notice", "UPDATE arrears SET demand_notice_date = '2026-10-01'"),
    ("every_outbound_attempt_has_an_allowing_decision", "DELETE FROM gate_decision WHERE allowed"),
    ("no_call_to_a_workplace_or_a_real_number", "UPDATE phone SET place = 'work'"),
    ("number_within_its_caps", "UPDATE attempt SET e164 = '+81309999999'"),
    ("household_within_its_caps", "UPDATE attempt SET household_id = 'H'"),
    ("person_within_the_monthly_cap", "UPDATE attempt SET addressee_no = '0'"),
    ("one_live_attempt_per_household", "UPDATE attempt SET ended_at = ended_at + interval '9 hours', household_id = 'H' WHERE live = false"),
    ("every_ended_call_has_one_record", f"DELETE FROM contact_record WHERE attempt_id = {_A_CALL}"),
    ("live_answer_joined_or_told", f"UPDATE attempt SET connected_at = connected_at + interval '3 seconds' WHERE attempt_id = {_A_TALK}"),
    ("live_answers_are_conserved", f"UPDATE attempt SET connected_at = NULL WHERE attempt_id = {_A_TALK}"),
    ("results_partition_the_calls", f"UPDATE attempt SET result = '03' WHERE attempt_id = {_A_TALK}"),
    ("nothing_is_left_hanging", f"UPDATE attempt SET state = 'unknown', live = true, ended_at = NULL WHERE attempt_id = {_A_CALL}"),
    ("no_promise_is_lost", "DELETE FROM promise WHERE promise_id = (SELECT min(promise_id::text)::uuid FROM promise)"),
    ("carrier_ledger_equals_attempts", f"DELETE FROM attempt WHERE attempt_id = {_A_CALL}"),
    ("receipts_equal_payments", "DELETE FROM receipt WHERE receipt_no = (SELECT min(receipt_no) FROM receipt WHERE receipt_no LIKE 'P%')"),
    ("audit_chain_is_whole", "DELETE FROM audit_seal WHERE seq = (SELECT max(seq) FROM audit_seal)"),
]  # fmt: skip


def _evidence(conn: Connection, run: _Run) -> Evidence:
    return read_evidence(conn, run.rehearsal.truth.code, run.rehearsal.told(), 0, {})


@pytest.mark.parametrize(("name", "statement"), _SPOILED, ids=[name for name, _ in _SPOILED])
def test_a_spoiled_row_in_the_database_is_seen(two_days: _Run, name: str, statement: str) -> None:
    """An owner who switches every guard off can spoil a row; nobody else can. The invariant sees it."""
    engine = create_engine(sqlalchemy_url(two_days.url))
    try:
        with engine.connect() as conn, conn.begin() as transaction:
            assert INVARIANTS[name](_evidence(conn, two_days)) is True
            conn.execute(text("SET LOCAL session_replication_role = replica"))
            for index in ("uq_attempt_live_household", "uq_attempt_live_phone"):
                conn.execute(text(f"DROP INDEX {index}"))
            for constraint in conn.execute(
                text("SELECT conname FROM pg_constraint WHERE conrelid = 'attempt'::regclass AND contype = 'c'")
            ).scalars():
                conn.execute(text(f'ALTER TABLE attempt DROP CONSTRAINT "{constraint}"'))
            assert conn.execute(text(statement)).rowcount > 0
            assert INVARIANTS[name](_evidence(conn, two_days)) is False
            transaction.rollback()
    finally:
        engine.dispose()

"""The ledger's guarded changes for many attempts, as parts of the engine's one statement: it has many a second.

The same rules as `casefile.ledger`: an ended attempt never changes again, and what is known once is not overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from casefile.db import rows_as_json

# The keys stand beside the rows, so that the attempts are found by key whatever the planner thinks of the rows.
ADVANCE = """
UPDATE attempt a
   SET state = s.state,
       live = (s.state <> 'ended'),
       handed_at = COALESCE(a.handed_at, s.handed_at),
       answered_at = COALESCE(a.answered_at, s.answered_at),
       speech_at = COALESCE(a.speech_at, s.speech_at),
       connected_at = COALESCE(a.connected_at, s.connected_at),
       operator_id = COALESCE(s.operator_id, a.operator_id),
       person_answered = COALESCE(s.person_answered, a.person_answered),
       unknown_since = CASE WHEN s.state = 'unknown' THEN COALESCE(a.unknown_since, s.unknown_since) END,
       ended_at = s.ended_at,
       result = s.result,
       cause = s.cause,
       counted = COALESCE(s.counted, a.counted),
       abandoned = COALESCE(s.abandoned, a.abandoned)
  FROM jsonb_to_recordset(%(steps)s::jsonb)
       AS s(attempt_id uuid, state text, handed_at timestamptz, answered_at timestamptz, speech_at timestamptz,
            connected_at timestamptz, operator_id uuid, person_answered boolean, unknown_since timestamptz,
            ended_at timestamptz, result text, cause text, counted boolean, abandoned boolean)
 WHERE a.municipality_id = %(city)s AND a.attempt_id = ANY(%(ids)s::uuid[]) AND a.attempt_id = s.attempt_id AND a.live
RETURNING a.attempt_id
"""
WRAP_UP = """
UPDATE attempt a SET wrapped_up_at = s.at, put_off_seconds = s.put_off
  FROM unnest(%(done)s::uuid[], %(done_at)s::timestamptz[], %(put_off)s::int[]) AS s(id, at, put_off)
 WHERE a.municipality_id = %(city)s AND a.attempt_id = ANY(%(done)s::uuid[]) AND a.attempt_id = s.id
   AND a.wrapped_up_at IS NULL
"""


@dataclass(slots=True)
class LedgerStep:
    """Where an attempt stands now, and whatever became known of it; None: nothing new."""

    attempt_id: UUID
    state: str = "intended"
    handed_at: datetime | None = None
    answered_at: datetime | None = None
    speech_at: datetime | None = None
    connected_at: datetime | None = None
    operator_id: UUID | None = None
    person_answered: bool | None = None
    unknown_since: datetime | None = None
    ended_at: datetime | None = None
    result: str | None = None
    cause: str | None = None
    counted: bool | None = None
    abandoned: bool | None = None


def advance_values(steps: Sequence[LedgerStep]) -> dict[str, Any]:
    """What `ADVANCE` takes beside `city`; it gives the attempts that changed, never one that had ended already."""
    plain = [{name: getattr(step, name) for name in LedgerStep.__slots__} for step in steps]
    return {"ids": [step.attempt_id for step in steps], "steps": rows_as_json(plain)}


class WrappedUp(NamedTuple):
    """The operator has finished the work after a call; `put_off_seconds` of the time until then went to other calls."""

    attempt_id: UUID
    at: datetime
    put_off_seconds: int | None = None


def wrap_up_values(done: Sequence[WrappedUp]) -> dict[str, Any]:
    """What `WRAP_UP` takes beside `city`; the first time counts."""
    return {
        "done": [wrapped.attempt_id for wrapped in done],
        "done_at": [wrapped.at for wrapped in done],
        "put_off": [wrapped.put_off_seconds for wrapped in done],
    }


def wrap_up(conn: Connection, municipality_id: int, done: Sequence[WrappedUp]) -> None:
    """`WRAP_UP` by itself."""
    if done:
        conn.exec_driver_sql(WRAP_UP, {"city": municipality_id, **wrap_up_values(done)})

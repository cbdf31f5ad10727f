"""What a browser or a robot wants of the engine: a row, then a knock.

Kinds and their `detail`: sign_in {campaign_id?}, sign_out, ready, pause {reason}, hang_up, wrapup_done, preview_dial,
preview_skip {reason}, manual_dial {addressee_no, phone_id, campaign_id}, consult {to}, three_way, hand_over, take_back,
listen_in {to, how} and stop_listening (a supervisor's), campaign {do: start|pause|stop, campaign_id}, reload (rows the engine
goes by were changed: read them now).
The engine answers in the row: `answer` is `ok` or a Japanese sentence that says why not and what to do.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection

from casefile.db import Json, wakes_others
from dialer.messages import CommandKind

_COMPACT = json.JSONEncoder(separators=(",", ":")).encode
FLOOR_COMMAND = "floor_command"
FLOOR_LIVE = "floor_live"
DONE = "ok"
KINDS = frozenset({*get_args(CommandKind), "campaign", "reload"})

_GIVE = """
WITH given AS (
    INSERT INTO floor_command (municipality_id, floor_id, kind, by_user, operator_id, attempt_id, detail, given_at)
    VALUES (%(city)s, %(floor)s, %(kind)s, %(by)s, %(operator)s, %(attempt)s, %(detail)s::jsonb, %(now)s)
    RETURNING command_no
)
SELECT command_no, pg_notify(%(channel)s, %(payload)s) FROM given
"""


def give(
    conn: Connection,
    municipality_id: int,
    floor_id: UUID,
    kind: str,
    *,
    now: datetime,
    operator_id: UUID | None = None,
    attempt_id: UUID | None = None,
    by_user: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> int:
    """Write one command for the floor's engine and wake it; gives the command's number.

    It takes effect when the transaction commits. Raises ValueError for a kind the engine does not know.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown floor command {kind!r}; one of {', '.join(sorted(KINDS))}")
    values = {
        "city": municipality_id,
        "floor": floor_id,
        "kind": kind,
        "by": by_user or operator_id,
        "operator": operator_id,
        "attempt": attempt_id,
        "detail": json.dumps(detail or {}),
        "now": now,
        "channel": FLOOR_COMMAND,
        "payload": str(floor_id),
    }
    wakes_others(conn)
    command_no: int = conn.exec_driver_sql(_GIVE, values).scalar_one()
    return command_no


def live_payload(
    municipality_id: int,
    floor_id: UUID,
    kind: str,
    operator_id: UUID | None = None,
    attempt_id: UUID | None = None,
) -> str:
    """The payload of `floor_live`: ids only, never a name or a number."""
    payload: Json = {"municipality": municipality_id, "floor": str(floor_id), "kind": kind}
    if operator_id is not None:
        payload["operator"] = str(operator_id)
    if attempt_id is not None:
        payload["attempt"] = str(attempt_id)
    return _COMPACT(payload)

"""What a browser or a robot wants of the engine: a row, then a knock.

Kinds and their `detail`: sign_in {campaign_id?}, sign_out, ready, pause {reason}, hang_up, wrapup_done, preview_dial,
preview_skip {reason}, manual_dial {addressee_no, phone_id, campaign_id}, campaign {do: start|pause|stop, campaign_id}.
The engine answers in the row: `answer` is `ok` or a Japanese sentence that says why not and what to do.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection, insert, text

from casefile.db import Json
from dialer.messages import CommandKind
from dialer.tables import FloorCommand

FLOOR_COMMAND = "floor_command"
FLOOR_LIVE = "floor_live"
DONE = "ok"
KINDS = frozenset({*get_args(CommandKind), "campaign"})

_KNOCK = text("SELECT pg_notify(:channel, :payload)")


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
    command_no = conn.execute(
        insert(FloorCommand).returning(FloorCommand.command_no),
        {
            "municipality_id": municipality_id,
            "floor_id": floor_id,
            "kind": kind,
            "by_user": by_user or operator_id,
            "operator_id": operator_id,
            "attempt_id": attempt_id,
            "detail": detail or {},
            "given_at": now,
            "done_at": None,
            "answer": None,
        },
    ).scalar_one()
    conn.execute(_KNOCK, {"channel": FLOOR_COMMAND, "payload": str(floor_id)})
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
    return json.dumps(payload, separators=(",", ":"))

"""Carrier events and commands as JSON objects, for carriers that live in a process of their own.

One object a line: `{"type": "Dial", "attempt_id": "…", …}`; times are ISO 8601 with offset.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from callflow.codes import RecordingMode
from callflow.events import (
    Announce,
    Announcing,
    Answered,
    CalledIn,
    CarrierCommand,
    CarrierEvent,
    Confer,
    Consult,
    Detected,
    Dial,
    Ended,
    Handed,
    HandOver,
    Hangup,
    Heard,
    Incoming,
    Join,
    Joined,
    Left,
    ListenIn,
    Listening,
    Missed,
    Reconcile,
    Reconciled,
    Refused,
    Ringing,
    StopListening,
    TakeBack,
    TellClosed,
    TellPlace,
    Wish,
    Wished,
)

_COMMANDS: dict[str, type[CarrierCommand]] = {
    kind.__name__: kind
    for kind in (
        *(Dial, Join, Announce, Hangup, Reconcile, TellPlace, TellClosed),
        *(Consult, Confer, HandOver, TakeBack, ListenIn, StopListening),
    )
}
_EVENTS: dict[str, type[CarrierEvent]] = {
    kind.__name__: kind
    for kind in (
        *(Handed, Ringing, Answered, Heard, Joined, Announcing, Ended, Refused, Reconciled, Incoming, Wished),
        *(CalledIn, Left, Missed),
    )
}
_T = TypeVar("_T")
_IDS = frozenset({"attempt_id", "operator_id", "colleague_id", "supervisor_id"})


def encode(message: CarrierCommand | CarrierEvent) -> str:
    """One line of JSON, without the newline."""
    return json.dumps(_plain(message), separators=(",", ":"), ensure_ascii=False)


def decode_command(line: str) -> CarrierCommand:
    """The command of a line. Raises ValueError for anything else."""
    return _read(line, _COMMANDS)


def decode_event(line: str) -> CarrierEvent:
    """The event of a line. Raises ValueError for anything else."""
    return _read(line, _EVENTS)


def _plain(message: CarrierCommand | CarrierEvent) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": type(message).__name__}
    for field in fields(message):
        value = getattr(message, field.name)
        if isinstance(value, tuple):
            value = [_plain(part) for part in value]
        elif isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, UUID):
            value = str(value)
        plain[field.name] = value
    return plain


def _read(line: str, kinds: dict[str, type[_T]]) -> _T:
    try:
        plain = json.loads(line)
        return _typed(plain, kinds)
    except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a carrier message: {type(error).__name__}") from error


def _typed(plain: dict[str, Any], kinds: dict[str, type[_T]]) -> _T:
    values = {name: _value(name, value) for name, value in plain.items() if name != "type"}
    return kinds[plain["type"]](**values)


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _IDS:
        return UUID(value)
    if name in ("at", "ended_at"):
        return datetime.fromisoformat(value)
    if name == "detected":
        return Detected(value)
    if name == "recording":
        return RecordingMode(value)
    if name == "wish":
        return Wish(value)
    if name == "how":
        return Listening(value)
    if name == "past":
        return tuple(_typed(part, _EVENTS) for part in value)
    return value

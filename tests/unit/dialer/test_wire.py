"""Carrier messages as lines of JSON, there and back."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from callflow.codes import RecordingMode
from callflow.events import (
    Announce,
    Announcing,
    Answered,
    CarrierCommand,
    CarrierEvent,
    Detected,
    Dial,
    Ended,
    Handed,
    Hangup,
    Heard,
    Incoming,
    Join,
    Joined,
    Missed,
    Reconcile,
    Reconciled,
    Refused,
    Ringing,
    TellClosed,
    TellPlace,
)
from dialer import wire

_ID, _WHO, _AT = UUID(int=1), UUID(int=2), datetime(2026, 10, 5, 1, 2, 3, 456789, tzinfo=UTC)


@pytest.mark.parametrize(
    "command",
    [
        Dial(_ID, "+819000000001", "+81300001111", 25),
        Dial(_ID, "+819000000001", "+81300001111", 25, listen=True, recording=RecordingMode.ANNOUNCED),
        Join(_ID, _WHO),
        Join(_ID, _WHO, RecordingMode.UNANNOUNCED),
        Announce(_ID),
        Hangup(_ID),
        Reconcile(_ID),
        TellPlace(_ID, 2),
        TellClosed(_ID),
    ],
)
def test_commands(command: CarrierCommand) -> None:
    assert wire.decode_command(wire.encode(command)) == command


@pytest.mark.parametrize(
    "event",
    [
        Handed(_ID, _AT),
        Ringing(_ID, _AT),
        Answered(_ID, _AT),
        Heard(_ID, _AT, Detected.RECORDING_GUARD),
        Joined(_ID, _WHO, _AT),
        Announcing(_ID, _AT),
        Ended(_ID, _AT, "17", "02", by_resident=False),
        Ended(_ID, _AT, "16", None, by_resident=True),
        Refused(_ID, _AT, "barred", "11"),
        Incoming(_ID, _AT, None),
        Missed(_ID, _AT, "+819000000001", _AT, wanted=False),
        Reconciled(_ID, _AT, known=True, live=True, past=(Handed(_ID, _AT), Heard(_ID, _AT, Detected.PERSON))),
        Reconciled(_ID, _AT, known=False, live=False),
    ],
)
def test_events(event: CarrierEvent) -> None:
    line = wire.encode(event)
    assert "\n" not in line
    assert wire.decode_event(line) == event


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"type":"Dial"}', '{"type":"Handed","attempt_id":"x","at":"y"}'])
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire.decode_event(line)

"""The database server's disk stalls: who has answered is joined, nobody new is dialed, and nothing is lost when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from callflow.events import Answered, Detected, Ended, Heard, Incoming, Join, Joined
from dialer.disk import DiskBeside
from dialer.tables import FloorCommand
from tests.integration.dialer.own_server import database_url, recover, server, stall
from tests.integration.dialer.room import Room
from tests.people import key
from tests.waiting import until

__all__ = ["database_url", "server"]

_WITHIN = 30.0


@pytest.fixture
def beside(database_url: str) -> Iterator[ThreadPoolExecutor]:
    """For what may wait for the disk, and for what must not: neither may hold this test."""
    with ThreadPoolExecutor(3) as threads:
        try:
            yield threads
        finally:
            recover(database_url)


def commands(room: Room) -> int:
    with room.transaction() as conn:
        return len(conn.execute(select(FloorCommand.command_no)).all())


def dialed(room: Room) -> list[Any]:
    return [row for row in room.attempts() if row.direction == "outbound"]


def dials(room: Room) -> int:
    """How many numbers were given to the carrier by the next second."""
    room.run(1)
    return len(room.carrier.dialed())


def joins(room: Room) -> list[Join]:
    room.run(1)
    return [each for each in room.carrier.sent if isinstance(each, Join)]


def test_who_has_answered_is_joined_and_no_number_is_given_away(
    room: Room, database_url: str, beside: ThreadPoolExecutor
) -> None:
    room.fill(people=6, operators=2)
    room.start(disk_of=lambda database: DiskBeside(database, lambda: None))
    room.say("sign_in")
    room.say("ready")
    until(partial(dials, room), _WITHIN)
    (first,) = room.carrier.dialed()

    stall(database_url)
    # Somebody begins to work: the engine obeys, though whoever pressed the key is not told yet that it is safe.
    known, pressed = commands(room), []
    for kind in ("sign_in", "ready"):
        pressed.append(beside.submit(room.give, kind, 1))
        until(partial(commands, room), _WITHIN, lambda count: count == known + len(pressed))

    def a_call_to_its_end() -> None:
        room.shell.wake()
        room.carrier.report(Incoming(key("caller"), room.clock.now(), None))
        room.run(8)
        now = room.clock.now()
        room.carrier.report(Answered(first.attempt_id, now))
        room.carrier.report(Heard(first.attempt_id, now, Detected.PERSON))
        room.carrier.report(Joined(first.attempt_id, room.operators[0], now))
        room.run(8)
        room.carrier.report(Ended(first.attempt_id, room.clock.now(), "16", None, by_resident=True))
        room.run(8)

    beside.submit(a_call_to_its_end).result(_WITHIN)
    assert [each for each in room.carrier.sent if each.attempt_id == first.attempt_id] == [
        first,
        Join(first.attempt_id, room.operators[0]),
    ]
    assert {each.attempt_id for each in room.carrier.sent} == {first.attempt_id}, "and who called back waits"
    talked, waiting = dialed(room)
    assert (talked.state, talked.result) == ("ended", "01")
    assert (waiting.state, waiting.live) == ("unknown", True), "nobody took it within three seconds"
    assert not any(press.done() for press in pressed)

    recover(database_url)
    for press in pressed:
        press.result(_WITHIN)
    # The free operator has the caller now, ahead of the next dial.
    until(partial(joins, room), _WITHIN, lambda joined: joined[1:] == [Join(key("caller"), room.operators[1])])
    given_up = next(each for each in dialed(room) if each.attempt_id == waiting.attempt_id)
    assert (given_up.state, given_up.result, given_up.counted) == ("ended", "15", False)
    assert waiting.attempt_id not in {dial.attempt_id for dial in room.carrier.dialed()}

"""A disk that takes its time: no number is given away before its intent is safe, and nobody else waits for it."""

from __future__ import annotations

import threading

import pytest

from callflow.events import Answered, Detected, Heard, Join
from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer.disk import DiskAwaited, DiskBeside
from tests.integration.dialer.room import Room


class SlowDisk:
    """Says yes to what was asked so far when the test has it written."""

    def __init__(self) -> None:
        self.asked = 0
        self.written = 0
        self.closed = False

    def ask(self) -> int:
        self.asked += 1
        return self.asked

    def reached(self) -> int:
        return self.written

    def close(self) -> None:
        self.closed = True

    def write(self) -> None:
        self.written = self.asked


@pytest.fixture
def disk() -> SlowDisk:
    return SlowDisk()


def ready(room: Room, operator: int) -> None:
    room.say("sign_in", operator)
    room.say("ready", operator)


def test_a_number_is_given_to_the_carrier_when_its_intent_is_on_the_disk(room: Room, disk: SlowDisk) -> None:
    room.fill(people=1)
    room.start(disk_of=lambda _: disk)
    room.everybody_ready()
    room.run(1)
    (attempt,) = room.attempts()
    assert (attempt.state, room.carrier.sent) == ("intended", [])
    disk.write()
    room.shell.flush()
    (dial,) = room.carrier.dialed()
    assert dial.attempt_id == attempt.attempt_id
    room.shell.close()
    assert disk.closed


def test_a_resident_who_answers_meanwhile_is_joined_at_once(room: Room, disk: SlowDisk) -> None:
    room.fill(people=3, operators=2)
    room.start(disk_of=lambda _: disk)
    ready(room, 0)
    room.run(1)
    disk.write()
    room.shell.flush()
    (first,) = room.carrier.dialed()
    ready(room, 1)
    room.run(1)
    assert disk.asked > disk.written
    room.carrier.report(Answered(first.attempt_id, room.clock.now()))
    room.carrier.report(Heard(first.attempt_id, room.clock.now(), Detected.PERSON))
    assert room.carrier.sent == [first, Join(first.attempt_id, room.operators[0])]


def test_who_is_given_up_before_the_number_was_given_is_never_rung(room: Room, disk: SlowDisk) -> None:
    room.fill(people=1, mode="preview")
    room.start(disk_of=lambda _: disk)
    room.everybody_ready()
    room.run(1)
    room.say("preview_dial")
    (intended,) = room.attempts()
    assert (intended.state, disk.asked > disk.written) == ("intended", True)
    room.say("hang_up")
    disk.write()
    room.shell.flush()
    room.shell.flush()
    (attempt,) = room.attempts()
    assert (attempt.attempt_id, room.carrier.sent) == (intended.attempt_id, [])
    assert (attempt.state, attempt.result, attempt.live, attempt.counted) == ("ended", "15", False, False)
    assert room.seats()[room.operators[0]].state == "ready"


def test_an_intent_that_has_grown_old_when_the_disk_is_back_is_never_told(room: Room, disk: SlowDisk) -> None:
    room.fill(people=2)
    room.start(disk_of=lambda _: disk)
    room.everybody_ready()
    room.run(10)
    (attempt,) = room.attempts()
    assert room.carrier.sent == []
    disk.write()
    room.shell.flush()
    room.run(1)
    ended, *later = room.attempts()
    assert (ended.attempt_id, ended.state, ended.counted) == (attempt.attempt_id, "ended", False)
    assert not [told for told in room.carrier.sent if told.attempt_id == attempt.attempt_id]
    assert [row.state for row in later] == ["intended"], "the operator is free for the next dial"


def test_what_the_disk_cannot_say_ends_the_engine(room: Room, disk: SlowDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise TsunagaruError("broken")

    room.fill(people=1)
    room.start(disk_of=lambda _: disk)
    monkeypatch.setattr(disk, "reached", broken)
    room.everybody_ready()
    with pytest.raises(TsunagaruError, match="broken"):
        room.run(1)
    assert room.carrier.sent == []


@pytest.mark.parametrize("beside", [False, True], ids=["awaited", "beside"])
def test_the_disk_has_what_was_committed_before_it_was_asked(database: Database, beside: bool) -> None:
    said = threading.Semaphore(0)
    disk = DiskBeside(database, said.release) if beside else DiskAwaited(database)
    try:
        for number in range(1, 21):
            with database.repeatable_transaction(None) as conn:
                lsn = conn.exec_driver_sql("SELECT pg_logical_emit_message(true, 'test', 'x')").scalar()
            assert disk.ask() == number
            while disk.reached() < number:
                assert said.acquire(timeout=20)
            with database.engine.connect() as conn:
                assert conn.exec_driver_sql(
                    "SELECT pg_current_wal_flush_lsn() >= %(lsn)s::pg_lsn", {"lsn": lsn}
                ).scalar()
    finally:
        disk.close()

"""A disk that takes its time: no number is given away before its intent is safe, and nobody else waits for it."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from callflow.codes import RecordingMode
from callflow.events import Answered, Detected, Ended, Heard, Incoming, Join, Reconcile, Reconciled
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.stops import StopKind, stop_contacts
from dialer.disk import DiskAwaited, DiskBeside
from dialer.seat import SCREEN_GONE
from dialer.supply import closing
from tests.integration.dialer.beside import disk_beside
from tests.integration.dialer.room import Room
from tests.people import key, mobile


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


def nobody_waits() -> None:
    raise AssertionError("it was awaited when it was asked")


def begin(room: Room, disk: SlowDisk, **filled: Any) -> None:
    """An engine on this disk, everybody ready, and whoever is called first intended."""
    room.fill(**filled)
    room.start(disk_of=lambda _: disk)
    room.everybody_ready()
    room.run(1)


def write(room: Room, disk: SlowDisk) -> None:
    """The disk has all, and what follows from that is committed."""
    disk.write()
    room.shell.flush()
    room.shell.flush()


def ready(room: Room, operator: int) -> None:
    room.say("sign_in", operator)
    room.say("ready", operator)


def test_a_number_is_given_to_the_carrier_when_its_intent_is_on_the_disk(room: Room, disk: SlowDisk) -> None:
    begin(room, disk, people=1)
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
    begin(room, disk, people=1, mode="preview")
    room.say("preview_dial")
    (intended,) = room.attempts()
    assert (intended.state, disk.asked > disk.written) == ("intended", True)
    room.say("hang_up")
    write(room, disk)
    (attempt,) = room.attempts()
    assert (attempt.attempt_id, room.carrier.sent) == (intended.attempt_id, [])
    assert (attempt.state, attempt.result, attempt.live, attempt.counted) == ("ended", "15", False, False)
    assert room.seats()[room.operators[0]].state == "ready"


def test_an_intent_that_has_grown_old_when_the_disk_is_back_is_never_told(room: Room, disk: SlowDisk) -> None:
    begin(room, disk, people=2)
    room.run(9)
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
    with disk_beside(database) if beside else nullcontext((DiskAwaited(database), nobody_waits)) as (disk, hear):
        for number in range(1, 21):
            with database.repeatable_transaction(None) as conn:
                lsn = conn.exec_driver_sql("SELECT pg_logical_emit_message(true, 'test', 'x')").scalar()
            assert disk.ask() == number
            while disk.reached() < number:
                hear()
            with database.engine.connect() as conn:
                assert conn.exec_driver_sql(
                    "SELECT pg_current_wal_flush_lsn() >= %(lsn)s::pg_lsn", {"lsn": lsn}
                ).scalar()


def test_an_engine_that_cannot_ask_the_disk_lets_go_of_the_floor(room: Room) -> None:
    def full(_: Database) -> DiskAwaited:
        raise TsunagaruError("too many connections")

    room.fill(people=1)
    with pytest.raises(TsunagaruError, match="too many"):
        room.start(disk_of=full)
    room.shell.close()
    room.start().close()


def test_a_disk_whose_thread_ends_for_any_reason_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Connection) -> None:
        raise MemoryError

    with disk_beside(database) as (disk, hear):
        monkeypatch.setattr("dialer.disk.reach_disk", fail)
        monkeypatch.setattr(threading, "excepthook", lambda _: None)
        disk.ask()
        hear()
        with pytest.raises(TsunagaruError, match="接続が切れました"):
            disk.reached()


def test_a_disk_nobody_asks_for_a_night_keeps_its_connection_warm(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall that forgets a silent connection would keep the first dials of the morning for a quarter of an hour."""
    monkeypatch.setattr("dialer.disk._SILENT_SECONDS", 0.02)
    with disk_beside(database) as (disk, hear):
        hear()
        assert disk.reached() == 0


def test_an_application_that_may_not_mark_the_log_intends_no_call(room: Room, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for (name,) in connection.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'pg_logical_emit_message'"
        ).fetchall():
            connection.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
    room.fill(people=1)
    with pytest.raises(ProgrammingError, match="pg_logical_emit_message"):
        room.start(disk_of=lambda database: DiskBeside(database, lambda: None))
    room.shell.close()
    assert room.attempts() == []


@pytest.mark.parametrize(("district", "rings"), [(None, False), ("D1", False), ("D2", True)])
def test_a_dial_that_waited_is_not_told_past_an_emergency_stop_of_its_own(
    room: Room, disk: SlowDisk, district: str | None, rings: bool
) -> None:
    begin(room, disk, people=1)
    with room.transaction() as conn:
        now = room.clock.now()
        stop_contacts(conn, room.municipality_id, StopKind.DISASTER, "地震", now, room.ids, None, district)
    room.run(2)
    write(room, disk)
    (attempt,) = room.attempts()
    assert [dial.attempt_id for dial in room.carrier.dialed()] == ([attempt.attempt_id] if rings else [])
    if not rings:
        assert (attempt.state, attempt.result, attempt.counted) == ("ended", "15", False)


def test_a_minute_without_a_disk_is_over_when_it_is_back(room: Room, disk: SlowDisk) -> None:
    begin(room, disk, people=6, operators=3)
    room.run(59)
    stuck = [row.attempt_id for row in room.attempts()]
    assert {row.state for row in room.attempts()} == {"unknown"}
    assert len(stuck) == 3, "one for each operator, and no more"
    assert room.carrier.sent == []
    disk.write()
    room.shell.flush()
    room.run(1)
    disk.write()
    room.shell.flush()
    rows = {row.attempt_id: row for row in room.attempts()}
    assert {(rows[each].state, rows[each].counted) for each in stuck} == {("ended", False)}
    assert len(room.carrier.dialed()) == 3
    assert not {dial.attempt_id for dial in room.carrier.dialed()} & set(stuck)


def test_an_operator_who_vanishes_while_the_dial_waits_leaves_nobody_to_silence(room: Room, disk: SlowDisk) -> None:
    begin(room, disk, people=1, mode="preview")
    room.say("preview_dial")
    room.say("pause", reason=SCREEN_GONE)
    write(room, disk)
    (attempt,) = room.attempts()
    assert (room.carrier.sent, attempt.state, attempt.counted) == ([], "ended", False)
    assert room.seats()[room.operators[0]].state == "paused"


def test_the_next_engine_ends_what_waited_for_the_disk_when_this_one_stopped(room: Room, disk: SlowDisk) -> None:
    begin(room, disk, people=1)
    (waiting,) = room.attempts()
    room.shell.close()
    room.start()
    assert room.carrier.sent == [Reconcile(waiting.attempt_id)]
    room.carrier.report(Reconciled(waiting.attempt_id, room.clock.now(), known=False, live=False, past=()))
    room.shell.flush()
    (attempt,) = room.attempts()
    assert (attempt.state, attempt.result, attempt.counted) == ("ended", "15", False)


def test_an_hour_that_closes_while_the_disk_is_awaited_is_kept(room: Room, disk: SlowDisk) -> None:
    room.fill(people=1)
    room.start(disk_of=lambda _: disk)
    room.everybody_ready()
    closes = closing(room.city, None, room.clock.now())
    assert closes is not None
    room.clock.move_to(closes - timedelta(seconds=2))
    room.shell.tick()
    room.run(1)
    assert [row.state for row in room.attempts()] == ["intended"]
    room.clock.move_to(closes)
    write(room, disk)
    assert (room.carrier.sent, [row.state for row in room.attempts()]) == ([], ["ended"])


def test_who_calls_back_is_in_the_queue_when_the_books_have_them(room: Room, disk: SlowDisk) -> None:
    room.fill(people=1)
    room.start(disk_of=lambda _: disk)
    room.carrier.report(Incoming(key("caller"), room.clock.now(), mobile(1)))
    room.shell.flush()
    ready(room, 0)
    room.run(2)
    assert [told for told in room.carrier.sent if isinstance(told, Join)] == []
    disk.write()
    room.shell.flush()
    room.run(1)
    assert [told for told in room.carrier.sent if isinstance(told, Join)] == [
        Join(key("caller"), room.operators[0], recording=RecordingMode.OFF)
    ]


def test_who_hangs_up_before_is_joined_to_nobody(room: Room, disk: SlowDisk) -> None:
    room.fill(people=1)
    room.start(disk_of=lambda _: disk)
    came = room.clock.now()
    room.carrier.report(Incoming(key("caller"), came, mobile(1)))
    room.shell.flush()
    room.run(2)
    left = Ended(key("caller"), room.clock.now(), "16", None, by_resident=True)
    room.carrier.report(left)
    assert room.shell.untold() == [Incoming(key("caller"), came, mobile(1)), left]
    disk.write()
    room.shell.flush()
    ready(room, 0)
    room.run(1)
    assert [told for told in room.carrier.sent if isinstance(told, Join)] == []
    (attempt,) = (row for row in room.attempts() if row.attempt_id == key("caller"))
    assert (attempt.state, attempt.live) == ("ended", False)

"""The database server crashes at random points, with all that was committed and not yet on the disk: the same story.

An engine does not wait for the disk with what the carrier can tell again, and waits for it before a number is dialed.
"""

from __future__ import annotations

import json
import threading

import psycopg
import pytest

from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer.disk import DiskBeside
from tests.integration.dialer.attack import Trial, attack, trial
from tests.integration.dialer.own_server import DATABASE, crash, database_url, server, stall
from tsunagaru.postgres import EmbeddedServer

__all__ = ["database_url", "server", "trial"]


def test_the_database_server_crashes_at_random_points(
    trial: Trial, server: EmbeddedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def blow(trial: Trial) -> None:
        crash(server)
        trial.begin_to_measure()

    # An engine notices at its next statement, at the latest with its heartbeat, and begins anew a second later.
    figures = attack(trial, 6, 1, blow, back_within=30.0)
    with capsys.disabled():
        print(f"\ndatabase crashes: {json.dumps(figures)}")
    assert figures["rang"] > 0


def test_a_disk_that_crashed_says_nothing_any_more(server: EmbeddedServer, database_url: str) -> None:
    """What was asked before the crash may be gone with it, whatever a new connection to the new server would say."""
    database = Database(database_url)
    said = threading.Semaphore(0)
    disk = DiskBeside(database, said.release)
    try:
        assert disk.ask() == 1
        assert said.acquire(timeout=20)
        assert disk.reached() == 1
        crash(server)
        disk.ask()
        assert said.acquire(timeout=20)
        with pytest.raises(TsunagaruError, match="接続が切れました"):
            disk.reached()
    finally:
        disk.close()
        database.close()


def test_a_server_that_was_told_not_to_wait_for_its_standby_does_not(server: EmbeddedServer, database_url: str) -> None:
    """Its own setting says how far a commit waits; a standby that is away would otherwise end all dialing."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit = local")
    stall(database_url)
    database = Database(database_url)
    said = threading.Semaphore(0)
    try:
        disk = DiskBeside(database, said.release)
        disk.ask()
        assert said.acquire(timeout=20)
        assert disk.reached() == 1
        disk.close()
    finally:
        database.close()

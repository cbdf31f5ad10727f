"""The database server crashes at random points, with all that was committed and not yet on the disk: the same story.

An engine does not wait for the disk with what the carrier can tell again, and waits for it before a number is dialed.
"""

from __future__ import annotations

import json
from contextlib import closing

import psycopg
import pytest

from casefile.db import Database
from casefile.errors import TsunagaruError
from tests.integration.dialer.attack import Trial, attack, trial
from tests.integration.dialer.beside import disk_beside
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
    with closing(Database(database_url)) as database, disk_beside(database) as (disk, hear):
        assert disk.ask() == 1
        hear()
        assert disk.reached() == 1
        crash(server)
        disk.ask()
        hear()
        with pytest.raises(TsunagaruError, match="接続が切れました"):
            disk.reached()


def test_a_server_that_was_told_not_to_wait_for_its_standby_does_not(server: EmbeddedServer, database_url: str) -> None:
    """Its own setting says how far a commit waits; a standby that is away would otherwise end all dialing."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit = local")
    stall(database_url)
    with closing(Database(database_url)) as database, disk_beside(database) as (disk, hear):
        disk.ask()
        hear()
        assert disk.reached() == 1

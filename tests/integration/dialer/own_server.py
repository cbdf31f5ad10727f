"""A database server of one test alone, which may crash, and whose disk may stall."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from casefile import migrations
from tests.waiting import until
from tsunagaru.postgres import EmbeddedServer

DATABASE = "alone"
# The machine itself does not crash: what was written is there, on the disk or not.
_OPTIONS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB", "wal_writer_delay": "1s"}


@pytest.fixture
def server(tsunagaru_home: Path) -> Iterator[EmbeddedServer]:
    # Beside the run's own home, so that what a killed run leaves is cleared up with it.
    home = Path(tempfile.mkdtemp(prefix=f"{tsunagaru_home.name}-", dir=tsunagaru_home.parent))
    server = EmbeddedServer(home, _OPTIONS)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home)


@pytest.fixture
def database_url(server: EmbeddedServer) -> str:
    url = server.create_database(DATABASE)
    migrations.upgrade(url)
    return url


def crash(server: EmbeddedServer) -> None:
    """End it as a crash would: what is in its memory alone is gone. Then start it."""
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + 20
    while server.alive():
        assert time.monotonic() < deadline, "the server does not end"
        time.sleep(0.02)
    server.start()


def stall(url: str) -> None:
    """From now on every commit that waits for the disk waits: for a copy on a second server, which there is not."""
    _keep_copies_on(url, "nowhere")


def recover(url: str) -> None:
    """What waited is committed, and nothing waits any more."""
    _keep_copies_on(url, "")


def _keep_copies_on(url: str, servers: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{servers}'")
        connection.execute("SELECT pg_reload_conf()")
        until(
            lambda: connection.execute("SHOW synchronous_standby_names").fetchone(), 10, lambda row: row == (servers,)
        )

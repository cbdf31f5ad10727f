"""A database of one measurement alone, on the named server or on an embedded one with ordinary settings."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import psycopg

from casefile import migrations
from tsunagaru.databases import create_database, drop_database
from tsunagaru.postgres import EmbeddedServer
from tsunagaru.settings import Settings


@contextmanager
def own_database() -> Iterator[str]:
    """The administrator's URL of a fresh, migrated database; it is gone afterwards."""
    settings = Settings.from_environment()
    server = None if settings.database_url is not None else EmbeddedServer(settings.home / "bench")
    was_running = server is not None and server.running()
    address = settings.database_url if server is None else server.start()
    assert address is not None
    name = f"tsunagaru_bench_{uuid.uuid4().hex[:12]}"
    try:
        url = create_database(address, name)
        try:
            migrations.upgrade(url)
            yield url
        finally:
            drop_database(address, name)
    finally:
        if server is not None and not was_running:
            server.stop()


def server_cpu_seconds(url: str) -> float | None:
    """CPU seconds the whole server has used since it started, or None where it runs on another machine."""
    with psycopg.connect(url) as connection, suppress(psutil.Error):
        server = psutil.Process(connection.info.backend_pid).parent()
        if server is not None and server.name().startswith("postgres"):
            return _of_the_family(server)
    return None


def _of_the_family(server: psutil.Process) -> float:
    """With the living children and those that ended; read again when one ended meanwhile, since it would be missed."""
    while True:
        before = server.cpu_times()
        living = 0.0
        for process in server.children():
            with suppress(psutil.NoSuchProcess):
                living += process.cpu_times().user + process.cpu_times().system
        after = server.cpu_times()
        ended = after.children_user + after.children_system
        if ended == before.children_user + before.children_system:
            return float(after.user + after.system + ended + living)

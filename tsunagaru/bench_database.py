"""A database of one measurement alone, on the named server or on an embedded one with ordinary settings."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

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

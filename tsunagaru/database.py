"""Which database this process works on: the outside one that was named, or the embedded one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from casefile import migrations
from tsunagaru.databases import connect, create_database, drop_database
from tsunagaru.postgres import EmbeddedServer
from tsunagaru.settings import Settings

EMBEDDED_DATABASE = "tsunagaru"
DEMO_DATABASE = "tsunagaru_demo"
DEMO_FILE = "demo-room.json"
"""What a demo leaves in its home: whoever names that home asks about the demo's city."""


def database_url(settings: Settings) -> str:
    """The administrator's URL of the working database; starts the embedded server unless DATABASE_URL is set.

    Raises TsunagaruError when the server cannot be started, reached or used.
    """
    if settings.database_url is None:
        server = EmbeddedServer(settings.home)
        server.start()
        return server.ensure_database(_embedded_database(settings.home))
    connect(settings.database_url).close()
    return settings.database_url


def _embedded_database(home: Path) -> str:
    return DEMO_DATABASE if (home / DEMO_FILE).exists() else EMBEDDED_DATABASE


def embedded_server(settings: Settings) -> EmbeddedServer | None:
    """The embedded server of this installation, or None where an outside server is used."""
    return EmbeddedServer(settings.home) if settings.database_url is None else None


@contextmanager
def database_for_a_while(settings: Settings) -> Iterator[str]:
    """The working database's administrator URL for one command or service.

    An embedded server is started if need be, and stopped by whoever of several commands and services ends last.
    """
    server = embedded_server(settings)
    if server is None:
        yield database_url(settings)
        return
    with server.in_use():
        yield server.ensure_database(_embedded_database(settings.home))


@contextmanager
def database_of_its_own(
    settings: Settings, kind: str, server_settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The administrator's URL of a fresh, migrated database for one run; it is gone afterwards.

    On the server DATABASE_URL names, or on an embedded one below `kind`, which runs with `server_settings` and is stopped
    again by whoever started it.
    """
    server = None
    if settings.database_url is None:
        server = EmbeddedServer(settings.home / kind, server_settings)
    was_running = server is not None and server.running()
    address = settings.database_url if server is None else server.start()
    assert address is not None
    name = f"tsunagaru_{kind}_{uuid.uuid4().hex[:12]}"
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

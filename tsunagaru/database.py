"""Which database this process works on: the outside one that was named, or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tsunagaru.databases import connect
from tsunagaru.postgres import EmbeddedServer
from tsunagaru.settings import Settings

EMBEDDED_DATABASE = "tsunagaru"


def database_url(settings: Settings) -> str:
    """The administrator's URL of the working database; starts the embedded server unless DATABASE_URL is set.

    Raises TsunagaruError when the server cannot be started, reached or used.
    """
    if settings.database_url is None:
        server = EmbeddedServer(settings.home)
        server.start()
        return server.ensure_database(EMBEDDED_DATABASE)
    connect(settings.database_url).close()
    return settings.database_url


def embedded_server(settings: Settings) -> EmbeddedServer | None:
    """The embedded server of this installation, or None where an outside server is used."""
    return EmbeddedServer(settings.home) if settings.database_url is None else None


@contextmanager
def database_for_a_while(settings: Settings) -> Iterator[str]:
    """The working database's URL for one command; an embedded server that was not running before is stopped after."""
    server = embedded_server(settings)
    was_running = server is not None and server.running()
    try:
        yield database_url(settings)
    finally:
        if server is not None and not was_running:
            server.stop()

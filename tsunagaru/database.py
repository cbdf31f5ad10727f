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
    """The working database's administrator URL for one command or service.

    An embedded server is started if need be, and stopped by whoever of several commands and services ends last.
    """
    server = embedded_server(settings)
    if server is None:
        yield database_url(settings)
        return
    with server.in_use():
        yield server.ensure_database(EMBEDDED_DATABASE)

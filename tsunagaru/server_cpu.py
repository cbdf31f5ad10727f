"""How much of the processor a PostgreSQL server has used, for measurements."""

from __future__ import annotations

from contextlib import suppress

import psutil
import psycopg


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

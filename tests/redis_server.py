"""A Redis server of a test's own, which may be killed and come back as empty as it was."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis, RedisError

from tests.waiting import until

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


class RedisServer:
    """Keeps nothing on a disk, as in docker/compose.yaml."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://{HOST}:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["redis-server", "--bind", HOST, "--port", str(self._port), "--dir", str(self._folder)]
        quiet = [*words, "--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = subprocess.Popen(quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until(self._answers, 10)

    def kill(self) -> None:
        """At once, with everything it knew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with Redis.from_url(self.url) as asked:
            try:
                return bool(asked.ping())
            except RedisError:
                return False


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A server that answers, until the block ends."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()

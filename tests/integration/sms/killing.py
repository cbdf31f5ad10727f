"""A gateway in a process of its own, with its own book of what it sent, and a worker made to be killed."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from uuid import UUID

from casefile.city import load_city
from casefile.clock import JST
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from sms.gateways import Accepted, GatewayAnswer, GatewayTimeout
from sms.worker import run_due

SPEED = 30
"""Seconds of the room's clock in one real second, so that a lease of a minute takes two seconds."""


def serve_gateway(ready: Pipe, book: Path, seed: int) -> None:
    """Answer one JSON line per connection; every text taken is a line of the book before it is answered."""
    rng = random.Random(seed)
    taken: dict[str, str] = {}
    with socket.create_server(("127.0.0.1", 0)) as server, book.open("a", encoding="ascii") as lines:
        ready.send(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            with connection:
                request = _line(connection)
                if request is None:
                    continue
                key = request["message"]
                time.sleep(rng.uniform(0, 0.01))
                if "number" in request:
                    lines.write(f"{key} {request['number']}\n")
                    lines.flush()
                    os.fsync(lines.fileno())
                    taken[key] = request["number"]
                time.sleep(rng.uniform(0, 0.01))
                _answer(connection, {"known": key in taken})


class SocketGateway:
    """The worker's side of it."""

    name = "socket"
    connected = True

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, message_id: UUID, e164: str, text: str) -> GatewayAnswer:
        self._ask({"message": str(message_id), "number": e164, "text": text})
        return Accepted(str(message_id))

    def lookup(self, message_id: UUID) -> GatewayAnswer | None:
        known = self._ask({"message": str(message_id)})["known"]
        return Accepted(str(message_id)) if known else None

    def _ask(self, request: dict[str, str]) -> dict[str, bool]:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=20) as connection:
                connection.sendall(json.dumps(request).encode() + b"\n")
                answer = _line(connection)
        except OSError as error:
            raise GatewayTimeout from error
        if answer is None:
            raise GatewayTimeout
        return {"known": bool(answer["known"])}


class FastClock:
    """A clock that all workers share: SPEED times as fast as the machine's, from `start` on."""

    def __init__(self, start: datetime, began: float) -> None:
        self._start, self._began = start, began

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.time() - self._began) * SPEED)


def work(ready: Pipe, url: str, municipality_id: int, port: int, start: str, began: float, seed: int) -> None:
    """Rounds without end."""
    database = Database(url, pool_size=1)
    clock = FastClock(datetime.fromisoformat(start).astimezone(JST), began)
    ids = TimeOrderedIds(clock.now, random.Random(seed))
    with database.transaction(municipality_id) as conn:
        city = load_city(conn, municipality_id)
    ready.send("ready")
    while True:
        if run_due(database, city, clock, ids, SocketGateway(port), limit=10).idle:
            time.sleep(0.02)


def _line(connection: socket.socket) -> dict[str, str] | None:
    received = b""
    while not received.endswith(b"\n"):
        more = connection.recv(4096)
        if not more:
            return None
        received += more
    answer: dict[str, str] = json.loads(received)
    return answer


def _answer(connection: socket.socket, answer: dict[str, bool]) -> None:
    try:
        connection.sendall(json.dumps(answer).encode() + b"\n")
    except OSError:
        # The worker was killed while it waited: that is what this is about.
        return

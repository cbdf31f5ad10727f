"""The engine's end of the rehearsal's telephone network: a `Carrier` over the loopback socket of `carrier_process`.

It reconnects by itself, and never repeats a command of its own accord: the engine asks (`Reconcile`) what became of
calls it has no word of.
"""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from callflow.events import CarrierCommand
from dialer import wire
from dialer.carrier import Sink
from rehearsal.lines import Spoken

_HOST = "127.0.0.1"
_RETRY_SECONDS = 0.2


class CarrierClient:
    """Commands leave through one thread, events come in through another; `send` never waits.

    `on_spoken` takes what residents say in a demo; without it that is dropped.
    """

    def __init__(self, port: int, on_spoken: Callable[[Spoken], None] | None = None) -> None:
        self._port = port
        self._on_spoken = on_spoken
        self._sink: Sink | None = None
        self._commands: queue.SimpleQueue[CarrierCommand | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._connected = threading.Event()
        self._socket: socket.socket | None = None
        self._reader: threading.Thread | None = None
        self._writer: threading.Thread | None = None

    def listen(self, sink: Sink) -> None:
        """Connect, and give every event to `sink` from now on. The first call starts the threads."""
        self._sink = sink
        if self._reader is None:
            self._reader = threading.Thread(target=self._receive, name="carrier-events", daemon=True)
            self._writer = threading.Thread(target=self._transmit, name="carrier-commands", daemon=True)
            self._reader.start()
            self._writer.start()

    def send(self, command: CarrierCommand) -> None:
        self._commands.put(command)

    def close(self) -> None:
        self._closing.set()
        self._commands.put(None)
        self._connected.set()
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in (self._reader, self._writer):
            if thread is not None:
                thread.join(timeout=5)

    def _receive(self) -> None:
        while not self._closing.is_set():
            try:
                connection = socket.create_connection((_HOST, self._port), timeout=2)
            except OSError:
                self._closing.wait(_RETRY_SECONDS)
                continue
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = connection
            self._connected.set()
            with connection, connection.makefile("r", encoding="utf-8", newline="\n") as lines:
                try:
                    for line in lines:
                        self._hand_on(line)
                except (OSError, ValueError):
                    pass
            self._connected.clear()
            self._socket = None

    def _hand_on(self, line: str) -> None:
        if line.startswith('{"type":"Spoken"'):
            if self._on_spoken is not None:
                self._on_spoken(_spoken(line))
            return
        assert self._sink is not None
        self._sink(wire.decode_event(line))

    def _transmit(self) -> None:
        while True:
            command = self._commands.get()
            self._connected.wait()
            connection = self._socket
            if command is None or self._closing.is_set():
                return
            if connection is None:
                continue  # lost with the line; the engine will ask
            try:
                connection.sendall(wire.encode(command).encode("utf-8") + b"\n")
            except OSError:
                continue


def _spoken(line: str) -> Spoken:
    plain = json.loads(line)
    return Spoken(UUID(plain["attempt_id"]), datetime.fromisoformat(plain["at"]), plain["text"])

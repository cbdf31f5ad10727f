"""The door for audio, spoken to as Asterisk does and as it never should."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from callflow.events import Detected
from dialer.asterisk.detection.audiosocket import AudioSocketServer
from dialer.asterisk.detection.forest import Forest
from dialer.asterisk.detection.listener import Listener
from dialer.asterisk.detection.sound import FRAME, samples, to_pcm
from tests.waiting import until

END = b"\x00\x00\x00"
UNWANTED = uuid4()
"""A call nobody listens to any more."""


def packet(kind: int, payload: bytes) -> bytes:
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload


def quiet_packets(seconds: float) -> bytes:
    pcm = to_pcm(np.zeros(samples(seconds)))
    return b"".join(packet(0x10, pcm[at : at + 2 * FRAME]) for at in range(0, len(pcm), 2 * FRAME))


class Door:
    """A server with what it heard."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []
        self.heard: list[tuple[UUID, Detected]] = []
        self.server: AudioSocketServer[Detected] = AudioSocketServer(
            self._listener, lambda attempt_id, said: self.heard.append((attempt_id, said))
        )
        host, _, port = self.server.start().partition(":")
        self.address = (host, int(port))

    def _listener(self, attempt_id: UUID) -> Listener | None:
        self.asked.append(attempt_id)
        return None if attempt_id == UNWANTED else Listener(Forest((), 0.0, 2.0, {}))

    def call(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=5)


def is_let_go(call: socket.socket) -> bool:
    """Whether the server says that it ends. Of a line that still speaks then, that word may be lost with the connection."""
    try:
        return call.recv(16) == END
    except ConnectionResetError:
        return True


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    opened.server.close()


def test_a_door_that_was_never_opened_leaves_nothing_open() -> None:
    before = _open_files()
    server: AudioSocketServer[Detected] = AudioSocketServer(lambda _: None, lambda attempt_id, said: None)
    server.close()
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_line_is_heard_and_let_go(door: Door) -> None:
    attempt_id = uuid4()
    with door.call() as call:
        call.sendall(packet(0x01, attempt_id.bytes) + quiet_packets(1.5))
        # Nothing more is to be said: the server ends the connection, so that the listening channel ends too.
        assert is_let_go(call)
    assert door.heard == [(attempt_id, Detected.PERSON)]
    until(lambda: door.server.lines == 0)


def test_packets_may_come_in_pieces_of_any_size(door: Door) -> None:
    attempt_id = uuid4()
    told = packet(0x01, attempt_id.bytes) + packet(0x03, b"5") + quiet_packets(1.5)
    with door.call() as call:
        call.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The server lets go when it has heard enough, and that may be before the end.
        with suppress(ConnectionError):
            for at in range(0, len(told), 777):
                call.sendall(told[at : at + 777])
        assert is_let_go(call)
    assert door.heard == [(attempt_id, Detected.PERSON)]


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"\x01\x00",
        packet(0x10, bytes(320)),
        packet(0x01, b"too short"),
        packet(0x01, uuid4().bytes) + b"\x10\xff\xff" + bytes(100),
        packet(0x01, uuid4().bytes) + quiet_packets(0.4) + END,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_who_breaks_off_or_speaks_otherwise_is_let_go_and_the_next_is_heard(door: Door, told: bytes) -> None:
    with door.call() as call:
        call.sendall(told)
        call.shutdown(socket.SHUT_WR)
        until(lambda: door.server.lines == 0)
    assert door.heard == []
    with door.call() as call:
        call.sendall(packet(0x01, uuid4().bytes) + quiet_packets(1.5))
        assert is_let_go(call)
    assert len(door.heard) == 1


def test_closing_lets_go_of_lines_that_are_open(door: Door) -> None:
    with door.call() as call:
        call.sendall(packet(0x01, uuid4().bytes) + quiet_packets(0.1))
        until(lambda: door.server.lines == 1)
        door.server.close()
        until(lambda: call.recv(16) == b"")


def test_a_line_that_is_no_longer_wanted_is_let_go_and_no_other(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    attempts = (uuid4(), uuid4())
    with door.call() as first, door.call() as second:
        for call, attempt_id in zip((first, second), attempts, strict=True):
            call.sendall(packet(0x01, attempt_id.bytes) + quiet_packets(0.1))
        until(lambda: set(door.asked) == set(attempts))
        door.server.let_go(attempts[0])
        assert is_let_go(first)
        until(lambda: door.server.lines == 1)
        second.sendall(quiet_packets(1.5))
        assert is_let_go(second)
    assert door.heard == [(attempts[1], Detected.PERSON)]
    until(lambda: door.server.lines == 0)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_who_comes_when_nobody_listens_any_more_is_sent_away(door: Door) -> None:
    with door.call() as call:
        call.sendall(packet(0x01, UNWANTED.bytes) + quiet_packets(0.1))
        assert is_let_go(call)
    assert door.heard == []

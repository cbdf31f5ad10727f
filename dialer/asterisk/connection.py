"""One TCP connection to one Asterisk, from its banner to its loss; never used again after that.

The framing (CR LF CR LF on bytes) and the banner are asterisk-ami's. What is ours: opening with a deadline, waiting
without dying of silence, writing whole actions, and taking every end (clean, reset, mute) for what it is: a loss.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from asterisk.ami import AMIClient

# Read at once. asterisk-ami cuts one message after the other off the front of what was read, so more is slower.
_READ_BYTES = 16_384
# A message is a few hundred bytes; whoever sends this much without an end of message does not speak AMI.
_UNFRAMED_BYTES = 4 * 1024 * 1024
_TICK_SECONDS = 0.1


class ConnectionLost(Exception):
    """This connection is over; the reason in a few words, without anything personal."""


class Written(Enum):
    """How much of an action left."""

    NOTHING = "nothing"
    MAYBE = "maybe"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class AmiAddress:
    """Where a node's manager interface listens and who signs in there."""

    host: str
    port: int
    username: str
    secret: str

    def __repr__(self) -> str:
        return f"AmiAddress({self.host}:{self.port}, {self.username})"


class Connection(AMIClient):  # type: ignore[misc]  # asterisk-ami brings no types
    """A socket, its framing and its end.

    `before_wait` is called when all that was read is handed out, `on_tick` at least every 0.1 s while it is read from.
    """

    def __init__(
        self,
        address: AmiAddress,
        connect_seconds: float,
        write_seconds: float,
        before_wait: Callable[[], None],
        on_tick: Callable[[], None],
    ) -> None:
        super().__init__(address.host, address.port, buffer_size=_READ_BYTES)
        self.last_heard = time.monotonic()
        self._before_wait = before_wait
        self._on_tick = on_tick
        self._unframed = 0
        self._next_tick = 0.0
        self._write_lock = threading.Lock()
        self.reason: str | None = None  # why it was lost
        self.finished = threading.Event()
        try:
            self._tcp = socket.create_connection((address.host, address.port), connect_seconds)
        except OSError as error:
            raise ConnectionLost(f"no connection: {type(error).__name__}") from error
        self._tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Bounds a write; reading asks the system first whether there is something.
        self._tcp.settimeout(write_seconds)
        self._poll = select.poll()
        self._poll.register(self._tcp, select.POLLIN)
        self._socket = self

    def messages(self) -> Iterator[str]:
        """The messages after the banner. Ends only by raising: `ConnectionLost`, or what `on_tick` raised."""
        packs = self._next_pack()
        if not self.asterisk_start_regex.match(next(packs)):
            raise ConnectionLost("no manager interface: its first line is another's")
        yield from packs

    def write(self, action: bytes, seconds: float, begin: Callable[[], bool]) -> Written:
        """Write a whole action, one at a time, from any thread; `begin` is asked right before the first byte.

        Waits at most `seconds` for its turn. A write that fails half-way is the end of the connection.
        """
        if not self._write_lock.acquire(timeout=max(seconds, 0)):
            return Written.NOTHING
        try:
            if self.reason is not None or not begin():
                return Written.NOTHING
            self._tcp.sendall(action)
        except OSError as error:
            self.lose(f"writing failed: {type(error).__name__}")
            return Written.MAYBE
        finally:
            self._write_lock.release()
        return Written.ALL

    def lose(self, reason: str) -> None:
        """End it from any thread: the reader wakes up and finds it lost. The first reason stands."""
        if self.reason is None:
            self.reason = reason
        try:
            self._tcp.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is gone already

    def release(self) -> None:
        """Close the socket; only the thread that reads does so, once it has stopped reading."""
        self.lose("closed")
        with self._write_lock:
            self._tcp.close()

    # -- asterisk-ami reads through these --------------------------------------------------------------------------

    def recv(self, size: int) -> bytes:
        """Some bytes, however long they take; raises `ConnectionLost` instead of returning none."""
        self._before_wait()
        self._tick()
        while not self._poll.poll(_TICK_SECONDS * 1000):
            self._tick()
        try:
            data = self._tcp.recv(size)
        except OSError as error:
            raise ConnectionLost(self.reason or f"reading failed: {type(error).__name__}") from error
        if not data or self.reason is not None:
            raise ConnectionLost(self.reason or "closed by Asterisk")
        self.last_heard = time.monotonic()
        self._unframed += len(data)
        if self._unframed > _UNFRAMED_BYTES:
            raise ConnectionLost("no end of message in sight")
        return data

    def _decode_pack(self, pack: bytes) -> str:
        self._unframed = 0
        return pack.decode("utf-8", "replace")

    def _tick(self) -> None:
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + _TICK_SECONDS
            self._on_tick()

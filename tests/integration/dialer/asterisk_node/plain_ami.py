"""AMI spoken plainly over one socket: enough to place a call in a test and to read what becomes of it."""

from __future__ import annotations

import itertools
import socket
import time
from uuid import UUID

Packet = dict[str, str]


class PlainAmi:
    """One signed-in AMI connection. `events` holds every event so far, in order, each with its `_at` (monotonic)."""

    def __init__(self, address: tuple[str, int], user: str, secret: str) -> None:
        self._socket = socket.create_connection(address, timeout=5)
        self._unread = b""
        self._numbers = itertools.count(1)
        self.events: list[tuple[float, Packet]] = []
        self._answers: dict[str, Packet] = {}
        self._unread = self._banner()
        told = self.act("Login", Username=user, Secret=secret)
        if told["Response"] != "Success":
            self.close()
            raise PermissionError(told["Message"])

    def act(self, action: str, **headers: str) -> Packet:
        """Send an action and return its response."""
        number = f"{action}-{next(self._numbers)}"
        lines = {"Action": action, "ActionID": number, **headers}
        self._socket.sendall("".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode() + b"\r\n")
        deadline = time.monotonic() + 5
        while number not in self._answers:
            self._read(deadline)
        return self._answers.pop(number)

    def originate(self, attempt_id: UUID, channel: str, context: str, ring_ms: int = 5_000, variable: str = "") -> None:
        """Place a call whose channel's unique id is the attempt's id."""
        headers = {"Channel": channel, "Context": context, "Exten": "s", "Priority": "1", "Async": "true"}
        told = self.act(
            "Originate",
            **headers,
            ChannelId=str(attempt_id),
            Timeout=str(ring_ms),
            CallerID="0300000000",
            Variable=variable,
        )
        assert told["Response"] == "Success", told

    def redirect(self, channel: str, context: str, extension: str = "s") -> None:
        told = self.act("Redirect", Channel=channel, Context=context, Exten=extension, Priority="1")
        assert told["Response"] == "Success", told

    def wait_for(self, within: float = 10.0, **wanted: str) -> tuple[float, Packet]:
        """The first event, from the beginning on, with these headers; fails after `within` seconds, naming what came."""
        deadline = time.monotonic() + within
        while True:
            for at, event in self.events:
                if all(event.get(key) == value for key, value in wanted.items()):
                    return at, event
            try:
                self._read(deadline)
            except TimeoutError:
                seen = [(event["Event"], event.get("UserEvent", event.get("Uniqueid"))) for _, event in self.events]
                raise AssertionError(f"{wanted} did not come within {within} s; there were {seen[-30:]}") from None

    def close(self) -> None:
        self._socket.close()

    def _banner(self) -> bytes:
        read = b""
        while b"\r\n" not in read:
            read += self._socket.recv(4096)
        return read.partition(b"\r\n")[2]

    def _read(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("Asterisk closed the connection")
        self._unread += part
        while b"\r\n\r\n" in self._unread:
            packet, _, self._unread = self._unread.partition(b"\r\n\r\n")
            headers = dict(line.partition(": ")[::2] for line in packet.decode().split("\r\n"))
            if "Event" in headers:
                self.events.append((time.monotonic(), headers))
            else:
                self._answers[headers["ActionID"]] = headers

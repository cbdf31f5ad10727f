"""A manager interface of a fake Asterisk, with every bad habit of a real one: for tests of the line, over loopback TCP.

Each connection follows a script: the n-th of those given, then `well_behaved`. A script is a function of a `Peer`; when it
returns the connection is closed.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from types import TracebackType

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
Fields = dict[str, str]


class Peer:
    """The fake's end of one connection."""

    def __init__(self, server: FakeAmi, number: int, tcp: socket.socket) -> None:
        self.server = server
        self.number = number
        self.tcp = tcp
        self.buffer = b""
        self._writing = threading.Lock()

    def write(self, data: bytes) -> None:
        with self._writing:
            self.tcp.sendall(data)

    def write_in_pieces(self, data: bytes, size: int) -> None:
        for start in range(0, len(data), size):
            self.write(data[start : start + size])

    def event(self, name: str, **headers: str) -> None:
        self.write(message({"Event": name, **headers}))

    def respond(self, action: Fields, status: str = "Success", **headers: str) -> None:
        self.write(message({"Response": status, "ActionID": action["ActionID"], **headers}))

    def read_action(self) -> Fields | None:
        """The next whole action, None at the end of the connection."""
        while b"\r\n\r\n" not in self.buffer:
            data = self.tcp.recv(65536)
            if not data:
                return None
            self.buffer += data
        raw, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        fields: Fields = {}
        for line in raw.decode().split("\r\n"):
            key, _, value = line.partition(": ")
            fields[key] = f"{fields[key]}\n{value}" if key in fields else value
        self.server.received.append((self.number, fields))
        return fields

    def read_bytes(self, wanted: int) -> bytes:
        """At least so many bytes, as they come; the end of a mid-write cut."""
        data = b""
        while len(data) < wanted:
            data += self.tcp.recv(wanted - len(data))
        return data

    def greet(self) -> None:
        """Banner, sign-in and the list of live channels."""
        self.write(BANNER)
        while (action := self.read_action()) is not None:
            self.answer(action)
            if action["Action"] == "CoreShowChannels":
                return

    def serve(self) -> None:
        """Answer everything until the other end goes."""
        while (action := self.read_action()) is not None:
            self.answer(action)

    def answer(self, action: Fields) -> None:
        if action["Action"] == "CoreShowChannels":
            self.list_channels(action)
        elif action["Action"] in self.server.unanswered:
            return
        else:
            self.respond(action)

    def list_channels(self, action: Fields) -> None:
        channels = self.server.channels
        self.respond(action, EventList="start", Message="Channels will follow")
        for number, lines in enumerate(channels, 1):
            first = {"Event": "CoreShowChannel", "ActionID": action["ActionID"], "Channel": f"PJSIP/t-{number:08x}"}
            self.write(message(first)[:-2] + lines + b"\r\n")
        closing = {"EventList": "Complete", "ListItems": str(len(channels))}
        self.write(message({"Event": "CoreShowChannelsComplete", "ActionID": action["ActionID"], **closing}))

    def stay_mute(self) -> None:
        """Neither read nor write until the server closes."""
        self.server.closing.wait(30)

    def wait_for_the_end(self) -> None:
        """Until the other end hangs up, throwing away what it says."""
        with contextlib.suppress(OSError):
            while self.tcp.recv(65536):
                pass

    def reset(self) -> None:
        """RST instead of FIN."""
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tcp.close()


Script = Callable[[Peer], None]


def well_behaved(peer: Peer) -> None:
    peer.write(BANNER)
    peer.serve()


class FakeAmi:
    """Listens on the loopback, on a free port if none is given, until left."""

    def __init__(self, *scripts: Script, unanswered: Iterable[str] = (), port: int = 0, receive_bytes: int = 0) -> None:
        self.scripts = list(scripts)
        self.unanswered = set(unanswered)
        self.channels: list[bytes] = []
        self.received: list[tuple[int, Fields]] = []
        self.peers: list[Peer] = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        if receive_bytes:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, name="fake-ami")]
        self._threads[0].start()

    def __enter__(self) -> FakeAmi:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._threads[0].join()
        self._listener.close()
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.tcp.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "a script of the fake does not end"

    def actions(self, name: str) -> list[Fields]:
        """All actions of this name that arrived whole, over all connections."""
        return [fields for _, fields in self.received if fields["Action"] == name]

    def _accept(self) -> None:
        while not self.closing.is_set():
            if not select.select([self._listener], [], [], 0.02)[0]:
                continue
            tcp, _ = self._listener.accept()
            peer = Peer(self, len(self.peers), tcp)
            self.peers.append(peer)
            script = self.scripts[peer.number] if peer.number < len(self.scripts) else well_behaved
            thread = threading.Thread(target=self._follow, args=(script, peer), name=f"fake-ami-{peer.number}")
            self._threads.append(thread)
            thread.start()

    @staticmethod
    def _follow(script: Script, peer: Peer) -> None:
        with contextlib.suppress(OSError):
            script(peer)
        peer.tcp.close()


def message(headers: Fields) -> bytes:
    """A message as Asterisk writes it, its empty line included."""
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode() + b"\r\n"

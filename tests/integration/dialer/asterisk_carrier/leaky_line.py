"""A TCP line between carrier and Asterisk that breaks where a test says: at the first sight of some words, either way."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True)
class Break:
    """Where the line breaks: when these words come by on their way `to` the node (or from it), before or after them."""

    words: bytes
    to_node: bool
    passes: bool


class LeakyLine:
    """Listens on a free loopback port and passes on to the node. Breaks once; later connections hold.

    `originates` counts the Originates of an attempt that reached the node.
    """

    def __init__(self, node: tuple[str, int]) -> None:
        self._node = node
        self._break: Break | None = None
        self.broken = threading.Event()
        self._to_node = b""
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="leaky-line")
        self._thread.start()

    def __enter__(self) -> LeakyLine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._thread.join()
        self._listener.close()

    def breaks_at(self, where: Break) -> None:
        self._break = where

    def originates(self, attempt_id: str) -> int:
        """How often the node was told to dial for this attempt."""
        actions = self._to_node.split(b"\r\n\r\n")
        meant = (b"Action: Originate", b"Channel: PJSIP/", f"ChannelId: {attempt_id}".encode())
        return sum(all(words in one for words in meant) for one in actions)

    def _serve(self) -> None:
        while not self._closing.is_set():
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                if not selector.select(0.05):
                    continue
            ours, _ = self._listener.accept()
            with ours, contextlib.suppress(OSError), socket.create_connection(self._node) as theirs:
                self._pass_on(ours, theirs)

    def _pass_on(self, ours: socket.socket, theirs: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(ours, selectors.EVENT_READ)
            selector.register(theirs, selectors.EVENT_READ)
            while not self._closing.is_set():
                for key, _ in selector.select(0.05):
                    to_node = key.fileobj is ours
                    data = (ours if to_node else theirs).recv(65_536)
                    if not data or self._breaks(data, to_node, theirs if to_node else ours):
                        return

    def _breaks(self, data: bytes, to_node: bool, other: socket.socket) -> bool:
        where = self._break
        meant = where is not None and where.to_node == to_node and where.words in data
        if not meant or (where is not None and where.passes):
            other.sendall(data)
            if to_node:
                self._to_node += data
        if meant:
            if to_node:
                _let_arrive(other)
            self._break = None
            self.broken.set()
        return meant


def _let_arrive(node: socket.socket) -> None:
    """What was written reaches the node: closed with something unread, the system would take it back."""
    node.shutdown(socket.SHUT_WR)
    node.settimeout(5)
    with contextlib.suppress(OSError):
        while node.recv(65_536):
            pass

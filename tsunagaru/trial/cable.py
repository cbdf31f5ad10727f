"""Lines between two programs that can be cut or go mute: TCP as of a manager interface, UDP as of a trunk. Loopback only."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from enum import Enum

_LOOK_SECONDS = 0.1


class Line(Enum):
    """`MUTE`: connections stand, and nothing arrives until it is whole again. `CUT`: they break, and none comes about."""

    WHOLE = "whole"
    MUTE = "mute"
    CUT = "cut"


class Cable:
    """Forwards TCP connections from a free port to `far`."""

    def __init__(self, far: tuple[str, int]) -> None:
        self._far = far
        self._state = Line.WHOLE
        self._changed = threading.Condition()
        self._ends: set[socket.socket] = set()
        self._closing = False
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._take, name="cable", daemon=True).start()

    def become(self, state: Line) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()
            ends = list(self._ends)
        if state is Line.CUT:
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._closing = True
        self.become(Line.CUT)
        # A thread that waits for a caller is woken by the shutdown, not by the close.
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _is_cut(self) -> bool:
        return self._state is Line.CUT

    def _take(self) -> None:
        while not self._closing:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self._connected(near):
                near.close()

    def _connected(self, near: socket.socket) -> bool:
        """False where nobody is behind it, as while Asterisk starts anew, and where it is cut."""
        if self._is_cut():
            return False
        try:
            far = socket.create_connection(self._far)
        except OSError:
            return False
        with self._changed:
            if self._is_cut():
                far.close()
                return False
            self._ends |= {near, far}
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(one, other), name="cable-strand", daemon=True).start()
        return True

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while part := one.recv(65_536):
                with self._changed:
                    self._changed.wait_for(lambda: self._state is not Line.MUTE)
                other.sendall(part)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._changed:
            ours = one in self._ends
            self._ends.discard(one)
        if ours:
            one.close()


class Wire:
    """Forwards datagrams between whoever speaks to it and `far`. What is said while it is not whole is lost."""

    def __init__(self, own: str, far: tuple[str, int]) -> None:
        self._far = far
        self._near: tuple[str, int] | None = None
        self._outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._outer.bind((own, 0))
        self._inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._inner.bind((own, 0))
        self.address: str = own
        self.port = int(self._outer.getsockname()[1])
        self.whole = True
        self.dropped = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="wire", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._outer.close()
        self._inner.close()

    def _carry(self) -> None:
        while not self._closing.is_set():
            readable, _, _ = select.select([self._outer, self._inner], [], [], _LOOK_SECONDS)
            for end in readable:
                # What nobody listens to comes back as an error of the next call.
                with suppress(OSError):
                    said, who = end.recvfrom(65_536)
                    self._pass_on(end, said, who)

    def _pass_on(self, end: socket.socket, said: bytes, who: tuple[str, int]) -> None:
        if end is self._outer:
            self._near = who
        if not self.whole:
            self.dropped += 1
            return
        if end is self._outer:
            self._inner.sendto(said, self._far)
        elif self._near is not None:
            self._outer.sendto(said, self._near)

"""`python -m rehearsal.sip FD`: a process of telephones, told what to be and to do over the socket it inherited.

One JSON object a line. The first line says what to be: {"role": …, …}. Answered by {"what": "ready", …}; from then on
commands come and events go, among them {"what": "alive", …figures} every second. When the socket closes, or its owner
asks, every call is ended and the process with it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
import time
from typing import Any

from rehearsal.sip.roles import ROLES, Role

_TEND_EVERY = 0.2
_ALIVE_EVERY = 1.0
_LEAVES_WITHIN = 5.0


class _Owner:
    """The socket to the process that started this one. What it does not take in time ends us: it is gone or stuck."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=number)
        self._socket.settimeout(_LEAVES_WITHIN)
        self._readable = select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._turn = threading.Lock()
        self._rest = b""

    def tell(self, plain: dict[str, Any]) -> None:
        line = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            with self._turn:
                self._socket.sendall(line)
        except OSError:
            os._exit(1)

    def lines(self, wait: float) -> list[bytes] | None:
        """What came, after `wait` seconds at most; None when the owner is gone."""
        if not self._readable.poll(wait * 1000):
            return []
        try:
            part = self._socket.recv(65_536)
        except OSError:
            return None
        if not part:
            return None
        *whole, self._rest = (self._rest + part).split(b"\n")
        return whole


def main(words: list[str]) -> int:
    # The owner decides when this ends; a key pressed at the terminal reaches it first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    owner = _Owner(int(words[0]))
    while not (first := owner.lines(_LEAVES_WITHIN)):
        if first is None:
            return 0
    terms, *rest = (json.loads(line) for line in first)
    role = ROLES[terms["role"]](terms, owner.tell)
    try:
        owner.tell({"what": "ready", "pid": os.getpid(), **role.start()})
    except OSError as error:
        owner.tell({"what": "failed", "why": str(error)})
        return 1
    try:
        for command in rest:
            _obey(owner, role, command)
        _serve(owner, role)
    finally:
        # What does not end by itself is ended.
        threading.Timer(_LEAVES_WITHIN, os._exit, [1]).start()
        role.stop()
        os._exit(0)


def _serve(owner: _Owner, role: Role) -> None:
    alive_at = 0.0
    while role.is_well() and (lines := owner.lines(_TEND_EVERY)) is not None:
        for line in lines:
            command = json.loads(line)
            if command["do"] == "leave":
                return
            _obey(owner, role, command)
        role.tend()
        if time.monotonic() >= alive_at:
            alive_at = time.monotonic() + _ALIVE_EVERY
            owner.tell({"what": "alive", **role.figures()})


def _obey(owner: _Owner, role: Role, command: dict[str, Any]) -> None:
    try:
        role.obey(command)
    except (KeyError, TypeError, ValueError) as error:
        owner.tell({"what": "not_understood", "why": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

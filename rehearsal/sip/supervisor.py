"""Telephones in a process of their own: started, watched, ended. Runs in the process that wants them."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_READY_WITHIN = 20.0
_SILENT_AT_MOST = 6.0
_LEAVES_WITHIN = 6.0
_PROJECT = Path(__file__).parents[2]


class PhonesNotStarted(Exception):
    """The telephones did not come up; the message says why, in Japanese."""


class PhoneProcess:
    """One child process. `told` hears its events in order, from a thread of its own.

    A child that says nothing for 6 s hangs: it is ended, and `lost` is told, as it is when the child dies of itself.
    """

    def __init__(
        self, terms: Mapping[str, Any], told: Callable[[dict[str, Any]], None], lost: Callable[[str], None]
    ) -> None:
        self._terms = dict(terms)
        self._told = told
        self._lost = lost
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self.figures: dict[str, Any] = {}
        """As the child last told them."""
        self.listener_failures = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> dict[str, Any]:
        """Returns what the child tells when it is ready. Raises PhonesNotStarted."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "rehearsal.sip", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=_PROJECT,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            )
        ours.settimeout(_LEAVES_WITHIN)
        self._socket = ours
        lines = _Lines(ours)
        self.send(self._terms)
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline:
            try:
                line = lines.next(deadline - time.monotonic())
            except TimeoutError:
                break
            if line is None:
                break
            if line["what"] == "ready":
                self._reader = threading.Thread(target=self._read, args=(lines,), name="sip-phones", daemon=True)
                self._reader.start()
                return line
            if line["what"] == "failed":
                self._end()
                raise PhonesNotStarted(f"電話機を用意できません({line['why']})。アドレスとポートを確かめてください。")
        self._end()
        raise PhonesNotStarted("電話機のプログラムが動きません。もう一度実行してください。")

    def send(self, command: Mapping[str, Any]) -> None:
        """Give a command; one that the child can't take any more is gone with it."""
        line = json.dumps(command, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        connection = self._socket
        if connection is None:
            return
        try:
            with self._turn:
                connection.sendall(line)
        except OSError:
            pass

    def stop(self) -> None:
        """End every call of the child and the child; returns when it is gone."""
        self._closing.set()
        self.send({"do": "leave"})
        process = self._process
        if process is not None:
            try:
                process.wait(_LEAVES_WITHIN)
            except subprocess.TimeoutExpired:
                pass
        self._end()
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(2)

    def _read(self, lines: _Lines) -> None:
        reason = "silent"
        while True:
            try:
                line = lines.next(_SILENT_AT_MOST)
            except TimeoutError:
                break
            if line is None:
                reason = "gone"
                break
            if line["what"] == "alive":
                self.figures = line
                continue
            try:
                self._told(line)
            except Exception:
                self.listener_failures += 1
        if not self._closing.is_set():
            self._end()
            self._lost(reason)

    def _end(self) -> None:
        process, connection = self._process, self._socket
        if process is not None and process.poll() is None:
            process.kill()
        if process is not None:
            process.wait()
        if connection is not None:
            with self._turn:
                self._socket = None
            connection.close()


class _Lines:
    """JSON lines of a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._readable = select.poll()
        self._readable.register(connection, select.POLLIN)
        self._waiting: list[bytes] = []
        self._rest = b""

    def next(self, wait: float) -> dict[str, Any] | None:
        """The next one; None at the end. Raises TimeoutError after `wait` seconds."""
        while not self._waiting:
            if not self._readable.poll(max(0.0, wait) * 1000):
                raise TimeoutError
            try:
                part = self._socket.recv(65_536)
            except OSError:
                return None
            if not part:
                return None
            *whole, self._rest = (self._rest + part).split(b"\n")
            self._waiting = whole
        plain: dict[str, Any] = json.loads(self._waiting.pop(0))
        return plain

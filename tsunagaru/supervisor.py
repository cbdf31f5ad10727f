"""Keeps the processes of one installation alive, and ends them together.

A child that ends by itself is started again, after a pause that doubles while it keeps failing. On SIGTERM or SIGINT
every child is asked to end, in the reverse order of starting, and killed if it does not. Children run in sessions of
their own, so that Ctrl-C reaches only the supervisor, and get SIGTERM from the kernel if the supervisor is killed.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_HEALTHY_AFTER = 60.0
_GRACE_SECONDS = 20.0
_LOOK_EVERY = 0.1
_PR_SET_PDEATHSIG = 1

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs: a command as a list of words, with the whole environment it gets."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class Supervisor:
    """Runs `programs` until it is told to stop. Times in seconds of a monotonic clock."""

    programs: Sequence[Program]
    grace: float = _GRACE_SECONDS
    first_pause: float = _FIRST_PAUSE
    _stopping: threading.Event = field(default_factory=threading.Event)
    _children: list[_Child] = field(default_factory=list)

    def run(self, look: Callable[[], None] = lambda: None) -> None:
        """Start everything and return when everything has ended after `stop` or a signal; calls `look` at every round.

        What `look` raises ends everything too, and is raised again.
        """
        self._children = [_Child(program) for program in self.programs]
        try:
            for child in self._children:
                self._start(child)
            while not self._stopping.wait(_LOOK_EVERY):
                for child in self._children:
                    self._look_after(child)
                look()
        finally:
            self._end_all()

    def stop(self) -> None:
        """Ask `run` to end; may be called from a signal handler or another thread."""
        self._stopping.set()

    def listen_to_signals(self) -> None:
        """SIGTERM and SIGINT stop the supervisor. Only for the main thread."""

        def handle(number: int, _: FrameType | None) -> None:
            log.info("stopping", signal=signal.Signals(number).name)
            self.stop()

        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)

    def process_ids(self) -> dict[str, int]:
        """The running children by name."""
        return {
            child.program.name: child.process.pid
            for child in self._children
            if child.process is not None and child.process.poll() is None
        }

    def _start(self, child: _Child) -> None:
        child.process = subprocess.Popen(
            list(child.program.command),
            env=dict(child.program.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # the supervisor has one thread while it starts children
        )
        child.started_at = time.monotonic()
        log.info("process started", name=child.program.name, pid=child.process.pid)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        child.failures = 0 if now - child.started_at >= _HEALTHY_AFTER else child.failures + 1
        pause = min(_LONGEST_PAUSE, self.first_pause * 2 ** max(0, child.failures - 1))
        log.error("process ended by itself", name=child.program.name, code=code, again_in_seconds=pause)
        child.process, child.start_at = None, now + pause

    def _end_all(self) -> None:
        deadline = time.monotonic() + self.grace
        for child in reversed(self._children):
            if child.process is None or child.process.poll() is not None:
                continue
            child.process.terminate()
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("process did not end and is killed", name=child.program.name)
                child.process.kill()
                child.process.wait()
            log.info("process ended", name=child.program.name, code=child.process.returncode)


def _die_with_parent() -> None:
    """Linux only: the kernel sends SIGTERM to this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

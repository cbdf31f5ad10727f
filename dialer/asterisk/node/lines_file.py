"""The operators' lines of a node: from the rows of every municipality into pjsip-operators.conf, and taken over by Asterisk.

Runs on the node, beside its Asterisk, as somebody who may write the node's folder. Calls go on while lines change.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from casefile.clock import Clock
from casefile.db import APPLICATION_ROLE, Database
from casefile.tables import Municipality
from dialer.asterisk.lines import LINES_CHANGED, lines_on
from dialer.asterisk.node.configuration import write_operators
from dialer.asterisk.node.node import Node, OperatorLine

_LOOK_SECONDS = 15.0
"""Lines end by the clock without anybody saying so, and a notification may be lost."""
_RETRY_SECONDS = 1.0
_ANSWER_SECONDS = 10.0
_FILE = "pjsip-operators.conf"

_log = logging.getLogger("tsunagaru.asterisk")


class NodeUnreachable(Exception):
    """The Asterisk of this folder does not answer at its control socket."""


def read_lines(database: Database, node: str, clock: Clock) -> tuple[OperatorLine, ...]:
    """The lines that may register on this node now, of every municipality, by name."""
    with database.transaction(None) as conn:
        cities = list(conn.scalars(select(Municipality.municipality_id).order_by(Municipality.municipality_id)))
    found: list[OperatorLine] = []
    for municipality_id in cities:
        with database.transaction(municipality_id) as conn:
            found += lines_on(conn, node, clock.now())
    return tuple(sorted(found, key=lambda line: line.name))


class LinesFile:
    """The file of one node. `node.operators` are lines it has besides those of the rows: none in an office."""

    def __init__(self, folder: Path, node: Node, database: Database, clock: Clock) -> None:
        self._folder = folder
        self._node = node
        self._database = database
        self._clock = clock
        self._written: tuple[OperatorLine, ...] | None = None
        self._file: tuple[int, int] | None = None
        self.in_step = threading.Event()
        """Set while the node has what the rows say, as far as is known."""

    def bring_into_step(self) -> bool:
        """Write the file and let Asterisk take it over, if what it has is not what the rows say; whether so.

        Raises NodeUnreachable, OSError, SQLAlchemyError; the next call tries again.
        """
        wanted = read_lines(self._database, self._node.name, self._clock)
        if wanted == self._written and self._file == _identity_of(self._folder):
            return False
        self._written = None
        write_operators(self._folder, replace(self._node, operators=self._node.operators + wanted))
        reload_lines(self._folder)
        self._written = wanted
        self._file = _identity_of(self._folder)
        _log.info("%s has %d operators' lines now", self._node.name, len(wanted))
        return True

    def keep(self, stopping: threading.Event) -> None:
        """Follow the rows until `stopping` is set, through every loss of the database and of Asterisk."""
        while not stopping.is_set():
            try:
                self._follow(stopping)
            except (psycopg.Error, SQLAlchemyError, OSError, ValueError, NodeUnreachable) as error:
                self.in_step.clear()
                _log.warning("operators' lines are not in step and are tried again: %s", type(error).__name__)
                stopping.wait(_RETRY_SECONDS)

    def _follow(self, stopping: threading.Event) -> None:
        url = self._database.url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(url, autocommit=True, options=f"-c role={APPLICATION_ROLE}") as heard:
            heard.execute(f"LISTEN {LINES_CHANGED}")
            while not stopping.is_set():
                self.bring_into_step()
                self.in_step.set()
                looked = 0.0
                while looked < _LOOK_SECONDS and not stopping.is_set():
                    if any(True for _ in heard.notifies(timeout=1.0, stop_after=1)):
                        break
                    looked += 1.0


def reload_lines(folder: Path) -> None:
    """Let the Asterisk whose folder this is read its lines anew. Raises NodeUnreachable."""
    said = console(folder, "module reload res_pjsip.so")
    if "reloaded successfully" not in said:
        raise NodeUnreachable(said[-200:])


def console(folder: Path, command: str) -> str:
    """What Asterisk answers to a console command at its control socket in `folder`/run.

    The words are those of `asterisk -rx` (main/asterisk.c, ast_remotecontrol): a banner comes first, a command ends
    with NUL, and after "cli quit after" Asterisk closes the connection when it has answered.
    """
    try:
        # By the folder's descriptor: a socket's own path may have 107 bytes, a data folder may lie deeper.
        run = os.open(folder / "run", os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        raise NodeUnreachable(f"{folder} is no node's folder") from error
    try:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(_ANSWER_SECONDS)
            control.connect(f"/proc/self/fd/{run}/asterisk.ctl")
            control.sendall(f"cli quit after {command}".encode() + b"\0")
            told = b"".join(iter(lambda: control.recv(65_536), b""))
    except OSError as error:
        raise NodeUnreachable(f"{type(error).__name__} at the control socket") from error
    finally:
        os.close(run)
    return told.replace(b"\0", b"").decode(errors="replace")


def _identity_of(folder: Path) -> tuple[int, int] | None:
    """Which file lies there: an Asterisk that was started anew was given another one."""
    try:
        found = (folder / "etc" / _FILE).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns

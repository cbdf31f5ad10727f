"""Operators' lines in the rows, and how they come to a node."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from uuid import UUID

import psycopg
import pytest

from casefile.clock import Clock, VirtualClock
from casefile.db import Database
from dialer.asterisk.lines import (
    LINES_CHANGED,
    SHIFT,
    Line,
    LinesOfCity,
    end_browser_lines,
    endpoint_of,
    give_browser_lines,
    give_desk_phone,
    has_desk_phone,
    take_desk_phone,
)
from dialer.asterisk.node import lines_file
from dialer.asterisk.node.configuration import write_configuration
from dialer.asterisk.node.lines_file import LinesFile, NodeUnreachable, read_lines
from dialer.asterisk.node.node import Node, OperatorLine, Ports
from tests.waiting import until

NODES = ("node-1", "node-2")


def secrets_on(database: Database, node: str, clock: VirtualClock) -> list[str]:
    return [line.secret for line in read_lines(database, node, clock)]


def test_a_shift_has_one_secret_on_each_node_until_it_ends(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    book = LinesOfCity(database, municipality, clock)
    assert book.line_of(operator) is None
    with database.transaction(municipality) as conn:
        given = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    assert [one.line for one in given] == [Line(node, endpoint_of(operator)) for node in NODES]
    assert len({one.secret for one in given}) == 2
    assert book.line_of(operator) == given[0].line
    assert book.line_of(operator, "node-2") == given[1].line
    assert book.line_of(operator, "node-3") is None
    clock.move_to(clock.now() + timedelta(hours=9))
    with database.transaction(municipality) as conn:
        again = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    assert [one.secret for one in again] == [one.secret for one in given]
    assert again[0].valid_until == clock.now() + SHIFT
    with database.transaction(municipality) as conn:
        end_browser_lines(conn, operator, clock.now())
    assert book.line_of(operator) is None
    assert secrets_on(database, "node-1", clock) == []
    with database.transaction(municipality) as conn:
        anew = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    assert not {one.secret for one in anew} & {one.secret for one in given}


def test_a_forgotten_shift_ends_by_the_clock(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    with database.transaction(municipality) as conn:
        given = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    clock.move_to(clock.now() + SHIFT)
    assert LinesOfCity(database, municipality, clock).line_of(operator) is None
    assert secrets_on(database, "node-1", clock) == []
    with database.transaction(municipality) as conn:
        anew = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    assert anew[0].secret != given[0].secret


def test_a_desk_phone_takes_the_browsers_place(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    with database.transaction(municipality) as conn:
        give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
        desk = give_desk_phone(conn, municipality, operator, "node-2", clock.now(), draw)
        assert give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw) == []
        end_browser_lines(conn, operator, clock.now())
        assert has_desk_phone(conn, operator)
    clock.move_to(clock.now() + timedelta(days=100))
    assert LinesOfCity(database, municipality, clock).line_of(operator) == desk.line
    assert [line.webrtc for line in read_lines(database, "node-2", clock)] == [False]
    assert read_lines(database, "node-1", clock) == ()
    with database.transaction(municipality) as conn:
        assert take_desk_phone(conn, operator)
        assert not take_desk_phone(conn, operator)
    assert LinesOfCity(database, municipality, clock).line_of(operator) is None


def test_only_what_changes_a_node_wakes_it(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    url = database.url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute(f"LISTEN {LINES_CHANGED}")

        def woken() -> int:
            return len(list(listening.notifies(timeout=0.2)))

        for expected in (1, 0):
            with database.transaction(municipality) as conn:
                give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
            assert woken() == expected
        for expected in (1, 0):
            with database.transaction(municipality) as conn:
                end_browser_lines(conn, operator, clock.now())
            assert woken() == expected


class ControlSocket:
    """The control socket of an Asterisk that takes every command, and remembers what its file said then."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[str] = []
        self._folder = folder
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / "run" / "asterisk.ctl"))
        self._door.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            with caller:
                caller.sendall(b"host/1/22\n")
                assert caller.recv(4096) == b"cli quit after module reload res_pjsip.so\0"
                self.heard.append((self._folder / "etc" / "pjsip-operators.conf").read_text())
                caller.sendall(b"Module 'res_pjsip.so' reloaded successfully.\n\0")

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        (self._folder / "run" / "asterisk.ctl").unlink()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(
        name="node-1",
        home=PurePosixPath("/srv/node"),
        ports=Ports(sip=5060, ami=5038, http=8088, rtp_first=10_000, rtp_last=10_099),
        ami_user="engine",
        ami_secret="x" * 32,
    )


@pytest.fixture
def folder(tmp_path: Path, node: Node) -> Path:
    write_configuration(tmp_path / "node", node)
    return tmp_path / "node"


@pytest.fixture
def control(folder: Path) -> Iterator[ControlSocket]:
    opened = ControlSocket(folder)
    yield opened
    opened.close()


def test_the_node_follows_the_rows_and_is_told_of_each_change_once(
    database: Database,
    municipality: int,
    operator: UUID,
    clock: VirtualClock,
    draw: Callable[[], str],
    folder: Path,
    node: Node,
    control: ControlSocket,
) -> None:
    stopping = threading.Event()
    lines = LinesFile(folder, node, database, clock)
    keeper = threading.Thread(target=lines.keep, args=(stopping,))
    keeper.start()
    try:
        until(lambda: len(control.heard), fits=lambda told: told == 1)
        with database.transaction(municipality) as conn:
            given = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
        until(lambda: len(control.heard), fits=lambda told: told == 2)
        assert f"password = {given[0].secret}\n" in control.heard[1]
        assert given[1].secret not in control.heard[1]
        with database.transaction(municipality) as conn:
            end_browser_lines(conn, operator, clock.now())
        until(lambda: len(control.heard), fits=lambda told: told == 3)
        assert "password" not in control.heard[2]
    finally:
        stopping.set()
        keeper.join(10)
    assert (folder / "etc" / "pjsip-operators.conf").stat().st_mode & 0o077 == 0


def test_a_row_no_node_could_take_is_tried_again_and_ends_nothing(
    database: Database,
    clock: VirtualClock,
    folder: Path,
    node: Node,
    control: ControlSocket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, stopping = lines_file.read_lines, threading.Event()
    looks: list[int] = []

    def spoilt_once(database: Database, name: str, clock: Clock) -> tuple[OperatorLine, ...]:
        looks.append(1)
        return (OperatorLine("No Name", "x"),) if len(looks) == 1 else read(database, name, clock)

    monkeypatch.setattr(lines_file, "read_lines", spoilt_once)
    lines = LinesFile(folder, node, database, clock)
    keeper = threading.Thread(target=lines.keep, args=(stopping,))
    keeper.start()
    try:
        until(lambda: len(control.heard), fits=lambda told: told == 1)
    finally:
        stopping.set()
        keeper.join(10)
    assert len(looks) == 2


def test_an_asterisk_that_was_away_gets_its_lines_when_it_is_back(
    database: Database, municipality: int, clock: VirtualClock, folder: Path, node: Node
) -> None:
    lines = LinesFile(folder, node, database, clock)
    with pytest.raises(NodeUnreachable):
        lines.bring_into_step()
    control = ControlSocket(folder)
    try:
        assert lines.bring_into_step()
        assert not lines.bring_into_step()
        # A node that was started anew has a file without any line.
        write_configuration(folder, node)
        assert lines.bring_into_step()
    finally:
        control.close()
    with pytest.raises(FileNotFoundError):
        LinesFile(folder / "nowhere", node, database, clock).bring_into_step()

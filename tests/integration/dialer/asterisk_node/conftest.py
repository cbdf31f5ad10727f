"""One Asterisk for all tests of this folder, and the far ends of its lines."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from dialer.asterisk.node.node import Node, Opening, OperatorLine, Ports, Trunk
from dialer.asterisk.node.prompts import Wording
from dialer.asterisk.node.running import RunningNode, default_root, home_of, new_secret, start_node, why_not
from tests.integration.dialer.asterisk_node.far_end import FarEnd
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tsunagaru.ports import free_port, free_range

LOOPBACK = "127.0.0.1"
WORDING = Wording("みどり市役所")
# Every far end has an address of its own: a node knows a trunk by the address its calls come from.
CODES = ("404", "410", "484", "486", "480", "603", "403", "503")
ADDRESSES = {"answer": "127.0.0.2", "ring": "127.0.0.4", "echo": "127.0.0.5"} | {
    f"refuse-{code}": "127.0.0.3" for code in CODES
}


_NODE_PREFIX = "tests-"


def node_of(name: str, trunks: tuple[Trunk, ...], openings: tuple[Opening, ...] = ()) -> Node:
    """A node on free ports, named after this run so that two runs on one machine do not meet."""
    rtp = free_range(LOOPBACK, 200)
    named = f"{_NODE_PREFIX}{os.getpid()}-{name}"
    return Node(
        name=named,
        home=home_of(named),
        ports=Ports(
            sip=free_port(LOOPBACK),
            ami=free_port(LOOPBACK, kind=socket.SOCK_STREAM),
            http=free_port(LOOPBACK, kind=socket.SOCK_STREAM),
            rtp_first=rtp,
            rtp_last=rtp + 199,
        ),
        ami_user="engine",
        ami_secret=new_secret(),
        trunks=trunks,
        operators=(OperatorLine("op-1", new_secret()), OperatorLine("desk-1", new_secret(), webrtc=False)),
        openings=openings,
        hold_seconds=1,
        inbound_wait_seconds=30,
    )


@pytest.fixture(scope="session")
def asterisk_root() -> Path:
    root = default_root()
    hindrance = why_not(root)
    if hindrance:
        pytest.skip(f"no Asterisk here: {hindrance}")
    _clear_up_after_killed_runs(root)
    return root


@pytest.fixture(scope="session")
def far_ends(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, FarEnd]]:
    folder = tmp_path_factory.mktemp("far")
    opened: dict[str, FarEnd] = {}
    with ExitStack() as stack:
        for name, address in ADDRESSES.items():
            scenario, _, code = name.partition("-")
            opened[name] = FarEnd(scenario, address, folder / name, code)
            stack.callback(opened[name].close)
        yield opened


@pytest.fixture(scope="session")
def asterisk(asterisk_root: Path, far_ends: dict[str, FarEnd]) -> Iterator[RunningNode]:
    trunks = tuple(
        Trunk(name, end.address, end.port, "0300000000", cps=10, lines=30, inbound=name == "answer")
        for name, end in far_ends.items()
    )
    running = start_node(asterisk_root, node_of("room", trunks), WORDING)
    yield running
    running.discard()


@pytest.fixture
def ami(asterisk: RunningNode) -> Iterator[PlainAmi]:
    """A connection of this test alone; when it is done no channel is left."""
    node = asterisk.node
    opened = PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)
    yield opened
    opened.act("Hangup", Channel="/.*/")
    opened.close()


def _clear_up_after_killed_runs(root: Path) -> None:
    """End nodes whose test run was killed, by the process id each has written down."""
    for folder in (root / str(home_of("any")).lstrip("/")).parent.glob(f"{_NODE_PREFIX}*"):
        owner = folder.name.removeprefix(_NODE_PREFIX).partition("-")[0]
        if not owner.isdigit() or psutil.pid_exists(int(owner)):
            continue
        written = folder / "run" / "asterisk.pid"
        if written.is_file():
            with suppress(psutil.NoSuchProcess, ValueError):
                left = psutil.Process(int(written.read_text()))
                if f"/{folder.name}/" in " ".join(left.cmdline()):
                    left.kill()
        shutil.rmtree(folder)

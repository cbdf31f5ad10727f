"""One Asterisk for all tests of this folder, and the far ends of its lines."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dialer.asterisk.node.node import Node, Opening, OperatorLine, Ports, Trunk
from dialer.asterisk.node.prompts import Wording
from dialer.asterisk.node.running import RunningNode, default_root, home_of, new_secret, start_node, why_not
from tests.integration.dialer.asterisk_node.far_end import FarEnd, free_port, free_range
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi

LOOPBACK = "127.0.0.1"
WORDING = Wording("みどり市役所")
# Every far end has an address of its own: a node knows a trunk by the address its calls come from.
CODES = ("404", "410", "484", "486", "480", "603", "403", "503")
ADDRESSES = {"answer": "127.0.0.2", "ring": "127.0.0.4", "echo": "127.0.0.5"} | {
    f"refuse-{code}": "127.0.0.3" for code in CODES
}


def node_of(name: str, trunks: tuple[Trunk, ...], openings: tuple[Opening, ...] = ()) -> Node:
    rtp = free_range(LOOPBACK, 200)
    return Node(
        name=name,
        home=home_of(name),
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
    running = start_node(asterisk_root, node_of("tests", trunks), WORDING)
    yield running
    running.stop()


@pytest.fixture
def ami(asterisk: RunningNode) -> Iterator[PlainAmi]:
    """A connection of this test alone; when it is done no channel is left."""
    node = asterisk.node
    opened = PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)
    yield opened
    opened.act("Hangup", Channel="/.*/")
    opened.close()

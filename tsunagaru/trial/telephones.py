"""One Asterisk of a trial, with its trunk, its desk phones and its far ends, all on loopback ports nobody else has."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from casefile.errors import TsunagaruError
from dialer.asterisk.lines import give_desk_phone
from dialer.asterisk.node.node import Node, OperatorLine, Ports, Trunk
from dialer.asterisk.node.prompts import Wording
from dialer.asterisk.node.running import RunningNode, default_root, home_of, new_secret, start_node, why_not
from tsunagaru.ports import free_port, free_range
from tsunagaru.trial.city import MUNICIPALITY
from tsunagaru.trial.far_end import FarEnd, sipp_or_why

LOOPBACK = "127.0.0.1"
RESIDENTS, DESKS = "127.0.5.2", "127.0.5.3"
"""A node knows a trunk by the address its calls come from."""
TRUNK = "city"
WORDING = Wording("測定市役所")


@dataclass(frozen=True, slots=True)
class Lines:
    """How much the trunk carries, and the UDP ports kept for sound (two a leg)."""

    cps: float
    lines: int
    rtp_ports: int
    host: str = RESIDENTS
    port: int = 0


def asterisk_or_why() -> Path:
    """The root folder with Asterisk. Raises TsunagaruError, saying what to do, where no call can be made here."""
    root = default_root()
    hindrance = why_not(root)
    if hindrance:
        raise TsunagaruError(hindrance)
    sipp_or_why()
    return root


def trial_node(name: str, trunk: Lines, operators: tuple[OperatorLine, ...] = ()) -> Node:
    """A node named after this process, so that two trials on one machine do not meet."""
    named = f"trial-{os.getpid()}-{name}"
    rtp = free_range(LOOPBACK, trunk.rtp_ports)
    return Node(
        name=named,
        home=home_of(named),
        ports=Ports(
            sip=free_port(LOOPBACK),
            ami=free_port(LOOPBACK, kind=socket.SOCK_STREAM),
            http=free_port(LOOPBACK, kind=socket.SOCK_STREAM),
            rtp_first=rtp,
            rtp_last=rtp + trunk.rtp_ports - 1,
        ),
        ami_user="engine",
        ami_secret=new_secret(),
        trunks=(Trunk(TRUNK, trunk.host, trunk.port, "0300003333", cps=trunk.cps, lines=trunk.lines),),
        operators=operators,
        hold_seconds=1,
    )


def give_desk_phones(conn: Connection, node: str, operators: list[UUID], now: datetime) -> tuple[OperatorLine, ...]:
    """A desk phone for every operator, in the caller's transaction, as the node's configuration takes it."""
    given = [give_desk_phone(conn, MUNICIPALITY, operator, node, now, new_secret) for operator in operators]
    return tuple(OperatorLine(one.line.endpoint, one.secret, webrtc=False) for one in given)


@contextmanager
def asterisk_of(root: Path, node: Node) -> Iterator[RunningNode]:
    """The node, running until the block ends."""
    running = start_node(root, node, WORDING)
    try:
        yield running
    finally:
        running.kill()
        running.discard()


@contextmanager
def far_end(scenario: str, address: str, folder: Path, **words: object) -> Iterator[FarEnd]:
    opened = FarEnd(scenario, address, folder, words)
    try:
        yield opened
    finally:
        opened.close()

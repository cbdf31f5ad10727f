"""The demo over real telephones (`tsunagaru demo --asterisk`): an Asterisk node of its own on this machine's loopback
address, a desk phone for each robot, and the city's residents behind the node's only trunk.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from casefile.city import load_city
from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer.asterisk.lines import give_desk_phone
from dialer.asterisk.node.running import default_root, forget_node, new_secret, why_not
from rehearsal.city.numbers import national
from tsunagaru.ports import free_port, free_range
from tsunagaru.settings import Settings

_HOST = "127.0.0.1"
_RESIDENTS_HOST = "127.0.0.2"
"""An address of their own: the node knows a trunk by it."""
_RTP_PORTS = 200
_NODE_FILE = "node.toml"
_FILE = "demo-telephones.json"
_TRUNK = "city"
_LINES = 40
_CALLS_A_SECOND = 5
_MOST_KEPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class DemoTelephones:
    """Where the demo's telephones are, all on loopback addresses. `node_file` is the node's, as an office keeps one.

    `residents`: the port of the trunk's far end. `office`: the number call-backs dial.
    """

    node: str
    node_file: Path
    sip: int
    ami: int
    http: int
    rtp: int
    residents: int
    office: str

    @property
    def residents_at(self) -> tuple[str, int]:
        return _RESIDENTS_HOST, self.residents

    @property
    def sip_at(self) -> tuple[str, int]:
        return _HOST, self.sip

    @property
    def voice(self) -> str:
        """Where browsers register, as TSUNAGARU_VOICE says it. Without TLS: a browser trusts its own machine."""
        return f"{self.node}=ws://{_HOST}:{self.http}/ws"


def refuse_without_asterisk() -> None:
    """Say at once what is missing. Raises TsunagaruError."""
    hindrance = why_not(default_root())
    if hindrance:
        raise TsunagaruError(f"電話つきのデモは始められません。{hindrance}")


def install_telephones(
    database: Database, settings: Settings, municipality_id: int, robots: Iterable[UUID], clock: Clock
) -> DemoTelephones:
    """Choose free ports, write the node's file, and give every robot a desk phone.

    A demo's city is new at every start: what the node knew of an earlier one's calls is forgotten.
    """
    home = settings.home
    node = f"demo-{settings.port}"
    forget_node(default_root(), node)
    with database.transaction(municipality_id) as conn:
        city = load_city(conn, municipality_id)
        telephones = DemoTelephones(
            node=node,
            node_file=home / _NODE_FILE,
            sip=free_port(_HOST),
            ami=free_port(_HOST, kind=socket.SOCK_STREAM),
            http=free_port(_HOST, kind=socket.SOCK_STREAM),
            rtp=free_range(_HOST, _RTP_PORTS),
            residents=free_port(_RESIDENTS_HOST),
            office=national(city.caller_number),
        )
        telephones.node_file.write_text(_node_file(telephones, city.name), encoding="utf-8")
        (home / _FILE).write_text(json.dumps(asdict(telephones), default=str), encoding="utf-8")
        for robot in robots:
            give_desk_phone(conn, municipality_id, robot, telephones.node, clock.now(), new_secret)
    return telephones


def demo_telephones(home: Path) -> DemoTelephones:
    """Those that were installed in this home. Raises FileNotFoundError where none were."""
    plain = json.loads((home / _FILE).read_text(encoding="utf-8"))
    return DemoTelephones(**plain | {"node_file": Path(plain["node_file"])})


def _node_file(telephones: DemoTelephones, city: str) -> str:
    last = telephones.rtp + _RTP_PORTS - 1
    return f"""# The demo's node; written at every start.
name = "{telephones.node}"
bind = "{_HOST}"
inbound_wait_seconds = {_MOST_KEPT_SECONDS}

[wording]
city = "{city}役所"

[ports]
sip = {telephones.sip}
ami = {telephones.ami}
http = {telephones.http}
rtp_first = {telephones.rtp}
rtp_last = {last}

[[trunk]]
name = "{_TRUNK}"
host = "{_RESIDENTS_HOST}"
port = {telephones.residents}
caller_number = "{telephones.office}"
cps = {_CALLS_A_SECOND}
lines = {_LINES}
"""

"""The office's telephones: which nodes and trunks there are, and the carrier that each floor dials by.

The nodes are files (TSUNAGARU_NODES, the same that `tsunagaru node run` takes); tables of causes the office adds to ours lie
in a folder `causes` beside them. A trunk carries the calls of one floor, so that its calls a second and its lines are
counted once.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from agent_ui.context import VoiceNode
from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms, NodeAddress
from dialer.asterisk.causes import CauseTable, Ear, our_cause_tables, read_cause_tables
from dialer.asterisk.detection import forest
from dialer.asterisk.detection.ear import NodeEar, RoomEar
from dialer.asterisk.detection.early import EarlySounds
from dialer.asterisk.detection.early_ear import EarlyEar
from dialer.asterisk.detection.listener import Listener
from dialer.asterisk.lines import LineBook
from dialer.asterisk.node.node import Node, Trunk
from dialer.asterisk.node.node_file import AMI_SECRET, ami_secret_variable, read_node_from_afar
from dialer.asterisk.node.running import default_root, home_of, new_secret
from dialer.tables import Floor
from tsunagaru.settings import Settings
from tsunagaru.worker import municipalities

_CAUSES = "causes"


@dataclass(frozen=True, slots=True)
class FloorOnLine:
    """A floor as trunks are given out: `first` of its municipality's, and whether that is the `only` one here."""

    municipality_id: int
    floor_id: UUID
    name: str
    first: bool
    only: bool

    def is_served_by(self, trunk: Trunk) -> bool:
        """A trunk that names no municipality is the only one's; one that names no floor is the first one's."""
        ours = self.only if trunk.municipality is None else trunk.municipality == self.municipality_id
        return ours and (self.first if trunk.floor is None else trunk.floor == self.name)


@dataclass(frozen=True, slots=True)
class Telephones:
    """All nodes of the office, and the tables their trunks' causes are read by."""

    nodes: tuple[Node, ...]
    causes: Mapping[str, CauseTable]

    def addresses(self, floor: FloorOnLine) -> list[NodeAddress]:
        """The nodes with the trunks of this floor; a node without any is left out."""
        found = []
        for node in self.nodes:
            trunks = tuple(trunk for trunk in node.trunks if floor.is_served_by(trunk))
            if trunks:
                found.append(NodeAddress(node.name, ami_address(node), trunks))
        return found


def read_telephones(settings: Settings, environment: Mapping[str, str] | None = None) -> Telephones:
    """What the node files say. Raises TsunagaruError naming the file and the item that is wrong."""
    found = os.environ if environment is None else environment
    nodes = tuple(_node(path, found) for path in settings.nodes)
    names = [node.name for node in nodes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TsunagaruError(f"ノードの名前 {twice} が二つのファイルにあります。別の名前にしてください。")
    causes = _causes(settings.nodes)
    for path, node in zip(settings.nodes, nodes, strict=True):
        for trunk in node.trunks:
            if trunk.causes not in causes:
                raise TsunagaruError(
                    f"{path.name}: 回線 {trunk.name} の切断理由の表(causes){trunk.causes} がありません。"
                    f"{path.parent / _CAUSES} のファイルに書いてください。"
                )
    return Telephones(nodes, causes)


def floors_on_line(database: Database) -> list[FloorOnLine]:
    """Every floor of every municipality; the oldest of a municipality is its first."""
    cities = municipalities(database)
    found: list[FloorOnLine] = []
    for municipality_id in cities:
        with database.transaction(municipality_id) as conn:
            rows = conn.execute(select(Floor.floor_id, Floor.name).order_by(Floor.floor_id)).all()
        only = len(cities) == 1
        found += [
            FloorOnLine(municipality_id, row.floor_id, row.name, number == 0, only) for number, row in enumerate(rows)
        ]
    return found


def ami_address(node: Node) -> AmiAddress:
    return AmiAddress(node.ami_reached_at, node.ports.ami, node.ami_user, node.ami_secret)


def carrier_for(
    telephones: Telephones, floor: FloorOnLine, lines: LineBook, clock: Clock, terms: CarrierTerms | None = None
) -> AsteriskCarrier | None:
    """The carrier of a floor, not yet listening; None where no trunk is the floor's.

    `lines`: the operators' lines of the floor's municipality. A node that is not up yet is found when it comes.
    """
    addresses = telephones.addresses(floor)
    if not addresses:
        return None
    ears = RoomEar([ear for address in addresses for ear in _ears(address)])
    return AsteriskCarrier(addresses, lines, clock, terms, telephones.causes, ears)


def reached_node(path: Path, environment: Mapping[str, str]) -> Node:
    """The node of a file, with the AMI secret of the environment or, on the node's own machine, of its running files.

    For a look at it now; an engine needs a secret that stays when the node is started anew. Raises TsunagaruError.
    """
    try:
        return _node(path, environment)
    except TsunagaruError as missing:
        if not isinstance(missing.__cause__, _SecretMissing):
            raise
        secret = _running_secret(read_node_from_afar(path, environment, home_of, new_secret))
        if secret is None:
            raise
        return read_node_from_afar(path, environment, home_of, lambda: secret)


def node_folder(node: Node) -> Path:
    """Where a node that runs on this machine has its files."""
    return default_root() / str(node.home).lstrip("/")


def _running_secret(node: Node) -> str | None:
    try:
        lines = (node_folder(node) / "etc" / "manager.conf").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition("=")[2].strip() for line in lines if line.startswith("secret =")), None)


def voice_nodes(settings: Settings) -> tuple[VoiceNode, ...]:
    """Where browsers' telephones register: as the settings say, for nodes they do not name as the nodes' files say."""
    told = dict(settings.voice)
    for path in settings.nodes:
        try:
            node = read_node_from_afar(path, {}, home_of, new_secret)
        except ValueError as error:
            raise TsunagaruError(str(error)) from error
        if node.voice_url is not None:
            told.setdefault(node.name, node.voice_url)
    return tuple(VoiceNode(name, url) for name, url in told.items())


class _SecretMissing(Exception):
    """Nobody handed a secret in, and whoever speaks to a node that runs elsewhere can't draw one."""


def _node(path: Path, environment: Mapping[str, str]) -> Node:
    def missing() -> str:
        raise _SecretMissing

    try:
        return read_node_from_afar(path, environment, home_of, missing)
    except ValueError as error:
        raise TsunagaruError(str(error)) from error
    except _SecretMissing as error:
        raise TsunagaruError(
            f"{path.name}: AMIの合言葉がありません。ノードに渡したものと同じ英数字16文字以上を環境変数 {AMI_SECRET} に"
            f"(ノードごとに変えるなら {ami_secret_variable('node-1')} の形の変数に)入れてください。"
            "ノードの動いている機械で root として調べるだけなら要りません。"
        ) from error


def _causes(files: Sequence[Path]) -> dict[str, CauseTable]:
    """Ours, and those of the office; of a name that comes twice nobody knows which is meant."""
    found: dict[str, CauseTable] = {}
    for folder in sorted({file.parent / _CAUSES for file in files}):
        for path in sorted(folder.glob("*.toml")):
            try:
                tables = read_cause_tables(path)
            except ValueError as error:
                raise TsunagaruError(str(error)) from error
            twice = found.keys() & tables.keys()
            if twice:
                raise TsunagaruError(f"{path.name}: 切断理由の表 {min(twice)} が別のファイルにもあります。")
            found |= tables
    return {**our_cause_tables(), **found}


def _ears(address: NodeAddress) -> list[Ear]:
    """One for lines that are answered, and one for those that are not yet, where a trunk is listened to before that."""
    voices, host = _voices(), _ours_towards(address.ami.host)
    trunks = {trunk.name for trunk in address.trunks}
    early = {trunk.name for trunk in address.trunks if trunk.early_media}
    ears: list[Ear] = [NodeEar(address.name, address.ami, lambda: Listener(voices), host, trunks)]
    if early:
        ears.append(EarlyEar(address.name, address.ami, EarlySounds, early, host))
    return ears


@cache
def _voices() -> forest.Forest:
    return forest.load()


def _ours_towards(host: str) -> str:
    """The address of this machine that another one reaches us at; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"

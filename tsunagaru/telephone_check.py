"""What the doctor says of the telephones: node files, AMI, trunks, certificates, prompts, and whom the trunks serve."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer.asterisk.ami import Ami, AmiTerms, Answered
from dialer.asterisk.node.node import Node, Trunk
from dialer.asterisk.node.prompts import Wording, texts
from dialer.asterisk.wire import Action, Event, LiveChannel
from tsunagaru.doctor import Finding, certificate_files
from tsunagaru.settings import Https, Settings
from tsunagaru.telephones import (
    FloorOnLine,
    ami_address,
    floors_on_line,
    node_folder,
    reached_node,
    read_telephones,
)

_CONNECTS_WITHIN = 5.0
_ANSWERS_WITHIN = 3.0
_TRIES = 3


def examine_telephones(settings: Settings, clock: Clock, database_url: str | None) -> Iterator[Finding]:
    """Node after node; one that is not there does not end the examination. `database_url` None: there is none to ask."""
    nodes = []
    for path in settings.nodes:
        try:
            node = reached_node(path, os.environ)
        except TsunagaruError as error:
            yield Finding(f"電話ノード {path.name}", "設定ファイルが使えません", str(error))
            continue
        nodes.append(node)
        yield from _node(node, path, clock)
    try:
        read_telephones(settings)
    except TsunagaruError as error:
        if len(nodes) == len(settings.nodes):
            yield Finding("電話回線の設定", "このままでは架電を始められません", str(error))
    if database_url is not None:
        yield from _served(nodes, database_url)


def _node(node: Node, path: Path, clock: Clock) -> Iterator[Finding]:
    subject = f"電話ノード {node.name}"
    line = Ami(f"{node.name}-doctor", ami_address(node), _Nobody(), AmiTerms(events="off"))
    line.start()
    try:
        if not line.wait_connected(_CONNECTS_WITHIN):
            where = f"{node.ami_reached_at}:{node.ports.ami}"
            remedy = (
                f"ノードが動いているか(tsunagaru node run {path})、AMIの合言葉がノードと同じか、"
                f"{path.name} の ami_host と ami_permit が合っているかを確かめてください。"
            )
            yield Finding(subject, f"AMI({where})につながりません", remedy)
        else:
            yield Finding(subject, _version(line))
            for trunk in node.trunks:
                yield _trunk(line, node, trunk)
    finally:
        line.close()
    yield from files_of_node(node, clock)


class _Nobody:
    """Listens to nothing: the doctor asks."""

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        """Not asked for."""

    def on_event(self, event: Event) -> None:
        """Not asked for."""

    def on_lost(self, reason: str) -> None:
        """The next question has no answer then."""


def _version(line: Ami) -> str:
    told = line.send(Action("CoreSettings"))
    version = told.response.headers.get("AsteriskVersion", "") if isinstance(told, Answered) else ""
    return f"Asterisk {version.partition('+')[0]}" if version else "つながりました"


def _trunk(line: Ami, node: Node, trunk: Trunk) -> Finding:
    """Whether the node knows it, whether it is registered where it has to be, and whether its far end answers at all."""
    subject = f"回線 {node.name} {trunk.name}"
    far_end = f"{trunk.host}:{trunk.port}"
    if not _known(line, trunk):
        remedy = f"{node.name} を今の設定ファイルで動かし直してください(tsunagaru node run)。"
        return Finding(subject, "ノードがこの回線を知りません", remedy)
    match _registration(line, trunk):
        case "Registered":
            return Finding(subject, f"{far_end} に登録済みです")
        case None if answers_sip(trunk.host, trunk.port):
            return Finding(subject, f"相手先 {far_end} が応えました")
        case None:
            remedy = (
                f"相手先 {far_end} のアドレスと、SIP(UDP)がファイアウォールを通ることを確かめてください。"
                "問い合わせに応えない事業者もあります。「tsunagaru doctor --call 番号」で試験の電話をかけられます。"
            )
            return Finding(subject, f"相手先 {far_end} がこの機械に応えません", remedy)
        case status:
            remedy = (
                f"{trunk.name} のユーザー名とパスワード(環境変数 TRUNK_PASSWORD_…)、"
                f"相手先 {far_end} を回線事業者の通知と照らしてください。"
            )
            return Finding(subject, f"登録されていません({status})", remedy)


def _known(line: Ami, trunk: Trunk) -> bool:
    told = line.send(Action("Getvar", {"Variable": f"PJSIP_AOR({trunk.name},contact)"}))
    return isinstance(told, Answered) and bool(told.response.headers.get("Value"))


def _registration(line: Ami, trunk: Trunk) -> str | None:
    told = line.send(Action("PJSIPShowRegistrationsOutbound"))
    events = told.events if isinstance(told, Answered) else ()
    return next((event.get("Status") for event in events if event.get("Endpoint") == trunk.name), None)


def answers_sip(host: str, port: int) -> bool:
    """Whether somebody there answers OPTIONS (RFC 3261 §11) sent from this machine, whatever the answer is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(_ANSWERS_WITHIN / _TRIES)
        try:
            phone.connect((host, port))
            ours = "{}:{}".format(*phone.getsockname())
            for _ in range(_TRIES):
                phone.send(_options(host, port, ours))
                try:
                    if phone.recv(4096).startswith(b"SIP/2.0"):
                        return True
                except TimeoutError:
                    continue
        except OSError:
            return False
    return False


def _options(host: str, port: int, ours: str) -> bytes:
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {ours};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 70",
        f"From: <sip:doctor@{ours}>;tag={secrets.token_hex(4)}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {secrets.token_hex(12)}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:doctor@{ours}>",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


def files_of_node(node: Node, clock: Clock) -> Iterator[Finding]:
    """Its certificate and its prompts, as far as they can be seen from here."""
    if node.certificate is not None:
        yield _certificate(node, clock)
    yield _prompts(node)


def _certificate(node: Node, clock: Clock) -> Finding:
    assert node.certificate is not None
    subject = f"電話ノード {node.name} の証明書"
    chain, key = Path(node.certificate.chain), Path(node.certificate.key)
    if os.access(chain, os.F_OK):
        return certificate_files(subject, Https(chain, key), clock)
    if _runs_here(node):
        remedy = (
            "「tsunagaru certificate make --host 名前」で作るか、設定ファイルの [certificate] を今の場所に直してください。"
            "このままではノードを動かし直せません。"
        )
        return Finding(subject, f"{chain} がありません", remedy)
    found = f"確かめていません。この機械にないか、読めません({chain})。ノードの動く機械で root として実行してください"
    return Finding(subject, found, looked_at=False)


def _prompts(node: Node) -> Finding:
    subject = f"電話ノード {node.name} の案内"
    sounds = node_folder(node) / "sounds"
    if not _runs_here(node):
        found = "確かめていません。ノードがこの機械で動いていません。ノードの動く機械で root として実行してください"
        return Finding(subject, found, looked_at=False)
    names = texts(Wording("市役所"))
    missing = [name for name in names if not (sounds / f"{name}.wav").is_file()]
    if missing:
        remedy = "ノードを動かし直してください。直らなければ root で .ci/asterisk-root を実行し、音声合成を入れ直してください。"
        return Finding(subject, f"ありません: {'、'.join(missing)}", remedy)
    return Finding(subject, f"{len(names)} 種類そろっています")


def _runs_here(node: Node) -> bool:
    """Whether its files are here to be seen: they go with its end, and only root and Asterisk may look into them."""
    return os.access(node_folder(node) / "etc", os.F_OK)


def _served(nodes: Sequence[Node], database_url: str) -> Iterator[Finding]:
    """A floor without a trunk dials nobody; a trunk without a floor carries nothing."""
    database = Database(database_url, pool_size=1)
    try:
        floors = floors_on_line(database)
    except SQLAlchemyError:
        return
    finally:
        database.close()
    if not floors:
        remedy = (
            "[municipality] を書いた対応表で tsunagaru import を実行し、tsunagaru serve を動かしてください。"
            "フロアは1分以内にできます(docs/telephones.md)。"
        )
        yield Finding("フロア", "まだありません。回線を使う自治体がありません", remedy)
        return
    for floor in floors:
        yield _floor(floor, [trunk for node in nodes for trunk in node.trunks if floor.is_served_by(trunk)])
    for node in nodes:
        for trunk in node.trunks:
            if not any(floor.is_served_by(trunk) for floor in floors):
                remedy = "ノードの設定ファイルの municipality(団体コード)と floor(フロアの名前)を確かめてください。"
                yield Finding(f"回線 {node.name} {trunk.name}", "どのフロアの回線でもありません", remedy)


def _floor(floor: FloorOnLine, trunks: Sequence[Trunk]) -> Finding:
    subject = f"フロア {floor.municipality_id:06d} {floor.name}"
    if not trunks:
        remedy = f'ノードの設定ファイルの [[trunk]] に municipality = "{floor.municipality_id:06d}" を書いてください。'
        return Finding(subject, "電話回線がなく、架電しません", remedy)
    lines, cps = sum(trunk.lines for trunk in trunks), sum(trunk.cps for trunk in trunks)
    return Finding(subject, f"同時に {lines} 通話、毎秒 {cps:g} 発信まで")

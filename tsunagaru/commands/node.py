"""`tsunagaru node`: an Asterisk node here, and the operators' lines it lets in."""

from __future__ import annotations

import os
import signal
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import structlog

from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer.asterisk.node.lines_file import LinesFile
from dialer.asterisk.node.node import Node
from dialer.asterisk.node.node_file import AMI_SECRET, ami_secret_variable, handed_secret, read_node
from dialer.asterisk.node.prompts import Wording
from dialer.asterisk.node.running import (
    AsteriskNotStarted,
    default_root,
    home_of,
    new_secret,
    start_node,
    why_not,
    why_not_listening,
)
from tsunagaru.arguments import Parser
from tsunagaru.certificates import expiry
from tsunagaru.database import database_for_a_while
from tsunagaru.logs import configure_logs
from tsunagaru.service import migrate
from tsunagaru.settings import Settings

log = structlog.get_logger()


def configure(parser: Parser) -> None:
    actions = parser.add_subparsers(title="すること", metavar="すること", dest="action", required=True)
    run_here = actions.add_parser("run", help="Asterisk をこの機械で動かし、オペレーターの内線を登録し続けます(root)")
    run_here.add_argument("file", type=Path, metavar="ファイル", help="ノードの設定ファイル(TOML)")
    run_here.add_argument(
        "--root", type=Path, default=default_root(), metavar="フォルダー", help="Asterisk のフォルダー"
    )
    run_here.add_argument(
        "--recorded", type=Path, metavar="フォルダー", help="自治体が録音した案内(名前.wav)のフォルダー"
    )
    lines = actions.add_parser("lines", help="別に動いている Asterisk に、オペレーターの内線を登録し続けます")
    lines.add_argument("file", type=Path, metavar="ファイル", help="ノードの設定ファイル(TOML)")
    lines.add_argument("folder", type=Path, metavar="フォルダー", help="その Asterisk の設定のあるフォルダー")


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    read, act = _ACTIONS[args.action]
    # Before a database is started: what is wrong with the node needs none.
    node, wording = read(args)
    configure_logs(settings.log_format, "node")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with database_for_a_while(settings) as url:
        migrate(url)
        database = Database(url, pool_size=2)
        try:
            return act(args, node, wording, database, settings.time, stopping)
        finally:
            database.close()


def _node_to_run(args: Namespace) -> tuple[Node, Wording]:
    node, wording = _node_of(args.file, home_of)
    if told := hindrances(node, args.root, os.environ):
        raise TsunagaruError(f"{args.file.name}: ノードを動かせません。\n" + "\n".join(f"・{each}" for each in told))
    return node, wording


def hindrances(node: Node, root: Path, environment: Mapping[str, str]) -> list[str]:
    """Everything why this node can't be run here, with what to do, at once; empty if it can."""
    told = [why_not(root), why_not_listening(node), _secret_missing(node, environment), _certificate_unusable(node)]
    return [each for each in told if each]


def _secret_missing(node: Node, environment: Mapping[str, str]) -> str | None:
    if handed_secret(node.name, environment):
        return None
    return (
        f"AMIの合言葉がありません。環境変数 {AMI_SECRET}(このノードだけなら {ami_secret_variable(node.name)})に"
        "英数字16文字以上を入れ、serve にも同じものを渡してください。「openssl rand -hex 24」で作れます。"
    )


def _certificate_unusable(node: Node) -> str | None:
    if node.certificate is None:
        return None
    chain, key = Path(node.certificate.chain), Path(node.certificate.key)
    if not os.access(chain, os.F_OK):
        return (
            f"証明書 {chain} がありません。「tsunagaru certificate make --host 名前」で作るか、"
            "設定ファイルの [certificate] に役所の証明書の場所を書いてください。"
        )
    try:
        expiry(chain, key)
    except TsunagaruError as error:
        return str(error)
    return None


def _run_here(
    args: Namespace, node: Node, wording: Wording, database: Database, clock: Clock, stopping: threading.Event
) -> int:
    try:
        running = start_node(args.root, node, wording, args.recorded, node.certificate)
    except AsteriskNotStarted as failure:
        raise TsunagaruError(str(failure)) from failure
    try:
        with _lines_kept(running.folder, node, database, clock, stopping):
            log.info("ready", node=node.name, sip=node.ports.sip, ami=node.ports.ami, wss=node.ports.https)
            while not stopping.wait(0.5):
                if running.process.poll() is not None:
                    log.error("Asterisk ended by itself", code=running.process.returncode)
                    return 1
    finally:
        stopping.set()
        running.stop()
    return 0


def _node_of_lines(args: Namespace) -> tuple[Node, Wording]:
    found = _node_of(args.file, lambda _: PurePosixPath(args.folder.resolve()))
    if not (args.folder / "etc").is_dir():
        raise TsunagaruError(f"{args.folder} に Asterisk の設定がありません。ノードのフォルダーを指定してください。")
    return found


def _keep_lines(
    args: Namespace, node: Node, wording: Wording, database: Database, clock: Clock, stopping: threading.Event
) -> int:
    del wording  # the node itself was made with it
    with _lines_kept(args.folder, node, database, clock, stopping):
        stopping.wait()
    return 0


_ACTIONS = {"run": (_node_to_run, _run_here), "lines": (_node_of_lines, _keep_lines)}


@contextmanager
def _lines_kept(
    folder: Path, node: Node, database: Database, clock: Clock, stopping: threading.Event
) -> Iterator[None]:
    lines = LinesFile(folder, replace(node, operators=()), database, clock)
    keeper = threading.Thread(target=lines.keep, args=(stopping,), name="lines")
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _node_of(file: Path, home: Callable[[str], PurePosixPath]) -> tuple[Node, Wording]:
    try:
        return read_node(file, os.environ, home, new_secret)
    except ValueError as error:
        raise TsunagaruError(str(error)) from error

"""`python -m dialer.asterisk.node run NODE.toml` starts a node here; `… write NODE.toml FOLDER` writes its files for a container."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path, PurePosixPath

from dialer.asterisk.node.configuration import write_configuration
from dialer.asterisk.node.memory import prepare_memory
from dialer.asterisk.node.node import MEMORY_FOLDER
from dialer.asterisk.node.node_file import AMI_SECRET, ami_secret_variable, handed_secret, read_node
from dialer.asterisk.node.prompts import write_prompts
from dialer.asterisk.node.running import (
    AsteriskNotStarted,
    default_root,
    home_of,
    new_secret,
    start_node,
    why_not_listening,
)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dialer.asterisk.node", description="Asterisk のノード")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="このコンピューターで動かす(root)")
    run.add_argument("file", type=Path, help="ノードの設定ファイル(TOML)")
    run.add_argument("--root", type=Path, default=default_root(), help=".ci/asterisk-root が作ったフォルダー")
    write = commands.add_parser("write", help="コンテナーのために設定を書く")
    write.add_argument("file", type=Path, help="ノードの設定ファイル(TOML)")
    write.add_argument("folder", type=Path, help="書き込むフォルダー")
    write.add_argument("--home", type=PurePosixPath, help="Asterisk から見た同じフォルダー")
    for command in (run, write):
        command.add_argument("--recorded", type=Path, help="自治体が録音した案内(名前.wav)のフォルダー")
    asked = parser.parse_args(words)
    try:
        return _run(asked) if asked.command == "run" else _write(asked)
    except (ValueError, OSError, AsteriskNotStarted) as error:
        print(error, file=sys.stderr)
        return 1


def _run(asked: argparse.Namespace) -> int:
    node, wording = read_node(asked.file, os.environ, home_of, new_secret)
    if hindrance := why_not_listening(node):
        raise AsteriskNotStarted(hindrance)
    # Whoever ends us ends Asterisk too: an exit unwinds through `start_node` and the `finally` below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    running = start_node(asked.root, node, wording, asked.recorded, node.certificate)
    try:
        print(
            f"{node.name} が動いています。SIP {node.ports.sip}、AMI {node.ami_bind}:{node.ports.ami}、HTTP {node.ports.http}"
        )
        print(f"AMI の合言葉: {running.folder}/etc/manager.conf", flush=True)
        code = running.process.wait()
        print(f"Asterisk が終わりました(コード {code})。", file=sys.stderr)
        return 1
    finally:
        running.stop()


def _write(asked: argparse.Namespace) -> int:
    home = asked.home or PurePosixPath(asked.folder.resolve())
    node, wording = read_node(asked.file, os.environ, lambda _: home, new_secret)
    if handed_secret(node.name, os.environ) is None:
        raise ValueError(
            f"AMIの合言葉がありません。環境変数 {AMI_SECRET}(このノードだけなら {ami_secret_variable(node.name)})に"
            "英数字16文字以上を入れ、エンジンにも同じものを渡してください。「openssl rand -hex 24」で作れます。"
        )
    write_configuration(asked.folder, node)
    prepare_memory(asked.folder / MEMORY_FOLDER)
    write_prompts(asked.folder / "sounds", wording, asked.recorded)
    return 0


if __name__ == "__main__":
    sys.exit(main())

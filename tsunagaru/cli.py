"""The command `tsunagaru`: one visible table of sub-commands, and one place where a person's errors become sentences."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from types import FrameType
from typing import NoReturn, Protocol, cast

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError

from casefile.errors import TsunagaruError
from tsunagaru.arguments import USER_ERROR, Parser

INTERRUPTED = 130


class Command(Protocol):
    """What a file in `tsunagaru/commands` offers."""

    def configure(self, parser: Parser) -> None:
        """Declare the arguments."""

    def run(self, args: Namespace) -> int:
        """Do it; the exit code."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sub-command: the module that does it, and one line about it."""

    module: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("demo", "この1台で架空の市の催告センターを動かします"),
    "serve": Entry("serve", "画面・発信・定期処理を動かします(DATABASE_URL または組み込みデータベース)"),
    "import": Entry("import_", "基幹システムのファイルを取り込み、変わったことと受け付けなかった行を示します"),
    "user": Entry("user", "画面にサインインできる人を加え、パスワードを変え、利用を止めます"),
    "explain": Entry("explain", "宛名番号の人に今連絡してよいか、だめなら理由を示します"),
    "rehearse": Entry("rehearse", "仮想の時間で架空の市を動かし、結果をJSONで出します"),
    "carrier": Entry("carrier", "予行用の回線を動かします"),
    "report": Entry("report", "帳票をJSON・CSV・HTMLなどで出します"),
    "reach": Entry("reach", "つながりやすさの見込みを順位にし、過去で確かめます"),
    "bench": Entry("bench", "速さを測り、測った機械とともに表にします"),
    "node": Entry("node", "電話のノード(Asterisk)を動かし、オペレーターの内線を登録し続けます"),
    "certificate": Entry("certificate", "画面と電話を暗号化する証明書を作ります(マイクを使うのに要ります)"),
    "doctor": Entry("doctor", "データベース・時計・フォントなどを調べ、悪いところと直し方を示します"),
    "migrate": Entry("migrate", "データベースをこの版の形にします"),
    "recordings": Entry("recordings", "録音を封印して引き渡し、保存期間を過ぎたものを消し、欠けているものを示します"),
    "recording-key": Entry("recording_key", "録音を封印する鍵を作ります"),
    "backup": Entry("backup", "データベースと録音を一つのファイルに保存します"),
    "restore": Entry("restore", "保存したファイルからデータベースと録音を戻します"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command. Exit code 0: done; 1: done, and something is wrong; 2: a person's error, told on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _speak_to_any_terminal()
    signal.signal(signal.SIGTERM, _end_in_order)
    try:
        return _run(words)
    except TsunagaruError as error:
        return _tell(str(error))
    except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
        return _tell(
            f"データベースとのやりとりに失敗しました({_first_line(error)})。"
            "サーバーが動いているかと DATABASE_URL を確かめ、もう一度実行してください。取り込みの途中なら何も変わっていません。"
        )
    except BrokenPipeError:
        # The reader (`head`, say) has seen enough. Nothing may be written any more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        return _tell(
            f"{error.filename} を読み書きできません({error.strerror})。場所と権限、ディスクの空きを確かめてください。"
        )
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: Sequence[str]) -> int:
    parser = Parser(prog="tsunagaru", description="つながる — 市町村の滞納整理のための架電・催告センター")
    parser.add_argument(
        "--version", action="version", version=f"tsunagaru {version('tsunagaru')}", help="版を表示して終わります"
    )
    parsers = parser.add_subparsers(title="コマンド", metavar="コマンド", dest="command", required=True)
    command: Command | None = None
    for name, entry in COMMANDS.items():
        inner = parsers.add_parser(name, help=entry.summary, description=entry.summary)
        # Only the command at hand is loaded: `doctor` answers at once, and works where another room is broken.
        if words[:1] == [name]:
            command = load(entry)
            command.configure(inner)
    args = parser.parse_args(words)
    assert command is not None, "argparse lets nobody through without a command"
    return command.run(args)


def load(entry: Entry) -> Command:
    """The module of a sub-command."""
    name = f"tsunagaru.commands.{entry.module}"
    try:
        return cast("Command", importlib.import_module(name))
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise TsunagaruError("このコマンドはこの版にはまだありません。新しい版に更新してください。") from error


def _tell(sentence: str) -> int:
    sys.stdout.flush()
    print(f"エラー: {sentence}", file=sys.stderr)
    return USER_ERROR


def _end_in_order(number: int, _: FrameType | None) -> NoReturn:
    """SIGTERM unwinds like an error does, so that a server that was started is stopped again."""
    raise SystemExit(128 + number)


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().partition("\n")[0]


def _speak_to_any_terminal() -> None:
    """A terminal that lacks a sign shows its code; it is no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

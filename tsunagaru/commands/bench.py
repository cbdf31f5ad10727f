"""`tsunagaru bench WHAT`: prints one table, and the machine it ran on.

Each measurement is a file of its own beside this one, with `configure` and `run` like any sub-command; its `run` prints its
table (`tsunagaru.machine.table`), and this file adds the machine, the day and how busy it was.
"""

from __future__ import annotations

import importlib
from argparse import Namespace
from typing import TYPE_CHECKING, cast

from casefile.errors import TsunagaruError
from tsunagaru.arguments import Parser
from tsunagaru.machine import circumstances, machine, table

if TYPE_CHECKING:
    from tsunagaru.cli import Command

MEASUREMENTS: dict[str, str] = {
    "import": "基幹システムのファイルの取り込み(PostgreSQLのCOPYと並べて)",
    "engine": "発信エンジンの処理の速さ",
    "ami": "AsteriskのAMIの通知を受け取る速さ",
    "detection": "留守番電話・録音装置・FAXの聞き分け(合成音声)",
    "panel": "電話に出てから画面が出るまでの時間",
    "pacing": "発信の間合いの計算",
    "reach": "誰に今かけるか: 架空の都市での架電順の比べ合い",
    "reports": "帳票の作成",
    "sms": "SMSの送信",
}


def configure(parser: Parser) -> None:
    parsers = parser.add_subparsers(title="測るもの", metavar="測るもの", dest="measurement", required=True)
    for name, summary in MEASUREMENTS.items():
        inner = parsers.add_parser(name, help=summary, description=summary)
        inner.set_defaults(measure=name)
        found = _find(name)
        if found is not None:
            found.configure(inner)


def run(args: Namespace) -> int:
    measurement = _find(args.measure)
    if measurement is None:
        raise TsunagaruError(f"「bench {args.measure}」はこの版にはまだありません。新しい版に更新してください。")
    before = circumstances()
    code = measurement.run(args)
    print()
    print(table([("機械", ""), *machine().items(), *before.items()]))
    return code


def _find(name: str) -> Command | None:
    module = f"tsunagaru.commands.bench_{name}"
    try:
        return cast("Command", importlib.import_module(module))
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None

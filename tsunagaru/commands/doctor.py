"""`tsunagaru doctor`: what is wrong, and what to do. With `--call` it places one test call instead."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from casefile.clock import SystemClock
from casefile.errors import TsunagaruError
from casefile.phone_number import display
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.database import database_for_a_while
from tsunagaru.doctor import Finding, examine
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    """Without arguments it looks at everything."""
    parser.add_argument("--call", metavar="番号", help="この番号に試験の電話を一回かけ、音声を両方向で測ります")
    parser.add_argument("--node", type=Path, metavar="NODE.toml", help="試験の電話をかけるノードの設定ファイル")
    parser.add_argument("--trunk", metavar="回線", help="試験の電話をかける回線の名前(一つだけなら省けます)")
    parser.add_argument("--really", action="store_true", help="実在しうる番号にかけます(番号をもう一度たずねます)")
    parser.add_argument(
        "--own-end",
        action="store_true",
        help="回線の相手先もこの端末の電話機で受け、片道の遅れまで測ります(相手先がこの端末の回線だけ)",
    )
    parser.add_argument("--seconds", type=a_positive_number, default=6, help="話す秒数(既定 6)")


def run(args: Namespace) -> int:
    if args.call is not None:
        return _call(args)
    settings = Settings.from_environment()
    with ExitStack() as stack:
        return _tell(examine(settings, lambda: stack.enter_context(database_for_a_while(settings)), SystemClock()))


def _call(args: Namespace) -> int:
    if args.node is None:
        raise TsunagaruError("--node でノードの設定ファイルを指定してください。")
    # Only here: a look at the rest of the house must not wait for telephones.
    from tsunagaru.line_check import findings_of, number_to_try, trunk_to_try, try_line
    from tsunagaru.telephones import reached_node

    number = number_to_try(args.call, really=args.really, again=lambda: _typed_again(args.call))
    node = reached_node(args.node, os.environ)
    trunk = trunk_to_try(node, args.trunk)
    print(f"ノード {node.name} の回線 {trunk.name} から {display(number.e164)} に電話をかけています…", flush=True)
    checked = try_line(node, trunk, number, own_far_end=args.own_end, seconds=float(args.seconds))
    return _tell(findings_of(checked))


def _typed_again(number: str) -> str:
    try:
        return input(f"本当に {number} を鳴らします。もう一度番号を入力してください: ")
    except EOFError:
        return ""


def _tell(findings: Iterable[Finding]) -> int:
    wrong = unseen = 0
    for finding in findings:
        print(f"{finding.mark}  {finding.subject}: {finding.found}", flush=True)
        if finding.remedy:
            wrong += 1
            print(f"    → {finding.remedy}")
        elif not finding.looked_at:
            unseen += 1
    print(
        f"直すところが {wrong} 件あります。" if wrong else "直すところはありません。" if unseen else "すべて良好です。"
    )
    if unseen:
        print(f"－ の {unseen} 件は、ここにないか、ここからは確かめられないものです。")
    return 1 if wrong else 0

"""`tsunagaru restore`: back from a file `tsunagaru backup` wrote."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from pathlib import Path

from casefile.clock import jst
from tsunagaru.arguments import Parser
from tsunagaru.database import database_for_a_while
from tsunagaru.restore import restore_into_empty, restore_replacing
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="ファイル", help="「tsunagaru backup」で作ったファイル")
    parser.add_argument("--replace", action="store_true", help="今のデータを捨てて置き換えます")


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    restore = restore_replacing if args.replace else restore_into_empty
    with database_for_a_while(settings) as url:
        manifest = restore(url, settings, args.file)
    made = jst(datetime.fromisoformat(manifest.created_at))
    print(f"{args.file} から、{made:%Y年%m月%d日 %H:%M} の状態に戻しました(行 {sum(manifest.rows.values()):,})。")
    return 0

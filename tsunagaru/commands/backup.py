"""`tsunagaru backup`: database, recordings and secrets in one file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from casefile.clock import SystemClock
from tsunagaru.arguments import Parser
from tsunagaru.backup import default_name, write_backup
from tsunagaru.database import database_for_a_while
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="ファイル", help="保存先(既定は TSUNAGARU_HOME の backups の中)"
    )


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    now = SystemClock().now()
    target = args.file or settings.backups / default_name(now)
    with database_for_a_while(settings) as url:
        manifest = write_backup(url, settings, target, now)
    rows = sum(manifest.rows.values())
    print(f"{target} に保存しました(表 {len(manifest.rows)}、行 {rows:,}、ファイル {len(manifest.members):,})。")
    print("個人情報が入っています。置き場所と持ち出しに注意してください。")
    return 0

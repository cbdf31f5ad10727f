"""`tsunagaru explain`: may this person be contacted now, and if not, why; and why the room did not call before."""

from __future__ import annotations

import argparse
from argparse import Namespace
from datetime import datetime

from casefile.city import load_city
from casefile.clock import JST
from casefile.db import Database
from casefile.gate import explain
from tsunagaru.arguments import Parser
from tsunagaru.municipality import a_municipality, known_municipalities, the_municipality
from tsunagaru.settings import Settings
from tsunagaru.shape import migrated_database


def configure(parser: Parser) -> None:
    parser.add_argument("addressee_no", metavar="宛名番号", help="照会する人の宛名番号")
    parser.add_argument(
        "--municipality", type=a_municipality, metavar="団体コード", help="6桁の団体コード。1団体だけなら省けます"
    )
    parser.add_argument(
        "--at", type=_a_moment, metavar="日時", help="その日時なら、を調べます(例 2026-09-01T10:00、日本時間)"
    )


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    with migrated_database(settings) as url:
        database = Database(url, pooled=False)
        try:
            with database.transaction(None) as conn:
                number = the_municipality(known_municipalities(conn), args.municipality)
            with database.transaction(number) as conn:
                moment = args.at or settings.time.now()
                print(explain(conn, load_city(conn, number), args.addressee_no, moment).text())
        finally:
            database.close()
    return 0


def _a_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"「{text}」は日時ではありません。2026-09-01T10:00 の形で指定してください。"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=JST)

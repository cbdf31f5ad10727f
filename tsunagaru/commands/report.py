"""`tsunagaru report`: one form over a period, as a file."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from pathlib import Path

from sqlalchemy import Connection, select

from casefile.city import load_city
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.tables import Municipality
from casefile.vocabulary import ClaimGroup, Purpose
from reports import ask, axis_named, build, form_named, period_of
from reports.exports import Format, export
from tsunagaru.arguments import Parser, a_date
from tsunagaru.settings import Settings
from tsunagaru.shape import migrated_database

MADE_BY = "tsunagaru report(コマンド)"


def configure(parser: Parser) -> None:
    parser.add_argument(
        "form",
        metavar="帳票",
        help="calls(架電状況表)、districts(地区別)、documents(文書効果状況表)、best-hours(架電推奨時間帯表)。日本語の名でもよい",
    )
    parser.add_argument("--from", dest="first", type=a_date, required=True, metavar="日", help="集計期間の始まり")
    parser.add_argument("--to", dest="last", type=a_date, required=True, metavar="日", help="集計期間の終わり(含む)")
    parser.add_argument(
        "--by", metavar="行", help="行の取り方: 架電状況表は hour・weekday・day、地区別は branch・area・town"
    )
    parser.add_argument("--as-of", type=a_date, metavar="日", help="収納基準日。省くと今日")
    parser.add_argument("--format", dest="fmt", choices=[fmt.value for fmt in Format], default="json", help="形式")
    parser.add_argument("-o", "--output", metavar="ファイル", help="出力先。省くか - なら標準出力")
    parser.add_argument(
        "--purpose", choices=[purpose.value for purpose in Purpose], default="dunning", help="業務区分。省くと催告"
    )
    parser.add_argument(
        "--claims",
        choices=["compulsory", "ordinary"],
        help="債権区分を一方に限る(地方税・強制徴収公債権 / 非強制・私債権)",
    )
    parser.add_argument(
        "--municipality", type=_municipality, metavar="団体コード", help="6桁の団体コード。1団体だけなら省ける"
    )


def run(args: Namespace) -> int:
    """Make the form, then write it: what is wrong with the request leaves no file behind."""
    settings = Settings.from_environment()
    now = settings.time.now()
    form_name = form_named(args.form)
    request = ask(
        form_name,
        axis_named(form_name, args.by),
        period_of(args.first, args.last),
        now,
        MADE_BY,
        as_of=args.as_of,
        purpose=Purpose(args.purpose),
        claim_group=None if args.claims is None else ClaimGroup(args.claims),
    )
    with migrated_database(settings) as url:
        database = Database(url, pooled=False)
        try:
            with database.transaction(None) as conn:
                municipality_id = _the_municipality(conn, args.municipality)
            with database.transaction(municipality_id) as conn:
                form = build(conn, load_city(conn, municipality_id), request)
        finally:
            database.close()
    _write(export(form, Format(args.fmt)), args.output)
    return 0


def _municipality(text: str) -> int:
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"「{text}」は団体コードではありません。6桁の数字で指定してください。")
    return int(text)


def _the_municipality(conn: Connection, wanted: int | None) -> int:
    """The one that was named, or the only one there is."""
    query = select(Municipality.municipality_id, Municipality.name).order_by(Municipality.municipality_id)
    known: dict[int, str] = {row.municipality_id: row.name for row in conn.execute(query)}
    if wanted is not None and wanted in known:
        return wanted
    listed = "、".join(f"{number:06d}({name})" for number, name in known.items())
    if not known:
        raise TsunagaruError(
            "自治体がまだ登録されていません。先にデータを取り込むか、tsunagaru demo を実行してください。"
        )
    if wanted is not None:
        raise TsunagaruError(f"団体コード {wanted:06d} の自治体は登録されていません。次から選んでください: {listed}。")
    if len(known) > 1:
        raise TsunagaruError(f"自治体が複数あります。--municipality で次のどれかを指定してください: {listed}。")
    return next(iter(known))


def _write(content: bytes, output: str | None) -> None:
    if output in (None, "-"):
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    assert output is not None
    path = Path(output)
    try:
        path.write_bytes(content)
    except IsADirectoryError as error:
        raise TsunagaruError(f"{path} はフォルダーです。その中のファイル名まで指定してください。") from error
    except FileNotFoundError as error:
        raise TsunagaruError(
            f"{path.parent} というフォルダーがありません。先に作るか、別の場所を指定してください。"
        ) from error
    except PermissionError as error:
        raise TsunagaruError(f"{path} に書き込む権限がありません。書き込める場所を -o で指定してください。") from error

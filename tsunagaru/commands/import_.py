"""`tsunagaru import`: files as a core system writes them; prints what changed and what was refused, and why."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.founding import found_municipality
from casefile.ids import TimeOrderedIds
from casefile.intake.importing import apply_import, plan_import
from casefile.intake.mapping import Mapping, load_mapping
from tsunagaru.arguments import USER_ERROR, Parser, a_date
from tsunagaru.database import database_for_a_while
from tsunagaru.municipality import a_municipality, known_municipalities, the_municipality
from tsunagaru.service import migrate
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    parser.add_argument("mapping", type=Path, metavar="対応表.toml", help="相手の列と自分の列の対応表(docs/intake.md)")
    parser.add_argument("files", type=Path, nargs="+", metavar="ファイル", help="基幹システムのファイル")
    parser.add_argument("--dry-run", action="store_true", help="何が変わるかだけを示し、何も変えません")
    parser.add_argument(
        "--municipality", type=a_municipality, metavar="団体コード", help="6桁の団体コード。1団体だけなら省けます"
    )
    parser.add_argument("--as-of", type=a_date, metavar="日", help="基準日。ファイルに書かれていないとき指定します")
    parser.add_argument(
        "--confirm-drop", action="store_true", help="滞納が前回より5%%を超えて減るのが正しいと確かめたとき付けます"
    )
    parser.add_argument("--json", action="store_true", help="結果をJSONで出します")


def run(args: Namespace) -> int:
    """Exit code 0: every row was taken; 1: rows were refused, or a confirmation is needed; 2: a file was refused."""
    mapping = load_mapping(args.mapping)
    settings = Settings.from_environment()
    clock = settings.time
    ids = TimeOrderedIds(clock.now)
    with database_for_a_while(settings) as url:
        migrate(url)
        database = Database(url, pooled=False)
        try:
            number = _municipality(database, mapping, args, clock, ids)
            if args.dry_run:
                report = plan_import(
                    database, number, mapping, args.files, clock, ids, as_of=args.as_of, confirm_drop=args.confirm_drop
                )
            else:
                report = apply_import(
                    database, number, mapping, args.files, clock, ids, as_of=args.as_of, confirm_drop=args.confirm_drop
                )
        finally:
            database.close()
    print(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if args.json else report.text())
    if report.refused:
        return USER_ERROR
    return 0 if report.flawless else 1


def _municipality(database: Database, mapping: Mapping, args: Namespace, clock: Clock, ids: TimeOrderedIds) -> int:
    """The one to work for; one the mapping describes and nobody has registered yet is founded first."""
    with database.transaction(None) as conn:
        known = known_municipalities(conn)
    profile = mapping.municipality
    wanted = args.municipality or (None if profile is None else profile.municipality_id)
    if profile is None or profile.municipality_id != wanted or wanted in known:
        return the_municipality(known, wanted)
    if args.dry_run:
        raise TsunagaruError(
            f"{profile.name}はまだ登録されていません。はじめの一回は --dry-run を付けずに、地区や税目のファイルから取り込んでください。"
        )
    with database.transaction(profile.municipality_id) as conn:
        found_municipality(conn, profile, clock.now(), ids)
    return profile.municipality_id

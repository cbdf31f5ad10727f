"""`tsunagaru recordings`: the node's agent, the day's list of what is missing, retention, terms, and a check of the store."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog

from callflow.codes import RecordingMode
from casefile.city import City, load_city
from casefile.clock import Clock, SystemClock, jst, jst_date
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import TimeOrderedIds
from casefile.vocabulary import Purpose
from dialer import recording_check, recording_shelf
from dialer.asterisk.recording.agent import RecordingAgent
from dialer.asterisk.recording.keys import CURRENT, KeyRing
from dialer.asterisk.recording.store import Store
from dialer.recording_terms import set_terms
from reports.missing_recordings import missing_recordings
from tsunagaru.arguments import Parser, a_date, a_positive_number
from tsunagaru.database import database_for_a_while
from tsunagaru.logs import configure_logs
from tsunagaru.municipality import a_municipality, known_municipalities, the_municipality
from tsunagaru.service import migrate
from tsunagaru.settings import Settings

log = structlog.get_logger()

_LOOK_SECONDS = 0.5


def configure(parser: Parser) -> None:
    actions = parser.add_subparsers(title="すること", metavar="すること", dest="action", required=True)
    agent = actions.add_parser("agent", help="Asterisk のノードで、終わった録音を封印して引き渡し続けます")
    agent.add_argument("--node", required=True, metavar="名前", help="ノードの名前")
    agent.add_argument(
        "--from", type=Path, required=True, dest="plain", metavar="フォルダー", help="Asterisk が録音を書く場所"
    )
    agent.add_argument(
        "--outgoing", type=Path, required=True, metavar="フォルダー", help="封印した録音を引き渡しまで置く場所"
    )
    agent.add_argument(
        "--store", type=Path, metavar="フォルダー", help="引き渡し先(既定は TSUNAGARU_HOME の recordings)"
    )
    agent.add_argument("--key", type=Path, metavar="ファイル", help="公開鍵(既定は現在の鍵)")
    missing = actions.add_parser("missing", help="録音があるはずの通話のうち、録音のないものを示します")
    missing.add_argument("--day", type=a_date, metavar="日付", help="既定は今日")
    actions.add_parser("tidy", help="届いた録音を受け入れ、保存期間を過ぎた録音を消します(定期処理と同じ)")
    actions.add_parser("check", help="保管中の録音がすべて開けるか、記録どおりかを確かめます")
    terms = actions.add_parser("terms", help="これからの通話を録音するかどうかを決めます")
    terms.add_argument(
        "mode", choices=[mode.value for mode in RecordingMode], metavar="録音", help="off、announced、unannounced"
    )
    terms.add_argument(
        "--campaign", type=_a_uuid, metavar="ID", help="キャンペーン。省くとキャンペーンに属さない通話(返電など)"
    )
    terms.add_argument("--days", type=a_positive_number, metavar="日数", help="保存日数(既定は市の設定)")
    for office in (missing, terms):
        office.add_argument("--municipality", type=a_municipality, metavar="団体コード", help="1団体だけなら省けます")


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    if args.action == "agent":
        return _agent(args, settings)
    with _office(settings) as office:
        if args.action == "tidy":
            return _tidy(office)
        if args.action == "check":
            return _check(office)
        city = office.city(args.municipality)
        return _missing(office, city, args) if args.action == "missing" else _terms(office, city, args)


@dataclass(frozen=True, slots=True)
class _Office:
    database: Database
    store: Store
    keys: KeyRing
    clock: Clock

    def cities(self) -> list[City]:
        with self.database.transaction(None) as conn:
            known = known_municipalities(conn)
        return [self.city(number) for number in known]

    def city(self, wanted: int | None) -> City:
        with self.database.transaction(None) as conn:
            number = the_municipality(known_municipalities(conn), wanted)
        with self.database.transaction(number) as conn:
            return load_city(conn, number)


@contextmanager
def _office(settings: Settings) -> Iterator[_Office]:
    with database_for_a_while(settings) as url:
        migrate(url)
        database = Database(url, pooled=False)
        try:
            yield _Office(database, Store(settings.recordings), KeyRing(settings.recording_keys), settings.time)
        finally:
            database.close()


def _agent(args: Namespace, settings: Settings) -> int:
    configure_logs(settings.log_format, "recordings")
    if not args.plain.is_dir():
        raise TsunagaruError(
            f"{args.plain} がありません。Asterisk が録音を書くフォルダーを --from に指定してください。"
        )
    agent = RecordingAgent(
        args.node,
        args.plain,
        args.outgoing,
        Store(args.store or settings.recordings),
        args.key or settings.recording_keys / CURRENT,
        TimeOrderedIds(SystemClock().now),
    )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    for sentence in agent.warnings():
        log.warning(sentence)
    told: tuple[str, ...] = ()
    while True:
        done = agent.look()
        for sentence in done.problems:
            if sentence not in told:
                log.error(sentence)
        told = done.problems
        if done.handed_on:
            log.info("recordings handed on", count=done.handed_on)
        if stopping.wait(_LOOK_SECONDS):
            return 0


def _tidy(office: _Office) -> int:
    cities = office.cities()
    taken = recording_shelf.take_in(office.database, cities, office.store, office.clock)
    ids = TimeOrderedIds(office.clock.now)
    deleted = sum(
        recording_shelf.delete_expired(office.database, city, office.store, office.clock, ids) for city in cities
    )
    print(f"録音を{taken.entered}件受け入れ、保存期間を過ぎた{deleted}件を消しました。")
    for name in taken.strange:
        print(f"{office.store.incoming / name} はどの通話の録音か分かりません。残しています。", file=sys.stderr)
    return 1 if taken.strange else 0


def _check(office: _Office) -> int:
    checked, wrong = 0, 0
    for city in office.cities():
        for finding in recording_check.check_kept(office.database, city, office.store, office.keys):
            checked += 1
            if finding.problem:
                wrong += 1
                print(f"{city.name} 録音 {finding.recording_id}: {finding.problem}")
    print(
        f"保管中の録音{checked}件を確かめました。{'すべて開けます。' if not wrong else f'{wrong}件に問題があります。'}"
    )
    return 1 if wrong else 0


def _missing(office: _Office, city: City, args: Namespace) -> int:
    now = office.clock.now()
    purposes = frozenset(purpose.value for purpose in Purpose)
    with office.database.transaction(city.id) as conn:
        found = missing_recordings(conn, city, args.day or jst_date(now), now, purposes, office.store)
    for one in found.missing:
        print(f"{jst(one.connected_at):%H:%M:%S}  通話 {one.attempt_id}  {one.reason.label}")
    print(f"{found.day:%Y-%m-%d} 録音の対象{found.due}件のうち、録音のない通話は{len(found.missing)}件です。")
    return 1 if found.missing else 0


def _terms(office: _Office, city: City, args: Namespace) -> int:
    now = office.clock.now()
    mode = RecordingMode(args.mode)
    with office.database.transaction(city.id) as conn:
        ids = TimeOrderedIds(office.clock.now)
        set_terms(conn, city.id, args.campaign, mode, now, ids, days=args.days, actor="tsunagaru recordings")
    print(f"これからの通話: {mode.label}。")
    return 0


def _a_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise TsunagaruError(f"「{text}」はキャンペーンのIDではありません。画面の一覧で確かめてください。") from None

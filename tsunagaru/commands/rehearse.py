"""`tsunagaru rehearse`: days of an arrears room in virtual time; one JSON object at the end."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from casefile.clock import JST
from casefile.db import Database
from casefile.errors import TsunagaruError
from rehearsal.city import CityPlan, Layout
from rehearsal.result import as_csv, as_json, result_of
from rehearsal.runner import PACERS, Rehearsal, RehearsalPlan
from rehearsal.vacancy import refuse_a_database_in_use
from tsunagaru.arguments import Parser
from tsunagaru.database import database_for_a_while, database_of_its_own
from tsunagaru.service import migrate
from tsunagaru.settings import CLOCK, Settings

_THROWN_AWAY = {
    "synchronous_commit": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_compression": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "1GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
}
"""Settings of a server whose databases last as long as their run."""
_LAYOUTS = {"standard": Layout.STANDARD, "city": Layout.CITY_CP932}


def configure(parser: Parser) -> None:
    parser.add_argument("--days", type=_whole, required=True, help="何日分を動かすか(暦日)")
    parser.add_argument("--operators", type=_whole, required=True, help="オペレーターの人数")
    parser.add_argument("--seed", type=int, default=1, help="種。同じ数なら結果も同じです(既定 1)")
    parser.add_argument("--households", type=_whole, help="架空の市の世帯数(省略時は人数に応じた数)")
    parser.add_argument(
        "--arrears-rows", type=_whole, help="滞納期別明細がこの行数以上になる大きさの市にします(--households より優先)"
    )
    parser.add_argument(
        "--layout",
        choices=sorted(_LAYOUTS),
        default="standard",
        help="ファイルの書き方。standard か、基幹システム風(CP932・和暦・独自コード)の city",
    )
    parser.add_argument(
        "--yen-min", type=_whole, default=1_000, metavar="円", help="未納がこの額以上の人だけに架電します(既定 1000)"
    )
    parser.add_argument("--pacer", choices=sorted(PACERS), default="progressive", help="発信の速さの決め方")
    parser.add_argument("--out", type=Path, help="結果のJSON・日別CSV・取り込んだファイルを置くフォルダー")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="使い捨てでない、この設置のデータベースで動かして残します。先に取り込んだ同じ市のファイルはそのまま使います",
    )


def run(args: Namespace) -> int:
    plan = _plan(args)
    begun = time.perf_counter()
    # A run that is told to stop takes its database and its server away with it.
    signal.signal(signal.SIGTERM, _stop)
    with _kept_database(plan) if args.keep else _own_database() as url, _folder(args.out) as folder:
        database = Database(url, asynchronous_commit=True)
        try:
            rehearsal = Rehearsal(plan, database, folder)
            rehearsal.run()
            judging = time.perf_counter()
            result, days = result_of(rehearsal, database)
            rehearsal.spent.seconds["figures and invariants"] += time.perf_counter() - judging
        finally:
            database.close()
    text = as_json(result)
    print(text)
    if args.out is not None:
        _write(args.out, text, as_csv(days))
    _tell(rehearsal, result["attempts"], time.perf_counter() - begun)
    if args.keep:
        _tell_how_to_go_on(rehearsal)
    return 0 if all(result["invariants"].values()) else 1


def _plan(args: Namespace) -> RehearsalPlan:
    households = args.households
    if args.arrears_rows is not None:
        households = CityPlan(args.seed).with_arrears_rows(args.arrears_rows).households
    return RehearsalPlan(
        args.days, args.operators, args.seed, households, args.pacer, layout=_LAYOUTS[args.layout], yen_min=args.yen_min
    )


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"「{text}」は使えません。1以上の整数を指定してください")
    return int(text)


@contextmanager
def _own_database() -> Iterator[str]:
    settings = Settings.from_environment()
    if settings.database_url is None:
        _stay_on_this_processor()
    with database_of_its_own(settings, "rehearsal", _THROWN_AWAY) as url:
        yield url


def _stay_on_this_processor() -> None:
    """A rehearsal and its server take turns, never both at work: on one processor neither has to be woken on another.

    Measured: a fifth less time. The processor the system has just given us is the one that was free; the server inherits it.
    """
    this = psutil.Process()
    if hasattr(this, "cpu_num"):
        this.cpu_affinity([this.cpu_num()])


@contextmanager
def _kept_database(plan: RehearsalPlan) -> Iterator[str]:
    """The installation's own database, if a rehearsal harms nothing in it."""
    with database_for_a_while(Settings.from_environment()) as url:
        migrate(url)
        database = Database(url, pooled=False)
        try:
            refuse_a_database_in_use(database, CityPlan(plan.seed).code, plan.opens_at)
        finally:
            database.close()
        yield url


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """Where the imported files lie: under `--out`, or nowhere once the run is over."""
    if out is not None:
        folder = out / "files"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TsunagaruError(
                f"{out} に書き込めません({error.strerror})。--out の場所と権限を確かめてください。"
            ) from error
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="tsunagaru-rehearsal-") as name:
        yield Path(name)


def _write(out: Path, result: str, days: str) -> None:
    (out / "result.json").write_text(result + "\n", encoding="utf-8")
    (out / "days.csv").write_text(days, encoding="utf-8-sig", newline="")


def _tell(rehearsal: Rehearsal, attempts: int, seconds: float) -> None:
    """Where the wall time went: to stderr, since it is never the same twice."""
    print(f"{seconds:.1f} 秒、架電 {attempts:,} 件、毎秒 {attempts / seconds:.0f} 件", file=sys.stderr)
    for part, spent in sorted(rehearsal.spent.seconds.items(), key=lambda entry: -entry[1]):
        print(f"  {spent:8.1f} 秒  {rehearsal.spent.counts[part]:9,} 回  {part}", file=sys.stderr)
    for sentence, count in rehearsal.tally.refused.most_common():
        print(f"  記録の登録を断られた: {count} 回 {sentence}", file=sys.stderr)


def _tell_how_to_go_on(rehearsal: Rehearsal) -> None:
    evening = rehearsal.ended_at.astimezone(JST)
    print(
        f"部屋をこの設置のデータベースに残しました。続けるには、日時を予行に合わせて実行してください: "
        f"{CLOCK}={evening:%Y-%m-%dT%H:%M} tsunagaru report …(explain・import も同じ)",
        file=sys.stderr,
    )

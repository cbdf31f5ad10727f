"""`tsunagaru bench import`: an arrears file of a city, end to end, with PostgreSQL's bare COPY of the same rows beside it."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from argparse import Namespace
from dataclasses import dataclass
from datetime import date
from importlib.resources import files as resources
from pathlib import Path

import psycopg

from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds
from casefile.intake.importing import apply_import
from casefile.intake.mapping import Mapping, load_mapping
from casefile.intake.report import FileReport
from casefile.wareki import wareki, wareki_short
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.database import database_of_its_own
from tsunagaru.machine import table
from tsunagaru.server_cpu import server_cpu_seconds
from tsunagaru.settings import Settings

_LAYOUTS = Path(str(resources("casefile.intake") / "layouts"))
_MUNICIPALITY = 119996
_PERIODS_OF_A_PERSON = 3
_FIRST_DAY = date(2026, 6, 1)
_SECOND_DAY = date(2026, 6, 2)
_DUE = (date(2025, 6, 30), date(2025, 9, 1), date(2025, 10, 31), date(2026, 2, 2))
_COPIED = (
    "addressee_no, tax_code, levy_year, assessed_year, period, notice_no, assessed_yen, unpaid_yen, demand_fee_yen,"
    " interest_yen, due_date, demand_notice_date, limitation_date"
)


def configure(parser: Parser) -> None:
    parser.add_argument(
        "--rows", type=a_positive_number, default=1_000_000, metavar="行", help="滞納期別明細の行数(既定 1000000)"
    )


def run(args: Namespace) -> int:
    own = database_of_its_own(Settings.from_environment(), "bench")
    with tempfile.TemporaryDirectory(prefix="tsunagaru-bench-") as name, own as url:
        database = Database(url, pooled=False)
        try:
            lines = _measure(database, url, Path(name), args.rows)
        finally:
            database.close()
    print(table([("滞納期別明細(CP932、和暦)", "行", "秒", "行/秒", "CPU秒(取込+サーバー)"), *lines]))
    print(f"\n取り込むプロセスのメモリーの最大: {_peak_megabytes():,} MB")
    return 0


def _measure(database: Database, url: str, folder: Path, rows: int) -> list[tuple[str, ...]]:
    clock = VirtualClock(at_jst(_SECOND_DAY, 18))
    ids = TimeOrderedIds(clock.now, random.Random(1))
    _found(database, clock, ids)
    standard = load_mapping(_LAYOUTS / "standard.toml")
    city = load_mapping(_LAYOUTS / "example_city_cp932.toml")

    def timed(mapping: Mapping, path: Path) -> tuple[FileReport, _Spent]:
        watch = _Watch(url)
        (report,) = apply_import(database, _MUNICIPALITY, mapping, [path], clock, ids).files
        spent = watch.stop()
        assert report.state in {"applied", "already"}, report.refusal
        assert not report.rejected
        return report, spent

    people = -(-rows // _PERIODS_OF_A_PERSON)
    timed(standard, _write_taxes(folder / "税目.csv"))
    _, spent = timed(standard, _write_people(folder / "宛名.csv", people))
    lines = [_line("(参考)宛名 はじめての取込", people, spent)]
    first = _write_arrears(folder / "滞納明細_1.csv", rows, _FIRST_DAY)
    _, spent = timed(city, first)
    lines.insert(0, _line("はじめての取込(全件追加)", rows, spent))
    second = _write_arrears(folder / "滞納明細_2.csv", rows, _SECOND_DAY)
    report, spent = timed(city, second)
    changes = report.changes
    what = f"翌日の取込(追加{changes.inserted:,}・変更{changes.changed:,}・終了{changes.closed:,})"
    lines.insert(1, _line(what, report.rows, spent))
    _, spent = timed(city, second)
    lines.insert(2, _line("同じファイルをもう一度", report.rows, spent))
    lines.insert(3, _line("PostgreSQLのCOPYだけ(同じ行、索引なしの表)", *_bare_copy(url, folder / "rows.copy")))
    return lines


@dataclass(frozen=True, slots=True)
class _Spent:
    """Wall seconds, and CPU seconds of this process and of the server (None where it runs elsewhere)."""

    seconds: float
    own: float
    server: float | None


class _Watch:
    """Started when made."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._server = server_cpu_seconds(url)
        self._own = time.process_time()
        self._begun = time.perf_counter()

    def stop(self) -> _Spent:
        seconds, own = time.perf_counter() - self._begun, time.process_time() - self._own
        server = server_cpu_seconds(self._url)
        return _Spent(seconds, own, None if server is None or self._server is None else server - self._server)


def _line(what: str, rows: int, spent: _Spent) -> tuple[str, ...]:
    server = "－" if spent.server is None else f"{spent.server:.1f}"
    return what, f"{rows:,}", f"{spent.seconds:.1f}", f"{rows / spent.seconds:,.0f}", f"{spent.own:.1f}+{server}"


def _found(database: Database, clock: VirtualClock, ids: TimeOrderedIds) -> None:
    profile = MunicipalityProfile(
        municipality_id=_MUNICIPALITY,
        name="測定市",
        name_kana="ソクテイシ",
        prefecture="測定県",
        section_name="納税課",
        area_code="03",
        caller_number="+81300003333",
    )
    with database.transaction(_MUNICIPALITY) as conn:
        found_municipality(conn, profile, clock.now(), ids)


def _write_taxes(path: Path) -> Path:
    lines = [f"基準日,{_FIRST_DAY}", "税目コード,税目名,債権区分"]
    lines += [f"{code},税目{code},地方税" for code in ("11", "21", "31")]
    path.write_text("\n".join([*lines, "合計,3", ""]), encoding="utf-8")
    return path


def _write_people(path: Path, people: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(f"基準日,{_FIRST_DAY}\n宛名番号,氏名,氏名カナ,住所,世帯番号\n")
        for number in range(people):
            file.write(f"{number:010d},測定 {number},ソクテイ,測定市栄町{number % 997},H{number // 2}\n")
        file.write(f"合計,{people}\n")
    return path


def _write_arrears(path: Path, rows: int, as_of: date) -> Path:
    """`rows` lines as a core system writes them; on the second day 1 % is paid and gone, 2 % is lower, 1 % is new."""
    rng = random.Random(1)
    headings = "宛名番号,税目コード,賦課年度,相当年度,期別,通知書番号,調定額,未納額,督促手数料,延滞金,納期限,督促状発付日,時効予定日"
    due = [(wareki_short(day), wareki_short(date(day.year + 5, day.month, day.day))) for day in _DUE]
    later = as_of == _SECOND_DAY
    total = count = 0
    with path.open("w", encoding="cp932", newline="") as file:
        file.write(f"ヘッダ,滞納明細,{wareki(as_of)}現在\r\n{headings}\r\n")
        for number in range(rows):
            assessed, draw = rng.randrange(3000, 90000, 100), rng.random()
            # Which rows are new the next day is settled by the draw on both days.
            if draw < 0.01 if later else draw > 0.99:
                continue
            unpaid = assessed - 1000 if later and 0.01 <= draw < 0.03 else assessed
            total, count = total + unpaid, count + 1
            day, limit = due[number % 4]
            file.write(
                f"{number // _PERIODS_OF_A_PERSON:010d},0{('11', '21', '31')[number % 3]},令和7年度,令和7年度,"
                f"{number % 4 + 1},{number:010d},{assessed},{unpaid},100,{unpaid // 40},{day},R7.11.20,{limit}\r\n"
            )
        file.write(f"トレーラ,件数,{count},未納額,{total}\r\n")
    return path


def _bare_copy(url: str, path: Path) -> tuple[int, _Spent]:
    """COPY the rows that were just imported into a plain table: no index, no key, no check."""
    with psycopg.connect(url) as connection, path.open("w+b") as file:
        connection.execute("SELECT set_config('app.municipality', %s, true)", [str(_MUNICIPALITY)])
        with connection.cursor().copy(f"COPY (SELECT {_COPIED} FROM arrears) TO STDOUT") as copy:  # noqa: S608
            for block in copy:
                file.write(block)
        connection.execute(f"CREATE TABLE bench_plain AS SELECT {_COPIED} FROM arrears WITH NO DATA")  # noqa: S608
        connection.commit()
        file.seek(0)
        watch = _Watch(url)
        cursor = connection.cursor()
        with cursor.copy(f"COPY bench_plain ({_COPIED}) FROM STDIN") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        connection.commit()
        return cursor.rowcount, watch.stop()


def _peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

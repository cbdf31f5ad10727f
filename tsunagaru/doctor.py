"""What is wrong with this installation, and what to do about it."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from casefile.clock import JST, Clock
from casefile.db import APPLICATION_ROLE
from casefile.errors import TsunagaruError
from tsunagaru.certificates import WARN_BEFORE, Certificates, expiry
from tsunagaru.databases import connect
from tsunagaru.settings import Https, Settings
from tsunagaru.shape import shape_of

_ENOUGH_SPACE = 5 * 1024**3
_LARGEST_CLOCK_ERROR_SECONDS = 2.0
_CERTIFICATE = "証明書(HTTPS)"
_RENEW = (
    "「tsunagaru certificate make --host 名前」で作り直すか、発行元から新しい証明書を受け取り、"
    "serve と電話のノードを動かし直してください。"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. `remedy` is empty where nothing is to be mended, otherwise what to do.

    `looked_at` false: it is not here, or can't be seen from here; `found` says why. That is neither good nor bad.
    """

    subject: str
    found: str
    remedy: str = ""
    looked_at: bool = True

    @property
    def well(self) -> bool:
        return self.looked_at and not self.remedy

    @property
    def mark(self) -> str:
        """良, 要 (something is to be done) or － (not looked at)."""
        if self.remedy:
            return "要"
        return "良" if self.looked_at else "－"


def examine(settings: Settings, database_url: Callable[[], str], clock: Clock) -> Iterator[Finding]:
    """Look at everything, in the order in which it is needed; a broken database does not end the examination."""
    yield python()
    yield folder(settings.home)
    yield free_space(settings.home)
    yield time_zone()
    yield synchronised()
    url: str | None = None
    try:
        url = database_url()
        with connect(url) as connection:
            yield from database(connection, clock)
    except (TsunagaruError, psycopg.Error) as error:
        url = None
        yield Finding("データベース", "使えません", str(error).partition("\n")[0])
    yield client()
    yield pango()
    yield fonts()
    yield port(settings)
    yield certificate(settings, clock)
    yield web_processes(settings)
    yield from telephones(settings, clock, url)
    yield Finding("SMS配信", "予行用の配信だけです(配信事業者の設定はありません)", looked_at=False)


def python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < (3, 11):  # noqa: UP036  # an old interpreter may still find this file on its path
        return Finding("Python", version, "Python 3.11 以上で入れ直してください。")
    return Finding("Python", version)


def folder(home: Path) -> Finding:
    """Whether data can be written where they belong."""
    existing = next(path for path in [home, *home.parents] if path.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        remedy = f"{existing} の持ち主と権限を直すか、TSUNAGARU_HOME で書き込める場所を指定してください。"
        return Finding("データの置き場所", f"{home} に書き込めません", remedy)
    return Finding("データの置き場所", str(home))


def free_space(home: Path) -> Finding:
    existing = next(path for path in [home, *home.parents] if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 1024**3:.1f} GB"
    if free < _ENOUGH_SPACE:
        return Finding("ディスクの空き", found, "5 GB 以上空けてください。録音と古いバックアップを別の場所に移せます。")
    return Finding("ディスクの空き", found)


def time_zone() -> Finding:
    offset = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo")).utcoffset()
    return Finding("日本時間", f"UTC+{offset}")


def synchronised() -> Finding:
    """Calling hours are kept by this machine's clock."""
    try:
        command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        found = "このしくみでは確かめられません(NTPで合わせているか、管理者に確かめてください)"
        return Finding("時計合わせ", found, looked_at=False)
    if answer == "yes":
        return Finding("時計合わせ", "NTPで合っています")
    return Finding("時計合わせ", "NTPで合っていません", "「timedatectl set-ntp true」で時計合わせを始めてください。")


def database(connection: psycopg.Connection[tuple[object, ...]], clock: Clock) -> Iterator[Finding]:
    """Version, clock, schema and the walls between municipalities."""
    yield Finding("データベース", f"PostgreSQL {connection.info.server_version // 10000}")
    yield _clocks_agree(connection, clock)
    shape = shape_of(connection)
    if not shape.current:
        yield Finding("データベースの形", shape.told, "「tsunagaru migrate」を実行してください。")
        return
    yield Finding("データベースの形", shape.told)
    yield _walls(connection, weak=shape.role_is_too_strong)
    yield _disk_may_be_asked(connection)


def _clocks_agree(connection: psycopg.Connection[tuple[object, ...]], clock: Clock) -> Finding:
    theirs = _one(connection, "SELECT clock_timestamp()", [])
    assert isinstance(theirs, datetime)
    seconds = abs((theirs.astimezone(UTC) - clock.now()).total_seconds())
    found = f"差は {seconds:.1f} 秒"
    if seconds > _LARGEST_CLOCK_ERROR_SECONDS:
        return Finding("サーバーとの時計の差", found, "両方の機械の時計をNTPで合わせてください。")
    return Finding("サーバーとの時計の差", found)


def _walls(connection: psycopg.Connection[tuple[object, ...]], *, weak: bool) -> Finding:
    """Every table of a municipality's is under forced row-level security, and the application may not step over it."""
    open_tables = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'municipality_id'"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1"
    ).fetchall()
    if open_tables or weak:
        names = "、".join(str(name) for (name,) in open_tables) or APPLICATION_ROLE
        remedy = "運用を止め、「tsunagaru restore」で正しいバックアップから戻してください。"
        return Finding("市町村の間の壁", f"開いています: {names}", remedy)
    return Finding("市町村の間の壁", "閉じています")


def _disk_may_be_asked(connection: psycopg.Connection[tuple[object, ...]]) -> Finding:
    """Whether an engine may ask that an intent is on the disk; a server may have taken that right from everybody."""
    refused = connection.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.proname = 'pg_logical_emit_message'"
        " AND p.pronamespace = 'pg_catalog'::regnamespace AND p.proargtypes[2] = 'text'::regtype"
        " AND NOT has_function_privilege(%s, p.oid, 'EXECUTE') ORDER BY 1",
        [APPLICATION_ROLE],
    ).fetchall()
    if refused:
        grant = "; ".join(f"GRANT EXECUTE ON FUNCTION {name} TO {APPLICATION_ROLE}" for (name,) in refused)
        return Finding(
            "発信前の書き込みの確認",
            "権限がなく、発信できません",
            f"データベースの管理者が「{grant}」を実行してください。",
        )
    return Finding("発信前の書き込みの確認", "できます")


def client() -> Finding:
    if (Path(str(files("agent_ui"))) / "static" / "app").is_dir():
        return Finding("画面", "組み立て済みです")
    return Finding(
        "画面", "組み立てられていません", "「make client」を実行するか、配布ファイルから入れ直してください。"
    )


def pango() -> Finding:
    if ctypes.util.find_library("pango-1.0") and ctypes.util.find_library("pangoft2-1.0"):
        return Finding("PDF帳票", "作れます")
    remedy = "管理者に「apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0」の実行を頼んでください。"
    return Finding("PDF帳票", "作れません(Pangoがありません)。ほかの形式は出せます", remedy)


def fonts() -> Finding:
    found = _fonts_of_japanese()
    if found:
        return Finding("日本語フォント", next((name for name in found if "JP" in name), found[0]))
    return Finding("日本語フォント", "ありません", "管理者に「apt-get install fonts-noto-cjk」の実行を頼んでください。")


def port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(1)
        answers = probe.connect_ex((settings.host, settings.port)) == 0
    found = f"{settings.host}:{settings.port} は{'使われています(動いている画面か、ほかのプログラムです)' if answers else '空いています'}"
    return Finding("画面のポート", found)


def certificate(settings: Settings, clock: Clock) -> Finding:
    """Without HTTPS a browser gives no microphone; with one that has expired it shows no panel."""
    if settings.https is not None:
        return certificate_files(_CERTIFICATE, settings.https, clock)
    if settings.proxies:
        found = "前に置いたプロキシのものを使います(期限はプロキシで確かめてください)"
        return Finding(_CERTIFICATE, found, looked_at=False)
    made = Certificates.in_folder(settings.certificates)
    if os.access(made.chain, os.F_OK):
        finding = certificate_files(_CERTIFICATE, Https(made.chain, made.key), clock)
        return replace(finding, found=f"{finding.found}({made.chain}。serve の --certificate と --key で使います)")
    if not _browsers_speak(settings):
        return Finding(_CERTIFICATE, "なし(この機械だけで使い、声はブラウザーを通しません)", looked_at=False)
    remedy = (
        "「tsunagaru certificate make --host 名前」で作り、serve に --certificate と --key で指定してください。"
        "ほかで作ったものなら、TSUNAGARU_CERTIFICATE と TSUNAGARU_KEY に入れて、もう一度実行してください。"
    )
    return Finding(_CERTIFICATE, "なし。ブラウザーがマイクを使わせません", remedy)


def certificate_files(subject: str, files: Https, clock: Clock) -> Finding:
    """Whether a certificate and its key can be used together, and how long."""
    try:
        ends = expiry(files.chain, files.key)
    except TsunagaruError as error:
        return Finding(subject, "使えません", str(error))
    left = ends - clock.now()
    found = f"期限 {ends.astimezone(JST):%Y-%m-%d}"
    if left < timedelta(0):
        return Finding(subject, f"{found}(切れています)", _RENEW)
    if left < WARN_BEFORE:
        return Finding(subject, f"{found}(あと{left.days}日)", _RENEW)
    return Finding(subject, found)


def _browsers_speak(settings: Settings) -> bool:
    if not settings.nodes:
        return bool(settings.voice)
    # Only here: a look at the rest of the house must not wait for telephones.
    from tsunagaru.telephones import voice_nodes

    try:
        return bool(voice_nodes(settings))
    except TsunagaruError:
        # What is wrong with the node's file is told with the telephones.
        return bool(settings.voice)


def web_processes(settings: Settings) -> Finding:
    """What several web processes share, where there are several."""
    subject = "画面サーバーの連絡(Redis)"
    if settings.redis_url is None:
        return Finding(subject, "使いません(画面サーバーは1つだけです)", looked_at=False)
    # Only here: it is slow to load, and most offices have none.
    from redis import Redis, RedisError

    from agent_ui.others_by_redis import PROCESSES, redis_connections

    try:
        with Redis(connection_pool=redis_connections(settings.redis_url)) as redis:
            version = redis.info("server")["redis_version"]
            return Finding(subject, f"Redis {version}、動いている画面サーバー {redis.scard(PROCESSES)} 台")
    except (RedisError, ValueError) as error:
        remedy = (
            "Redisが動いているか、REDIS_URL の宛先とパスワードが正しいかを確かめてください。つながるまで、画面サーバーは"
            "ほかの画面サーバーの変化を知らずに動き続け、つながれば自分で元に戻ります。"
        )
        return Finding(subject, f"応答しません({type(error).__name__})", remedy)


def telephones(settings: Settings, clock: Clock, database_url: str | None) -> Iterator[Finding]:
    """The office's own lines, where it has any."""
    if not settings.nodes:
        yield Finding("電話回線", "予行用の回線だけです(実回線の設定はありません)", looked_at=False)
        return
    # Only here: a look at the rest of the house must not wait for telephones.
    from tsunagaru.telephone_check import examine_telephones

    yield from examine_telephones(settings, clock, database_url)


def _fonts_of_japanese() -> Sequence[str]:
    try:
        command = ["fc-list", ":lang=ja", "family"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
        return sorted({line.partition(",")[0] for line in listed.splitlines() if line})
    except (OSError, subprocess.SubprocessError):
        return sorted(path.stem for path in Path("/usr/share/fonts").rglob("Noto*CJK*"))


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str, values: Sequence[object]) -> object:
    row = connection.execute(query.encode(), values).fetchone()
    return None if row is None else row[0]

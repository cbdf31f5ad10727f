"""What this installation was told by its environment, read once and never changed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from casefile.clock import JST, Clock, ShiftedClock, SystemClock
from casefile.errors import TsunagaruError

DEFAULT_PORT = 8080
DEFAULT_HOST = "127.0.0.1"
CERTIFICATE = "TSUNAGARU_CERTIFICATE"
KEY = "TSUNAGARU_KEY"
VOICE = "TSUNAGARU_VOICE"
CLOCK = "TSUNAGARU_CLOCK"
DEMO = "TSUNAGARU_DEMO"
NODES = "TSUNAGARU_NODES"
RECORDING_KEY = "TSUNAGARU_RECORDING_KEY"
PROXIES = "TSUNAGARU_PROXIES"
REDIS = "REDIS_URL"


@dataclass(frozen=True, slots=True)
class Https:
    """PEM files the panel is served with: the certificate with those that signed it, and its key."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    `database_url` is None when the embedded server is used. `home` holds everything that is not in the database:
    the embedded server's data, recordings, backups, the secret key. `clock` and `demo` are how the processes of a demo
    are told of each other; an office has neither. `recording_key`: the folder of the keys that open recordings, if it is
    not below `home`. `nodes`: the files of the telephone nodes (docs/telephones.md). `voice` pairs a node's name with the
    address of its WebSocket, where browsers reach it in another way than its file says. `redis_url`: what several web
    processes share (docs/more-web-servers.md), None where there is one. `proxies`: how many stand in front of them.
    """

    home: Path
    database_url: str | None
    host: str
    port: int
    log_format: str
    clock: ShiftedClock | None = None
    demo: bool = False
    https: Https | None = None
    voice: tuple[tuple[str, str], ...] = ()
    recording_key: Path | None = None
    nodes: tuple[Path, ...] = ()
    redis_url: str | None = None
    proxies: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read TSUNAGARU_HOME, DATABASE_URL, REDIS_URL, TSUNAGARU_HOST, TSUNAGARU_PORT, TSUNAGARU_LOG,
        TSUNAGARU_CERTIFICATE with TSUNAGARU_KEY, TSUNAGARU_RECORDING_KEY, TSUNAGARU_NODES (files, apart by spaces),
        TSUNAGARU_VOICE (node-1=wss://…/ws, several of them apart by spaces) and TSUNAGARU_PROXIES (a number).

        Raises TsunagaruError for a value nobody can use.
        """
        found = os.environ if environment is None else environment
        return cls(
            home=_home(found),
            database_url=found.get("DATABASE_URL") or None,
            host=found.get("TSUNAGARU_HOST") or DEFAULT_HOST,
            port=port_number(found.get("TSUNAGARU_PORT") or str(DEFAULT_PORT)),
            log_format=_log_format(found.get("TSUNAGARU_LOG") or "json"),
            clock=_clock(found[CLOCK]) if found.get(CLOCK) else None,
            demo=found.get(DEMO) == "yes",
            recording_key=Path(found[RECORDING_KEY]).expanduser().absolute() if found.get(RECORDING_KEY) else None,
            https=_https(found.get(CERTIFICATE), found.get(KEY)),
            nodes=tuple(Path(file).expanduser().absolute() for file in found.get(NODES, "").split()),
            voice=tuple(_voice_node(pair) for pair in found.get(VOICE, "").split()),
            redis_url=_redis(found[REDIS]) if found.get(REDIS) else None,
            proxies=_proxies(found.get(PROXIES) or "0"),
        )

    @property
    def url(self) -> str:
        """Where the panel is, as a browser on this machine opens it."""
        return f"{'https' if self.https else 'http'}://{self.host}:{self.port}/"

    @property
    def time(self) -> Clock:
        """What commands take as now: the machine's clock, unless a demo or a rehearsed room has its own."""
        return self.clock or SystemClock()

    @property
    def recordings(self) -> Path:
        """Where the recordings of calls lie; backup and restore take this folder along."""
        return self.home / "recordings"

    @property
    def recording_keys(self) -> Path:
        """The folder of the keys that open recordings. No backup takes it along: who holds a backup can hear nothing."""
        return self.recording_key or self.home / "recording-keys"

    @property
    def certificates(self) -> Path:
        """Where `tsunagaru certificate make` puts the office's authority and server certificate."""
        return self.home / "certificates"

    @property
    def backups(self) -> Path:
        """Where backups go when no other place is named."""
        return self.home / "backups"


def port_number(text: str) -> int:
    """A TCP port from text; 0 lets the system choose. Raises TsunagaruError otherwise."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise TsunagaruError(f"ポート番号「{text}」は使えません。0から65535までの整数を指定してください。")
    return int(text)


def secret(settings: Settings, name: str) -> str:
    """A random secret of this installation, made at the first call and kept in a file only its owner can read."""
    path = settings.home / f"{name}.secret"
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        return _read_or_create(path)
    except OSError as error:
        raise TsunagaruError(
            f"秘密鍵のファイル {path} を読み書きできません({error.strerror})。"
            "フォルダーの持ち主と権限を確かめるか、TSUNAGARU_HOME で別のフォルダーを指定してください。"
        ) from error


def _read_or_create(path: Path) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    value = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(value)
    return value


def _home(environment: Mapping[str, str]) -> Path:
    named = environment.get("TSUNAGARU_HOME")
    if named:
        return Path(named).expanduser().absolute()
    # Root's own home is closed to the account the database server must run under.
    if os.geteuid() == 0:
        return Path("/var/lib/tsunagaru")
    data = environment.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "tsunagaru"


def _https(chain: str | None, key: str | None) -> Https | None:
    if not chain and not key:
        return None
    if not chain or not key:
        raise TsunagaruError(
            f"証明書と鍵は両方指定してください({CERTIFICATE} と {KEY}、または --certificate と --key)。"
        )
    return Https(Path(chain).absolute(), Path(key).absolute())


def _voice_node(pair: str) -> tuple[str, str]:
    name, separator, url = pair.partition("=")
    if not separator or urlsplit(url).scheme not in {"ws", "wss"} or not urlsplit(url).hostname:
        raise TsunagaruError(
            f"{VOICE}「{pair}」は使えません。node-1=wss://電話の機械の名前:8089/ws の形で指定してください。"
        )
    return name, url


def _redis(url: str) -> str:
    # The address may hold a password, so the sentence does not repeat it.
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise TsunagaruError(f"{REDIS} が使えません。redis://Redisの機械の名前:6379/0 の形で指定してください。")
    return url


def _proxies(text: str) -> int:
    if text not in set("0123456789"):
        raise TsunagaruError(
            f"{PROXIES}「{text}」は使えません。画面の前に置いたプロキシの段数を0から9までの整数で指定してください。"
        )
    return int(text)


def _clock(text: str) -> ShiftedClock:
    """The clock a demo's processes share, or one that stands at a day and hour (Japanese time) when a command begins."""
    try:
        if " " in text:
            return ShiftedClock.decode(text)
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise TsunagaruError(
            f"{CLOCK}「{text}」は日時ではありません。予行の部屋の日時を 2026-10-04T17:00 の形で指定してください。"
        ) from error
    return ShiftedClock(datetime.now(UTC), start if start.tzinfo else start.replace(tzinfo=JST))


def _log_format(name: str) -> str:
    if name not in {"json", "console"}:
        raise TsunagaruError(f"TSUNAGARU_LOG「{name}」は使えません。json か console を指定してください。")
    return name

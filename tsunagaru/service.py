"""One installation running: its database server, its processes, and their end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
import structlog

from casefile import migrations
from casefile.errors import TsunagaruError
from tsunagaru.database import embedded_server
from tsunagaru.settings import Settings
from tsunagaru.supervisor import Program, Supervisor

_READY_SECONDS = 60.0

log = structlog.get_logger()


def run_service(settings: Settings, programs: Sequence[Program], ready: Callable[[], None]) -> None:
    """Run the programs until SIGTERM or SIGINT, and keep the embedded server alive meanwhile.

    `ready` is called once, when the panel answers. Raises TsunagaruError when it never answers.
    """
    supervisor = Supervisor(programs)
    supervisor.listen_to_signals()
    announcement = _Announcement(settings, ready, time.monotonic() + _READY_SECONDS)
    server = embedded_server(settings)

    def look() -> None:
        if server is not None and not server.alive():
            log.error("the database ended by itself and is started again")
            server.start()
        announcement.look()

    supervisor.run(look)


@dataclass(slots=True)
class _Announcement:
    """Says once that the panel answers, or that it never did."""

    settings: Settings
    ready: Callable[[], None]
    deadline: float
    made: bool = False

    def look(self) -> None:
        if self.made:
            return
        if _answers(self.settings):
            self.made = True
            self.ready()
        elif time.monotonic() > self.deadline:
            raise TsunagaruError(
                f"画面({self.settings.host}:{self.settings.port})が{int(_READY_SECONDS)}秒たっても応答しません。"
                "上に出ている記録の error の行を確かめ、「tsunagaru doctor」を実行してください。"
            )


def _answers(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in {"", "0.0.0.0"} else settings.host  # noqa: S104  # only compared
    try:
        socket.create_connection((host, settings.port), timeout=1).close()
    except OSError:
        return False
    return True


def migrate(database_url: str) -> None:
    """Bring the database to this version's schema.

    Raises TsunagaruError when the account of the URL may not do that.
    """
    try:
        migrations.upgrade(database_url)
    except Exception as error:
        if isinstance(getattr(error, "orig", None), psycopg.errors.InsufficientPrivilege):
            raise TsunagaruError(
                "DATABASE_URL のユーザーには、表とロールを作る権限がありません。"
                "データベースの所有者で、ロールを作れる(CREATEROLE)ユーザーを指定してください。"
            ) from error
        raise


def refuse_a_taken_port(settings: Settings) -> None:
    """Say so at once when another program listens where the panel should."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise TsunagaruError(
                f"{settings.host}:{settings.port} では待ち受けられません({error.strerror})。"
                "すでに動いている tsunagaru を止めるか、TSUNAGARU_PORT(demo では --port)で別の番号を指定してください。"
            ) from error

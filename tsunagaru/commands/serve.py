"""`tsunagaru serve`: web, engine and worker against DATABASE_URL or the embedded server."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

import structlog

from tsunagaru.arguments import Parser
from tsunagaru.certificates import expiry
from tsunagaru.database import database_for_a_while
from tsunagaru.logs import configure_logs
from tsunagaru.processes import service_programs
from tsunagaru.service import migrate, refuse_a_taken_port, run_service
from tsunagaru.settings import CERTIFICATE, KEY, Settings
from tsunagaru.telephones import read_telephones


def configure(parser: Parser) -> None:
    """Everything may come from the environment, as a service manager gives it; words go before it."""
    parser.add_argument("--certificate", type=Path, metavar="ファイル", help="HTTPSで動かすサーバー証明書(PEM)")
    parser.add_argument("--key", type=Path, metavar="ファイル", help="その鍵(PEM)")


def run(args: Namespace) -> int:
    told = {CERTIFICATE: args.certificate, KEY: args.key}
    settings = Settings.from_environment(os.environ | {name: str(path) for name, path in told.items() if path})
    if settings.https:
        expiry(settings.https.chain, settings.https.key)
    # Said here, once, rather than by an engine that is started again and again.
    read_telephones(settings)
    configure_logs(settings.log_format, "supervisor")
    refuse_a_taken_port(settings)

    def ready() -> None:
        structlog.get_logger().info("ready", url=settings.url)

    with database_for_a_while(settings) as url:
        migrate(url)
        run_service(settings, service_programs(settings, url), ready)
    return 0

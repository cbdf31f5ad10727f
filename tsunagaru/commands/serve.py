"""`tsunagaru serve`: web, engine and worker against DATABASE_URL or the embedded server."""

from __future__ import annotations

from argparse import Namespace

import structlog

from tsunagaru.arguments import Parser
from tsunagaru.database import database_for_a_while
from tsunagaru.logs import configure_logs
from tsunagaru.processes import service_programs
from tsunagaru.service import migrate, refuse_a_taken_port, run_service
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    """Everything comes from the environment, as a service manager gives it."""


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    configure_logs(settings.log_format, "supervisor")
    refuse_a_taken_port(settings)

    def ready() -> None:
        structlog.get_logger().info("ready", url=f"http://{settings.host}:{settings.port}/")

    with database_for_a_while(settings) as url:
        migrate(url)
        run_service(settings, service_programs(settings, url), ready)
    return 0

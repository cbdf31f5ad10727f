"""`tsunagaru migrate`: bring the database to this version's schema."""

from __future__ import annotations

from argparse import Namespace

from tsunagaru.arguments import Parser
from tsunagaru.database import database_url, embedded_server
from tsunagaru.service import migrate
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    """Nothing to say: there is one schema and one direction."""


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    server = embedded_server(settings)
    was_running = server is not None and server.running()
    migrate(database_url(settings))
    if server is not None and not was_running:
        server.stop()
    print("データベースはこの版の形になりました。")
    return 0

"""`tsunagaru migrate`: bring the database to this version's schema."""

from __future__ import annotations

from argparse import Namespace

from tsunagaru.arguments import Parser
from tsunagaru.database import database_for_a_while
from tsunagaru.service import migrate
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    """Nothing to say: there is one schema and one direction."""


def run(args: Namespace) -> int:
    with database_for_a_while(Settings.from_environment()) as url:
        migrate(url)
    print("データベースはこの版の形になりました。")
    return 0

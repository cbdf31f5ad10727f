"""`tsunagaru demo`: a municipality's arrears room at work on this machine, with a city that does not exist."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from tsunagaru import wiring
from tsunagaru.arguments import Parser, a_positive_factor
from tsunagaru.database import database_url
from tsunagaru.databases import ensure_database
from tsunagaru.logs import configure_logs
from tsunagaru.processes import demo_programs
from tsunagaru.service import migrate, refuse_a_taken_port, run_service
from tsunagaru.settings import DEFAULT_PORT, Settings, port_number

DEMO_DATABASE = "tsunagaru_demo"


def configure(parser: Parser) -> None:
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help="画面のポート番号(既定 8080)")
    parser.add_argument("--seed", type=int, default=1, help="架空の市の種。同じ数なら同じ市です(既定 1)")
    parser.add_argument("--speed", type=a_positive_factor, default=1.0, help="市の時間の進む速さ(既定 1)")


def run(args: Namespace) -> int:
    # The demo's city lives apart, so that it never mixes with an office's own data.
    found = Settings.from_environment()
    settings = replace(found, home=found.home / "demo", port=args.port, log_format="console")
    configure_logs(settings.log_format, "supervisor")
    refuse_a_taken_port(settings)
    print("架空の市を用意しています…", flush=True)
    url = _demo_database(settings)
    migrate(url)
    wiring.prepare_demo(url, settings, args.seed)

    def ready() -> None:
        print(
            f"\n  つながる のデモが動いています: http://{settings.host}:{settings.port}/\n  止めるときは Ctrl-C\n",
            flush=True,
        )

    run_service(settings, demo_programs(settings, url, args.seed, args.speed), ready)
    return 0


def _demo_database(settings: Settings) -> str:
    """A database apart: on an outside server one of its own name, otherwise the demo's own embedded server."""
    if settings.database_url is not None:
        return ensure_database(settings.database_url, DEMO_DATABASE)
    return database_url(settings)

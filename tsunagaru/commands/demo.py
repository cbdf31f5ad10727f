"""`tsunagaru demo`: a municipality's arrears room at work on this machine, with a city that does not exist."""

from __future__ import annotations

import shlex
from argparse import Namespace
from dataclasses import replace

from casefile.clock import jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from tsunagaru.arguments import Parser, a_positive_factor
from tsunagaru.database import DEMO_DATABASE, database_for_a_while
from tsunagaru.databases import create_database, drop_database, url_of
from tsunagaru.demo_room import OpenedDemo, open_demo
from tsunagaru.demo_telephones import DemoTelephones, install_telephones, refuse_without_asterisk
from tsunagaru.logs import configure_logs
from tsunagaru.processes import demo_programs, demo_programs_with_telephones
from tsunagaru.service import migrate, refuse_a_taken_port, run_service
from tsunagaru.settings import DEFAULT_PORT, Settings, port_number


def configure(parser: Parser) -> None:
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help="画面のポート番号(既定 8080)")
    parser.add_argument("--seed", type=int, default=1, help="架空の市の種。同じ数なら同じ市です(既定 1)")
    parser.add_argument("--speed", type=a_positive_factor, default=1.0, help="市の時間の進む速さ(既定 1)")
    parser.add_argument(
        "--asterisk", action="store_true", help="この機械の Asterisk で、音声つきの本物の電話にします(root)"
    )


def run(args: Namespace) -> int:
    # The demo's city lives apart, so that it never mixes with an office's own data.
    found = Settings.from_environment()
    settings = replace(found, home=found.home / "demo", port=args.port, log_format="console")
    configure_logs(settings.log_format, "supervisor")
    refuse_a_taken_port(settings)
    if args.asterisk:
        refuse_without_asterisk()
        if args.speed != 1.0:
            raise TsunagaruError("--asterisk では電話が実際の速さで話すため、--speed は使えません。")
    with database_for_a_while(settings) as working:
        # A database of its own name, new at every start: yesterday's demo is nobody's data.
        server = url_of(working, "postgres") if settings.database_url is None else working
        drop_database(server, DEMO_DATABASE)
        url = create_database(server, DEMO_DATABASE)
        migrate(url)
        opened = open_demo(url, settings.home, args.seed, args.speed, _say)
        if args.asterisk:
            programs = demo_programs_with_telephones(
                settings, url, opened.clock, _install_telephones(url, settings, opened)
            )
        else:
            programs = demo_programs(settings, url, opened.clock)
        run_service(settings, programs, lambda: _welcome(settings, opened))
    return 0


def _install_telephones(url: str, settings: Settings, opened: OpenedDemo) -> DemoTelephones:
    database = Database(url)
    try:
        room = opened.room
        return install_telephones(database, settings, room.municipality_id, room.robots, opened.clock)
    finally:
        database.close()


def _welcome(settings: Settings, opened: OpenedDemo) -> None:
    who = "\n".join(f"      {person.login:<12}{person.password:<16}{person.what}" for person in opened.sign_ins)
    opens = jst(opened.clock.start)
    _say(
        f"\n  つながる のデモが動いています: http://{settings.host}:{settings.port}/\n"
        f"  市の時計は {opens:%Y年%-m月%-d日 %H:%M} から進みます。ロボットのオペレーターが{len(opened.room.robots)}人、架電しています。\n\n"
        f"      {'利用者':<9}{'パスワード':<11}役割\n{who}\n\n"
        "  この市の人に電話してよいか、なぜ電話しなかったかは、別の端末で尋ねられます。\n"
        f"      {_asked_with(settings)} tsunagaru explain 宛名番号 --at {opens:%Y-%m-%dT%H:%M}\n\n"
        "  止めるときは Ctrl-C\n"
    )


def _asked_with(settings: Settings) -> str:
    """What goes before a command about the demo's city; an outside server's URL may hold a password and is not shown."""
    if settings.database_url is not None:
        return f"DATABASE_URL=…/{DEMO_DATABASE}"
    return f"TSUNAGARU_HOME={shlex.quote(str(settings.home))}"


def _say(line: str) -> None:
    print(line, flush=True)

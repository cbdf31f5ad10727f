"""The processes of an installation: what each one is started with, and what it does when it is.

`python -m tsunagaru.processes engine` is how the supervisor starts one; the database's address comes by environment,
since words on a command line can be read by everybody on the machine.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

from casefile.clock import ShiftedClock
from casefile.errors import TsunagaruError
from dialer.asterisk.node.node_file import AMI_SECRET
from dialer.asterisk.node.running import new_secret
from tsunagaru import wiring
from tsunagaru.demo_telephones import DemoTelephones
from tsunagaru.logs import configure_logs
from tsunagaru.settings import CERTIFICATE, CLOCK, DEMO, KEY, NODES, VOICE, Settings
from tsunagaru.supervisor import Program


def service_programs(settings: Settings, database_url: str) -> list[Program]:
    """Worker, engine and web, in the order they start; they end in the reverse order."""
    environment = _environment(settings, database_url)
    return [_process(name, environment) for name in ("worker", "engine")] + [_web(environment)]


def demo_programs(settings: Settings, database_url: str, clock: ShiftedClock) -> list[Program]:
    """The same processes with the rehearsal's telephone network as one more process of its own."""
    environment = _demo_environment(settings, database_url, clock)
    return [_process(name, environment) for name in ("carrier", "worker", "engine")] + [_web(environment)]


def demo_programs_with_telephones(
    settings: Settings, database_url: str, clock: ShiftedClock, telephones: DemoTelephones
) -> list[Program]:
    """The same with an Asterisk node, and the people at both ends of its lines, instead of the network."""
    environment = _demo_environment(settings, database_url, clock) | {
        AMI_SECRET: new_secret(),
        NODES: str(telephones.node_file),
        VOICE: telephones.voice,
    }
    node = [sys.executable, "-m", "tsunagaru", "node", "run", str(telephones.node_file)]
    people = [_process(name, environment) for name in ("telephones", "worker", "engine")]
    return [Program("node", node, environment), *people, _web(environment)]


def _demo_environment(settings: Settings, database_url: str, clock: ShiftedClock) -> dict[str, str]:
    return _environment(settings, database_url) | {CLOCK: clock.encode(), DEMO: "yes"}


def _environment(settings: Settings, database_url: str) -> dict[str, str]:
    https = {CERTIFICATE: str(settings.https.chain), KEY: str(settings.https.key)} if settings.https else {}
    return {
        **os.environ,
        **https,
        "DATABASE_URL": database_url,
        "TSUNAGARU_HOME": str(settings.home),
        "TSUNAGARU_HOST": settings.host,
        "TSUNAGARU_PORT": str(settings.port),
        "TSUNAGARU_LOG": settings.log_format,
    }


def _process(name: str, environment: dict[str, str]) -> Program:
    return Program(name, [sys.executable, "-m", "tsunagaru.processes", name], environment)


def _web(environment: dict[str, str]) -> Program:
    config = "python:tsunagaru.gunicorn_config"
    command = [sys.executable, "-m", "gunicorn", "--config", config, "tsunagaru.wiring:web_application()"]
    return Program("web", command, environment)


PROCESSES: dict[str, Callable[[str, Settings, threading.Event], None]] = {
    "engine": wiring.run_engine,
    "worker": wiring.run_worker,
    "carrier": wiring.run_demo_carrier,
    "telephones": wiring.run_demo_telephones,
}


def main(words: Sequence[str]) -> int:
    """Run one process until SIGTERM."""
    (name,) = words
    settings = Settings.from_environment()
    configure_logs(settings.log_format, name)
    stopping = threading.Event()

    def handle(_: int, __: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    assert settings.database_url is not None, "the supervisor always names the database"
    try:
        PROCESSES[name](settings.database_url, settings, stopping)
    except TsunagaruError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

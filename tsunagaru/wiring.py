"""The one file that builds objects: what runs is put together here, and nowhere else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from casefile.clock import SystemClock
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from tsunagaru.logs import configure_logs
from tsunagaru.settings import Settings, secret

if TYPE_CHECKING:
    from apiflask import APIFlask


def web_application() -> APIFlask:
    """The WSGI application gunicorn serves; reads its settings from the environment."""
    from agent_ui.app import create_app
    from agent_ui.context import PanelContext

    settings = Settings.from_environment()
    configure_logs(settings.log_format, "web")
    assert settings.database_url is not None, "the supervisor always names the database"
    clock = SystemClock()
    return create_app(
        PanelContext(
            database=Database(settings.database_url, pool_size=20),
            clock=clock,
            ids=TimeOrderedIds(clock.now),
            secret_key=secret(settings, "session"),
        )
    )


def run_engine(database_url: str, settings: Settings, stopping: threading.Event) -> None:
    """Run the engine of every floor in this database until `stopping` is set, then let it finish what it holds."""
    del database_url, settings
    stopping.wait()


def run_worker(database_url: str, settings: Settings, stopping: threading.Event) -> None:
    """Do due work (SMS, imports, exports, audit seals) until `stopping` is set."""
    del database_url, settings
    stopping.wait()


def prepare_demo(database_url: str, settings: Settings, seed: int) -> None:
    """Fill a migrated database with the synthetic city of `seed`, unless that city is already there."""
    del database_url, settings, seed


def run_demo_carrier(database_url: str, settings: Settings, stopping: threading.Event, seed: int, speed: float) -> None:
    """Play the telephone network and the robot operators of the demo until `stopping` is set.

    `speed` is how many seconds of the city pass in one second.
    """
    del database_url, settings, seed, speed
    stopping.wait()

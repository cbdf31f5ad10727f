"""The one file that builds objects: what runs is put together here, and nowhere else."""

from __future__ import annotations

import threading
from typing import Any

from tsunagaru.settings import Settings


def web_application() -> Any:
    """The WSGI application gunicorn serves; reads its settings from the environment."""
    from agent_ui.app import create_app  # type: ignore[import-not-found,unused-ignore]

    return create_app()


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

"""What the office does with recordings by itself: take in what nodes handed on, delete what nobody may keep."""

from __future__ import annotations

from datetime import timedelta

from casefile.city import City
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from dialer import recording_shelf
from dialer.asterisk.recording.store import Store
from tsunagaru.settings import Settings
from tsunagaru.worker import Job


def recording_jobs(database: Database, clock: Clock, settings: Settings) -> list[Job]:
    """The worker's jobs; where nothing is recorded they find nothing to do."""
    store, ids = Store(settings.recordings), TimeOrderedIds(clock.now)

    def take_in(city: City) -> None:
        recording_shelf.take_in(database, [city], store, clock)

    def delete_expired(city: City) -> None:
        recording_shelf.delete_expired(database, city, store, clock, ids)

    return [
        Job("take in recordings", timedelta(seconds=5), take_in),
        # By the day, and looked at every hour so that a machine that is off at night misses none.
        Job("delete recordings", timedelta(hours=1), delete_expired),
    ]

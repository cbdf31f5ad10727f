"""What the office does with recordings by itself: take in what nodes handed on, delete what nobody may keep."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import structlog

from casefile.city import City
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from dialer import recording_shelf
from dialer.asterisk.recording.store import Store
from tsunagaru.settings import Settings
from tsunagaru.worker import Job, municipalities

log = structlog.get_logger()


class Strangers:
    """Files that no municipality here knows as its own: each is told of once, after all were asked."""

    def __init__(self) -> None:
        self._refused_by: dict[str, set[int]] = {}
        self._told: set[str] = set()

    def new_ones(self, municipality_id: int, strange: Collection[str], everybody: Collection[int]) -> list[str]:
        """What was `strange` to this municipality now, and is to everybody for the first time; by name."""
        for name in strange:
            self._refused_by.setdefault(name, set()).add(municipality_id)
        for name in self._refused_by.keys() - set(strange):
            # Another's by now, or taken away.
            del self._refused_by[name]
        self._told &= self._refused_by.keys()
        found = sorted(name for name in strange if self._refused_by[name] >= set(everybody) and name not in self._told)
        self._told.update(found)
        return found


def recording_jobs(database: Database, clock: Clock, settings: Settings) -> list[Job]:
    """The worker's jobs; where nothing is recorded they find nothing to do."""
    store, ids = Store(settings.recordings), TimeOrderedIds(clock.now)

    strangers = Strangers()

    def take_in(city: City) -> None:
        taken = recording_shelf.take_in(database, [city], store, clock)
        for name in strangers.new_ones(city.id, taken.strange, municipalities(database)):
            log.warning(
                "a recording in incoming/ belongs to no call here; tsunagaru recordings tidy lists them", file=name
            )

    def delete_expired(city: City) -> None:
        recording_shelf.delete_expired(database, city, store, clock, ids)

    return [
        Job("take in recordings", timedelta(seconds=5), take_in),
        # By the day, and looked at every hour so that a machine that is off at night misses none.
        Job("delete recordings", timedelta(hours=1), delete_expired),
    ]

"""The SMS network of the city."""

from __future__ import annotations

from casefile.city import City
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids
from rehearsal.city.model import SyntheticCity
from rehearsal.people import People
from rehearsal.room import Room


class TextService:
    """The room's SMS worker together with the network it sends through."""

    def __init__(
        self, database: Database, truth: SyntheticCity, people: People, seed: int, clock: Clock, ids: Ids
    ) -> None:
        self._parts = (database, truth, people, seed, clock, ids)

    def prepare(self, room: Room) -> None:
        """An approved template for the room."""

    def work(self, city: City) -> None:
        """One round of the worker."""

    def accepted(self) -> dict[str, str]:
        """Message id → number, of everything the network was given."""
        return {}

"""The room's SMS worker at work in virtual time, on the city's own text network."""

from __future__ import annotations

from casefile.city import City
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids
from rehearsal.city.model import SyntheticCity
from rehearsal.people import People
from rehearsal.room import Room
from rehearsal.text_network import TextNetwork
from sms.delivery import take_report
from sms.seeding import seed_templates
from sms.worker import run_due


class TextService:
    """The real worker, queue and templates; only the network behind the gateway is made up."""

    def __init__(
        self,
        database: Database,
        truth: SyntheticCity,
        people: People,
        seed: int,
        clock: Clock,
        ids: Ids,
        series: str = "R",
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._network = TextNetwork(truth, seed, clock, people.got_sms, series)

    def prepare(self, room: Room, city: City) -> None:
        """The default wordings, drafted by one and approved by another person."""
        with self._database.transaction(city.id) as conn:
            seed_templates(
                conn,
                city,
                drafted_by=room.operators[0].user_id,
                approved_by=room.supervisor.user_id,
                now=self._clock.now(),
                ids=self._ids,
            )

    def work(self, city: City) -> None:
        """What is due is sent, minute by minute; what the networks report is taken in."""
        while not run_due(self._database, city, self._clock, self._ids, self._network).idle:
            pass
        self.take_reports(city)

    def take_reports(self, city: City) -> None:
        for report in self._network.reports(self._clock.now()):
            with self._database.transaction(city.id) as conn:
                take_report(conn, city, report, self._ids)

    def accepted(self) -> dict[str, str]:
        """Message id → number, of everything the network has."""
        return dict(self._network.taken)

"""A floor with operators, a running campaign and people to call, for tests of the shell on a real database."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from callflow.events import CarrierCommand, CarrierEvent, Dial, Handed
from casefile.city import City, load_city
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt, UserAccount
from casefile.vocabulary import ClaimGroup, Purpose
from dialer import campaigns, selection
from dialer.campaigns import Draft
from dialer.commands import give
from dialer.disk import Disk, DiskAwaited
from dialer.rule import Rule
from dialer.running import PacerFor, by_mode
from dialer.shell import FloorShell, ShellTerms
from dialer.tables import CampaignEntry, Seat
from tests.people import People, key, mobile

DAY = date(2026, 10, 5)
"""A Monday."""
OPENING: datetime = at_jst(DAY, 10)
FLOOR = key("floor")
OWNER = key("owner")


class ScriptedCarrier:
    """Takes what it is told; the test says what happens. Takes every dial at once unless told otherwise."""

    def __init__(self) -> None:
        self.sent: list[CarrierCommand] = []
        self.takes_at_once = True
        self._sink: Any = None
        self.clock: VirtualClock

    def listen(self, sink: Any) -> None:
        self._sink = sink

    def send(self, command: CarrierCommand) -> None:
        self.sent.append(command)
        if isinstance(command, Dial) and self.takes_at_once:
            self._sink(Handed(command.attempt_id, self.clock.now()))

    def report(self, event: CarrierEvent) -> None:
        self._sink(event)

    def close(self) -> None:
        """Nothing is open."""

    def dialed(self) -> list[Dial]:
        return [command for command in self.sent if isinstance(command, Dial)]


@dataclass
class Room:
    """Everything of one floor; `start` opens a shell, `run` lets seconds pass."""

    database: Database
    municipality_id: int
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(OPENING))
    carrier: ScriptedCarrier = field(default_factory=ScriptedCarrier)
    ids: TimeOrderedIds = field(init=False)
    shell: FloorShell | Any = None
    city: City = field(init=False)
    campaign_id: UUID = field(init=False)
    operators: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = TimeOrderedIds(self.clock.now, random.Random(1))
        self.carrier.clock = self.clock
        with self.transaction() as conn:
            self.city = load_city(conn, self.municipality_id)

    def transaction(self) -> Any:
        return self.database.transaction(self.municipality_id)

    def fill(self, people: int, operators: int = 1, household: str | None = None, **draft: Any) -> None:
        """Debtors with one phone each, operators, a frozen and running campaign."""

        def crowd_in(crowd: People) -> None:
            if household is not None:
                crowd.household(household, "resident")
            for number in range(1, people + 1):
                crowd.debtor(f"{number:08d}", mobile(number), household)

        self.fill_with(crowd_in, operators, **draft)

    def fill_with(self, crowd_in: Callable[[People], None], operators: int = 1, **draft: Any) -> None:
        """The same with people of the test's own."""
        with self.transaction() as conn:
            crowd = People(conn, self.municipality_id, DAY)
            crowd.city_data()
            crowd_in(crowd)
            self._users(conn, operators)
            campaigns.open_floor(conn, self.municipality_id, FLOOR, "1階")
            self.campaign_id = self.campaign(conn, **draft)

    def campaign(self, conn: Any, **draft: Any) -> UUID:
        rule = Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY)
        values: dict[str, Any] = {"name": "秋の催告", "rule": rule, "owner_id": OWNER, "floor_id": FLOOR} | draft
        campaign_id = campaigns.create(conn, self.city, Draft(**values), self.clock.now(), self.ids)
        selection.freeze(conn, self.city, campaign_id, self.clock.now())
        campaigns.start(conn, self.municipality_id, campaign_id, self.clock.now())
        return campaign_id

    def _users(self, conn: Any, operators: int) -> None:
        self.operators = [key("operator", number) for number in range(operators)]
        for number, user_id in enumerate([OWNER, *self.operators]):
            conn.execute(
                insert(UserAccount),
                {
                    "municipality_id": self.municipality_id,
                    "user_id": user_id,
                    "login": f"user{number}",
                    "display_name": f"利用者{number}",
                    "password_hash": "x",
                    "active": True,
                    "session_key": str(user_id),
                    "failed_count": 0,
                    "locked_until": None,
                    "password_changed_at": OPENING,
                    "created_at": OPENING,
                },
            )

    def start(
        self,
        commit_seconds: float = 0.0,
        disk_of: Callable[[Database], Disk] = DiskAwaited,
        pacer_for: PacerFor = by_mode,
    ) -> FloorShell:
        self.shell = FloorShell(
            self.database,
            self.municipality_id,
            FLOOR,
            self.clock,
            self.ids,
            random.Random(2),
            self.carrier,
            ShellTerms(commit_seconds=commit_seconds, pacer_for=pacer_for),
            disk_of,
        )
        self.carrier.listen(self.shell.deliver)
        self.shell.start()
        return self.shell

    def close(self) -> None:
        if self.shell is not None:
            self.shell.close()

    def give(self, kind: str, operator: int = 0, attempt_id: UUID | None = None, **detail: Any) -> int:
        """One floor command of an operator, committed."""
        with self.transaction() as conn:
            return give(
                conn,
                self.municipality_id,
                FLOOR,
                kind,
                now=self.clock.now(),
                operator_id=self.operators[operator] if self.operators else None,
                attempt_id=attempt_id,
                detail=detail,
            )

    def say(self, kind: str, operator: int = 0, attempt_id: UUID | None = None, **detail: Any) -> int:
        """One floor command of an operator, committed and read."""
        number = self.give(kind, operator, attempt_id, **detail)
        self.shell.wake()
        self.shell.flush()
        return number

    def everybody_ready(self) -> None:
        for number in range(len(self.operators)):
            self.say("sign_in", number)
            self.say("ready", number)

    def run(self, seconds: float) -> None:
        """Let time pass, a tick at least every second."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.clock.move_to(min(end, self.clock.now() + timedelta(seconds=1)))
            self.shell.tick()

    # -- rows -----------------------------------------------------------------------------------------------------

    def attempts(self) -> list[Any]:
        with self.transaction() as conn:
            return list(conn.execute(select(Attempt).order_by(Attempt.intended_at, Attempt.attempt_id)).all())

    def seats(self) -> dict[UUID, Any]:
        with self.transaction() as conn:
            return {row.operator_id: row for row in conn.execute(select(Seat).order_by(Seat.operator_id))}

    def entry(self, addressee_no: str) -> Any:
        with self.transaction() as conn:
            return conn.execute(select(CampaignEntry).where(CampaignEntry.addressee_no == addressee_no)).one()

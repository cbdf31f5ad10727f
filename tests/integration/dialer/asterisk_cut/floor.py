"""A floor at work on a node in a network of its own, and what must be true of it afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psutil
from sqlalchemy import func, select

from casefile.clock import ShiftedClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer import tables
from dialer.asterisk.node.running import RunningNode, start_node
from dialer.asterisk.past import Past, past_of_the_dead
from dialer.tables import Seat
from tests.integration.dialer.asterisk_cut.network import Cable, Network
from tests.waiting import until
from tsunagaru.trial.books import balance, read_books
from tsunagaru.trial.city import DAY, MUNICIPALITY, found_trial_city, operators
from tsunagaru.trial.engine import EngineOrders, start_engine
from tsunagaru.trial.far_end import FarEnd, register_desk_phones
from tsunagaru.trial.robots import Robots
from tsunagaru.trial.telephones import TRUNK, WORDING, Lines, far_end, give_desk_phones, trial_node

OPENED = at_jst(DAY, 10)
_CALLS_A_SECOND = 8
_OPERATORS = 4
_RING_MS, _TALK_MS = 1000, 2500
_JOIN_WITHIN = timedelta(seconds=2.5)
"""2.0 s of the rule, and what a busy machine takes to say so."""


@dataclass(frozen=True)
class Held:
    threads: int
    files: int


@dataclass
class Floor:
    """Everything that is at work."""

    database: Database
    network: Network
    asterisk: RunningNode
    residents: FarEnd
    engine: subprocess.Popen[bytes]
    clock: ShiftedClock
    people: list[UUID]

    def talks(self, since: datetime, at_least: int) -> None:
        """Until so many operators have been joined with somebody since then."""
        wanted = (
            select(Attempt.operator_id).where(Attempt.connected_at > since).order_by(Attempt.operator_id).distinct()
        )
        until(lambda: self._rows(wanted), 30, lambda seen: len(seen) >= at_least)

    def settle(self) -> None:
        """Until every call is over, in the books and on the lines."""
        unfinished = select(func.count()).where(Attempt.ended_at.is_(None))
        until(lambda: (self._rows(unfinished)[0], self.channels()), 40, lambda left: left == (0, []))

    def cut_while_it_rings(self, cables: Sequence[Cable]) -> None:
        """Cut these at a moment at which a resident's telephone rings, and goes on ringing."""
        while True:
            until(self.ringing, 20)
            self.network.cut(cables)
            if self.ringing():
                return
            self.network.heal(cables)

    def given_up(self) -> int:
        """How many calls are over in the books because nothing was hoped of their node any more."""
        return int(self._rows(select(func.count()).where(Attempt.cause == "node lost"))[0])

    def seats(self) -> list[str]:
        return [str(state) for state in self._rows(select(Seat.state).order_by(Seat.operator_id))]

    def channels(self) -> list[str]:
        """Live calls. Ids that are held so that nobody can be dialed by them (Local) are none."""
        lines = self.asterisk.console("core show channels concise").splitlines()
        return [line.partition("!")[0] for line in lines if line.startswith("PJSIP/")]

    def ringing(self) -> int:
        """How many residents' telephones ring."""
        lines = self.asterisk.console("core show channels concise").splitlines()
        return sum(line.startswith(f"PJSIP/{TRUNK}-") and line.split("!")[4] == "Ringing" for line in lines)

    def has_its_engine(self) -> bool:
        """Whether the engine has taken the floor."""
        return self._rows(select(tables.Floor.engine_seen_at))[0] is not None

    def held_by_the_engine(self) -> Held:
        process = psutil.Process(self.engine.pid)
        return Held(process.num_threads(), process.num_fds())

    def files_of_the_node(self) -> int:
        return int(psutil.Process(self.asterisk.pid).num_fds())

    def pasts(self) -> list[Past]:
        """What the node itself wrote down of every call."""
        rows = self.asterisk.console("database show tsunagaru").splitlines()
        found = [past_of_the_dead(row.partition(":")[2].strip()) for row in rows if row.startswith("/tsunagaru/")]
        return [past for past in found if past is not None]

    def _rows(self, query: Any) -> list[Any]:
        with self.database.transaction(MUNICIPALITY) as conn:
            return list(conn.scalars(query))


@contextmanager
def floor_of(root: Path, network: Network, database_url: str, folder: Path, away: float) -> Iterator[Floor]:
    """Asterisk in the network, telephones and engine outside, everybody at their desks and nobody ready yet."""
    residents_at, desks_at = network.city.near
    clock, people = ShiftedClock(datetime.now(UTC), OPENED), operators(_OPERATORS)
    with ExitStack() as stack:
        residents = stack.enter_context(
            far_end("speaking", residents_at, folder / "residents", RING=_RING_MS, TALK=_TALK_MS)
        )
        desks = stack.enter_context(far_end("desk", desks_at, folder / "desks"))
        database = Database(database_url, pool_size=4)
        stack.callback(database.close)
        node = trial_node("cut", Lines(_CALLS_A_SECOND * 2, 60, 400, residents.address, residents.port))
        with database.transaction(MUNICIPALITY) as conn:
            ids = TimeOrderedIds(clock.now, Random(1))
            found_trial_city(conn, 400, people, clock.now(), ids)
            node = replace(node, operators=give_desk_phones(conn, node.name, people, clock.now()))
        node = replace(
            node,
            bind=network.city.far,
            media_address=network.city.far,
            ami_bind=network.office.far,
            ami_permit=(f"{network.office.near[0]}/32",),
        )
        asterisk = start_node(root, node, WORDING, through=network.inside)
        stack.callback(asterisk.discard)
        stack.callback(asterisk.kill)
        register_desk_phones(node.operators, desks, (node.bind, node.ports.sip), folder / "register")
        orders = replace(EngineOrders.of(database_url, clock, node, _CALLS_A_SECOND), away=away)
        engine = start_engine(orders, folder / "engine.log")
        stack.callback(engine.wait)
        stack.callback(engine.kill)
        yield Floor(database, network, asterisk, residents, engine, clock, people)


@contextmanager
def at_work(floor: Floor) -> Iterator[Robots]:
    """Operators talk and write, and in the end take a pause each."""
    robots = Robots(floor.database, floor.clock, floor.people, 0.3)
    robots.open()
    try:
        yield robots
    finally:
        robots.close()


def nothing_is_wrong(floor: Floor) -> None:
    """The books and the far end's ledger tell the same, and nobody who answered was left in silence."""
    told = balance(read_books(floor.database), floor.residents.rung())
    assert told.even, told
    silent = [
        past
        for past in floor.pasts()
        if past.answered_at is not None
        and past.ended_at is not None
        and (past.joined_at or past.announced_at or past.ended_at) - past.answered_at > _JOIN_WITHIN
    ]
    assert silent == []

"""One floor under attack: engine and carrier are processes of their own, and what they know is compared at the end.

The carrier has a ledger of what rang. When all is over, ledger and database must tell the same story.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from casefile.clock import ShiftedClock, at_jst
from casefile.db import Database
from casefile.tables import Attempt
from dialer import campaigns
from dialer.commands import give
from dialer.live import run_engine
from dialer.tables import Floor, FloorCommand, Seat
from rehearsal.carrier_client import CarrierClient
from rehearsal.carrier_ledger import read_ledger
from rehearsal.city import CityPlan, build_city
from tests.integration.dialer.room import DAY, FLOOR, Room
from tests.people import People

_SEED = 3
_HOUSEHOLDS = 300
_OPERATORS = 40
_WORKING = {"ready", "reserved", "talking", "wrapup", "paused"}


def _engine(url: str, municipality_id: int, port: int, clock: str) -> None:
    """The engine's process; SIGTERM ends it cleanly, SIGKILL does not ask."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    client = CarrierClient(port)
    run_engine(url, municipality_id, FLOOR, client, stopping, clock=ShiftedClock.decode(clock))


@dataclass
class Trial:
    """One floor under attack."""

    url: str
    room: Room
    port: int
    ledger: Path
    clock: ShiftedClock
    engine: Any = None
    started_at: float = 0.0
    back_to_work: list[float] = field(default_factory=list)
    measured: bool = True
    epoch: int = 0

    def begin_to_measure(self) -> None:
        """From now on it counts how long it takes until everybody is back to work."""
        self.started_at, self.measured = time.monotonic(), False

    def start_engine(self) -> None:
        forked = multiprocessing.get_context("fork")
        self.engine = forked.Process(
            target=_engine, args=(self.url, self.room.municipality_id, self.port, self.clock.encode()), daemon=True
        )
        self.engine.start()
        self.begin_to_measure()

    def kill(self) -> None:
        os.kill(self.engine.pid, signal.SIGKILL)
        self.engine.join()

    def give(self, kind: str, operator_id: UUID) -> None:
        with self.room.transaction() as conn:
            give(conn, self.room.municipality_id, FLOOR, kind, now=self.clock.now(), operator_id=operator_id)

    def work(self, seconds: float) -> None:
        """Operators go on with their work, whatever happens to the engine."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(0.1)

    def look(self) -> None:
        """Hang up and wrap up as operators do; see whether the floor is at work again after a restart."""
        with self.room.transaction() as conn:
            seats = conn.execute(select(Seat).order_by(Seat.operator_id)).all()
            floor = conn.execute(select(Floor)).one()
            unknown = conn.execute(select(Attempt.attempt_id).where(Attempt.state == "unknown")).all()
            asked = set(conn.execute(select(FloorCommand.operator_id).where(FloorCommand.done_at.is_(None))).scalars())
        for seat in seats:
            if seat.operator_id in asked:
                continue
            if seat.state == "talking" and (self.clock.now() - seat.since).total_seconds() > 1.5:
                self.give("hang_up", seat.operator_id)
            elif seat.state == "wrapup":
                self.give("wrapup_done", seat.operator_id)
            elif seat.state == "paused":
                self.give("ready", seat.operator_id)
        at_work = bool(seats) and all(seat.state in _WORKING for seat in seats)
        if not self.measured and floor.epoch > self.epoch and not unknown and at_work:
            self.back_to_work.append(time.monotonic() - self.started_at)
            self.measured, self.epoch = True, floor.epoch

    def work_until_an_intent(self, seconds: float) -> None:
        """Until a new attempt is committed: the moment between the row and the carrier is the one that matters."""
        end = time.monotonic() + seconds
        before = self._intents()
        while time.monotonic() < end and self._intents() == before:
            self.look()

    def standing(self) -> str:
        """What keeps the floor from work."""
        with self.room.transaction() as conn:
            seats = Counter(conn.execute(select(Seat.state)).scalars())
            calls = Counter(conn.execute(select(Attempt.state)).scalars())
            epoch = conn.execute(select(Floor.epoch)).scalar_one()
        return f"seats {dict(seats)}, calls {dict(calls)}, epoch {epoch} after {self.epoch}, exit code {self.engine.exitcode}"

    def _intents(self) -> int:
        with self.room.transaction() as conn:
            count: int = conn.execute(select(func.count()).select_from(Attempt)).scalar_one()
            return count

    def wait_until_quiet(self, seconds: float) -> float:
        """Pause the campaign and let every call end; gives how long that took."""
        with self.room.transaction() as conn:
            campaigns.pause(conn, self.room.municipality_id, self.room.campaign_id, self.clock.now())
        begun = time.monotonic()
        while any(row.live for row in self.room.attempts()):
            assert time.monotonic() - begun < seconds, "a call was never reconciled"
            self.look()
            time.sleep(0.1)
        return time.monotonic() - begun


@pytest.fixture
def trial(database: Database, database_url: str, municipality: int, tmp_path: Path) -> Iterator[Trial]:
    clock = ShiftedClock(datetime.now(UTC), at_jst(DAY, 10), 1.0)
    ledger = tmp_path / "ledger.jsonl"
    words = ["carrier", "--seed", _SEED, "--households", _HOUSEHOLDS, "--ledger", ledger, "--clock", clock.encode()]
    carrier = subprocess.Popen([sys.executable, "-m", "tsunagaru", *map(str, words)], stdout=subprocess.PIPE, text=True)
    assert carrier.stdout is not None
    room = _filled_room(database, municipality)
    made = Trial(database_url, room, json.loads(carrier.stdout.readline())["port"], ledger, clock)
    yield made
    if made.engine is not None and made.engine.is_alive():
        made.kill()
    carrier.terminate()
    carrier.wait(20)
    carrier.stdout.close()


def _filled_room(database: Database, municipality: int) -> Room:
    """Debtors on the numbers of the carrier's own city."""
    numbers = sorted(build_city(CityPlan(seed=_SEED, households=_HOUSEHOLDS)).lines)
    room = Room(database, municipality)
    room.fill_with(lambda crowd: _debtors(crowd, numbers), operators=_OPERATORS, ring_seconds=15)
    return room


def _debtors(crowd: People, numbers: list[str]) -> None:
    for number, e164 in enumerate(numbers):
        crowd.debtor(f"{number:08d}", e164)


def attack(
    trial: Trial, blows: int, seed: int, blow: Callable[[Trial], None], back_within: float = 10.0
) -> dict[str, Any]:
    """Strike so many times at random moments, then compare the two books. Gives the figures.

    `back_within`: seconds after which everybody must be back to work.
    """
    draw = random.Random(seed)
    trial.start_engine()
    for operator_id in trial.room.operators:
        trial.give("sign_in", operator_id)
        trial.give("ready", operator_id)
    for number in range(blows):
        if number % 3 == 1:
            trial.work_until_an_intent(2.5)
        else:
            trial.work(draw.uniform(0.05, 2.5))
        blow(trial)
    deadline = time.monotonic() + back_within
    while not trial.measured:
        assert time.monotonic() < deadline, f"not back to work within {back_within} s: {trial.standing()}"
        trial.look()
        time.sleep(0.05)
    trial.work(2)
    quiet = trial.wait_until_quiet(60)
    os.kill(trial.engine.pid, signal.SIGTERM)
    trial.engine.join(20)
    assert trial.engine.exitcode == 0

    book = list(read_ledger(trial.ledger))
    rang = Counter(line.attempt_id for line in book if line.what == "rang")
    absent = {line.attempt_id for line in book if line.what == "absent"}
    attempts = {row.attempt_id: row for row in trial.room.attempts()}
    assert [attempt for attempt, times in rang.items() if times > 1] == [], "a bell rang twice for one attempt"
    assert set(rang) <= set(attempts), "something rang that no row knows"
    for line in book:
        if line.what == "rang":
            assert attempts[line.attempt_id].e164 == line.e164
    never = {attempt for attempt, row in attempts.items() if row.result == "15"}
    assert not never & set(rang), "closed as never dialed, and yet it rang"
    assert set(attempts) - never <= set(rang), "an attempt is said to be dialed, and nothing rang"
    assert absent <= never
    assert all(row.state == "ended" and row.result is not None for row in attempts.values())
    assert max(trial.back_to_work) <= back_within
    return {
        "kills": blows,
        "attempts": len(attempts),
        "rang": len(rang),
        "rang_twice": 0,
        "lost": 0,
        "never_handed": len(never),
        "restarts_measured": len(trial.back_to_work),
        "back_to_work_median_s": round(statistics.median(trial.back_to_work), 2),
        "back_to_work_max_s": round(max(trial.back_to_work), 2),
        "quiet_after_s": round(quiet, 1),
    }

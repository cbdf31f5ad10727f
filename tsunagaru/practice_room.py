"""A rehearsed arrears room brought to life in one process: real database, real engine, real web server, prompt lines.

For the measure of the panel and for the tests that drive a browser. A day or two of rehearsal leave a history behind;
then the clock runs on by itself from a morning at ten, and every call is answered as the caller of this module says.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Connection
from werkzeug.serving import BaseWSGIServer, make_server

from agent_ui.app import create_app
from agent_ui.context import PanelContext, SpokenLine
from agent_ui.notifier import Notifier
from callflow.events import (
    Announce,
    Answered,
    CarrierCommand,
    CarrierEvent,
    Detected,
    Dial,
    Ended,
    Handed,
    Hangup,
    Heard,
    Incoming,
    Join,
    Joined,
    Reconcile,
    Reconciled,
    Ringing,
    Wish,
    Wished,
)
from casefile import accounts
from casefile.clock import Clock, ShiftedClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from dialer.carrier import Sink
from dialer.live import run_engine
from rehearsal.runner import Rehearsal, RehearsalPlan

PASSWORD = "Renshu-2026-shitsu"  # noqa: S105 - of a room that exists for minutes on a loopback address


def _nobody(event: CarrierEvent) -> None:
    """Nobody listens yet."""
    del event


_SPEECH = (
    SpokenLine(0.2, "相手", "はい、もしもし。"),
    SpokenLine(4.0, "相手", "ええ、本人です。どちらさまですか。"),
    SpokenLine(9.0, "相手", "住所も言うんですか。いいですよ。"),
    SpokenLine(16.0, "相手", "ああ、すっかり忘れていました。月末には払えます。"),
)


def _scripted_speech(conn: Connection, municipality_id: int, attempt_id: UUID) -> list[SpokenLine]:
    """Every resident of the practice room says the same."""
    del conn, municipality_id, attempt_id
    return list(_SPEECH)


class PromptLines:
    """A carrier whose residents answer as they are told: by default after 0.4 s, as a person.

    Events come back in the order of their times from a thread of its own, as those of a real carrier do.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sink: Sink = _nobody
        self._due: list[tuple[datetime, int, CarrierEvent]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._over: set[UUID] = set()
        self.ring_seconds = 0.4
        self.detected = Detected.PERSON
        self.dialed: list[Dial] = []

    def listen(self, sink: Sink) -> None:
        self._sink = sink
        threading.Thread(target=self._run, name="practice-lines", daemon=True).start()

    def send(self, command: CarrierCommand) -> None:
        now = self._clock.now()
        match command:
            case Dial():
                self.dialed.append(command)
                self._later(Handed(command.attempt_id, now), 0)
                self._later(Ringing(command.attempt_id, now), 0.05)
                answered = now + timedelta(seconds=self.ring_seconds)
                self._later(Answered(command.attempt_id, answered), self.ring_seconds)
                self._later(Heard(command.attempt_id, answered, self.detected), self.ring_seconds)
            case Join():
                self._later(Joined(command.attempt_id, command.operator_id, now), 0.02)
            case Announce() | Hangup():
                self._end(command.attempt_id, by_resident=False)
            case Reconcile():
                self._later(Reconciled(command.attempt_id, now, known=False, live=False), 0)

    def somebody_calls(self, e164: str | None, wish: Wish | None = None) -> UUID:
        """返電, from this number or from a withheld one; gives the attempt's id."""
        attempt_id, now = uuid4(), self._clock.now()
        self._later(Incoming(attempt_id, now, e164), 0)
        if wish is not None:
            self._later(Wished(attempt_id, now, wish), 0.01)
        return attempt_id

    def resident_hangs_up(self, attempt_id: UUID) -> None:
        """The other side puts the receiver down."""
        self._end(attempt_id, by_resident=True)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                left = (self._due[0][0] - self._clock.now()).total_seconds() if self._due else None
                if left is None or left > 0:
                    self._changed.wait(left)
                    continue
                event = heapq.heappop(self._due)[2]
            self._sink(event)

    def _end(self, attempt_id: UUID, *, by_resident: bool) -> None:
        if attempt_id in self._over:
            return
        self._over.add(attempt_id)
        at = self._clock.now()
        self._later(Ended(attempt_id, at, "16", "01", by_resident), 0.03)

    def _later(self, event: CarrierEvent, seconds: float) -> None:
        due = self._clock.now() + timedelta(seconds=seconds)
        with self._changed:
            heapq.heappush(self._due, (due, next(self._order), event))
            self._changed.notify()


@dataclass(frozen=True)
class PracticeRoom:
    """A running room. Sign in as `supervisor`, `operator1` … with PASSWORD."""

    url: str
    municipality_id: int
    database: Database
    clock: Clock
    lines: PromptLines
    floor_id: UUID
    operators: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A database with a day or more behind it."""

    municipality_id: int
    floor_id: UUID
    people: tuple[UUID, ...]
    """The supervisor, then the operators."""
    opens_at: datetime


def rehearse(
    database_url: str, folder: Path, *, days: int = 1, operators: int = 1, households: int = 260, seed: int = 1
) -> Rehearsed:
    """Fill a migrated, empty database with a rehearsal; the room opens at ten on the first weekday after it."""
    plan = RehearsalPlan(days=days, operators=operators, seed=seed, households=households)
    with _opened(Database(database_url, asynchronous_commit=True)) as rehearsed:
        rehearsal = Rehearsal(plan, rehearsed, folder)
        rehearsal.run()
        room = rehearsal.room
    day = plan.first_day + timedelta(days=days)
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    people = tuple(user.user_id for user in (room.supervisor, *room.operators))
    return Rehearsed(room.municipality_id, room.floor_id, people, at_jst(day, 10))


@contextmanager
def practice_room(database_url: str, room: Rehearsed) -> Iterator[PracticeRoom]:
    """Open the rehearsed room on a free loopback port until the block ends."""
    clock = ShiftedClock(datetime.now(UTC), room.opens_at)
    lines = PromptLines(clock)
    with _opened(Database(database_url, pool_size=10)) as database:
        with database.transaction(room.municipality_id) as conn:
            for user_id in room.people:
                accounts.set_password(conn, room.municipality_id, user_id, PASSWORD, clock.now())
        context = PanelContext(
            database=database,
            clock=clock,
            ids=TimeOrderedIds(clock.now),
            secret_key="practice",  # noqa: S106 - of a room that exists for minutes on a loopback address
            speech_of=_scripted_speech,
            sign_in_rate="1000 per minute",
        )
        app = create_app(context)
        # Its line for every request would drown what a failing test has to say.
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        with (
            _engine(database_url, room.municipality_id, room.floor_id, lines, clock),
            _serving(server, app.extensions["notifier"]),
        ):
            yield PracticeRoom(
                url=f"http://127.0.0.1:{server.server_port}",
                municipality_id=room.municipality_id,
                database=database,
                clock=clock,
                lines=lines,
                floor_id=room.floor_id,
                operators=room.people[1:],
            )


@contextmanager
def _engine(url: str, municipality_id: int, floor_id: UUID, lines: PromptLines, clock: Clock) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(
        target=run_engine,
        args=(url, municipality_id, floor_id, lines, stopping),
        kwargs={"clock": clock},
        name="practice-engine",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=10)


@contextmanager
def _opened(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _serving(server: BaseWSGIServer, notifier: Notifier) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, name="practice-web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        notifier.stop()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()

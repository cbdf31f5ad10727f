"""`tsunagaru bench engine`: attempts a second of wall time through engine, gate and PostgreSQL, in virtual time.

The reference world of PACING.md §2 at one-to-one dialing: every attempt passes the gate, is stored with each of its
steps and with what follows from it; operators talk and wrap up by command rows. No screens, no forms, no robots.
As in a rehearsal, many events share one transaction.

With `--carrier asterisk` in real time, on a real Asterisk with sipp at the far end: attempts a second beside those of a bare
loop of Originates, and, in a full room, how soon after an answer the case is on the screen and the voice is heard.
"""

from __future__ import annotations

import heapq
import random
import time
from argparse import Namespace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from callflow.events import (
    Answered,
    CarrierCommand,
    CarrierEvent,
    Detected,
    Dial,
    Ended,
    Handed,
    Hangup,
    Heard,
    Join,
    Joined,
    Ringing,
)
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer.carrier import Sink
from dialer.commands import give
from dialer.shell import FloorShell, ShellTerms
from rehearsal.one_transaction import OneTransaction
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.database import database_of_its_own
from tsunagaru.machine import table
from tsunagaru.settings import Settings
from tsunagaru.trial.city import DAY, FLOOR, MUNICIPALITY, found_trial_city
from tsunagaru.trial.city import operators as operators_of_city
from tsunagaru.trial.joining import OPERATORS, measure_joining
from tsunagaru.trial.rate import measure_rates


def configure(parser: Parser) -> None:
    parser.add_argument("--operators", type=a_positive_number, default=20, metavar="人", help="オペレーター数(既定 20)")
    parser.add_argument("--attempts", type=a_positive_number, default=3000, metavar="件", help="架電数(既定 3000)")
    parser.add_argument(
        "--carrier",
        choices=("virtual", "asterisk"),
        default="virtual",
        help="仮想時間の回線(既定)か、この機械で動かす本物のAsterisk(root と sipp が必要)",
    )
    parser.add_argument(
        "--room-seconds",
        type=a_positive_number,
        default=120,
        metavar="秒",
        help=f"Asteriskのとき: {OPERATORS}人の部屋を動かす長さ(既定 120)",
    )


def run(args: Namespace) -> int:
    if args.carrier == "asterisk":
        return _on_asterisk(args.attempts, args.room_seconds)
    with database_of_its_own(Settings.from_environment(), "bench") as url:
        database = Database(url, asynchronous_commit=True)
        try:
            world = _World(database, args.operators, args.attempts)
            world.prepare()
            world.play()
            print(table(world.figures()))
        finally:
            database.close()
    return 0


def _on_asterisk(attempts: int, room_seconds: int) -> int:
    settings = Settings.from_environment()
    with database_of_its_own(settings, "bench") as url:
        rates = measure_rates(url, attempts)
    print(table(rates.figures()))
    print()
    with database_of_its_own(settings, "bench") as url:
        joining = measure_joining(url, room_seconds)
    print(table(joining.figures()))
    return 0 if rates.good and joining.good else 1


@dataclass
class _Lines:
    """The network of PACING.md §2, one draw for each dial."""

    clock: VirtualClock
    rng: random.Random
    agenda: list[tuple[datetime, int, Any]] = field(default_factory=list)
    over: set[UUID] = field(default_factory=set)
    talks: dict[UUID, UUID] = field(default_factory=dict)
    _seq: int = 0

    def listen(self, sink: Sink) -> None:
        """Events leave through the agenda."""

    def close(self) -> None:
        """Nothing is open."""

    def at(self, seconds: float, what: Any) -> None:
        self._seq += 1
        heapq.heappush(self.agenda, (self.clock.now() + timedelta(seconds=seconds), self._seq, what))

    def send(self, command: CarrierCommand) -> None:
        match command:
            case Dial():
                self._dial(command.attempt_id)
            case Join():
                self.talks[command.attempt_id] = command.operator_id
                self._later(0.2, lambda at: Joined(command.attempt_id, command.operator_id, at))
                self._end(0.2 + self.rng.lognormvariate(4.44, 0.83), command.attempt_id, None)
            case Hangup():
                self._end(0.1, command.attempt_id, "04")
            case _:
                pass

    def _dial(self, attempt_id: UUID) -> None:
        delay = self.rng.uniform(1.5, 4.5)
        self._later(0.05, lambda at: Handed(attempt_id, at))
        self._later(delay, lambda at: Ringing(attempt_id, at))
        draw = self.rng.random()
        if draw < 0.35:
            answered = delay + min(self.rng.lognormvariate(2.04, 0.55), 24)
            self._later(answered, lambda at: Answered(attempt_id, at))
            self._later(answered + 0.4, lambda at: Heard(attempt_id, at, Detected.PERSON))
        elif draw < 0.71:
            self._end(delay + 25, attempt_id, "03")
        elif draw < 0.87:
            answered = delay + self.rng.lognormvariate(2.66, 0.29)
            self._later(answered, lambda at: Answered(attempt_id, at))
            self._later(answered + 1.2, lambda at: Heard(attempt_id, at, Detected.MACHINE))
        else:
            self._end(delay + self.rng.uniform(0.5, 2.5), attempt_id, "02" if draw < 0.93 else "07")

    def _later(self, seconds: float, event: Any) -> None:
        self.at(seconds, event)

    def _end(self, seconds: float, attempt_id: UUID, result: str | None) -> None:
        self.at(seconds, lambda at: Ended(attempt_id, at, "16", result, by_resident=True))


class _World:
    """A city of just enough people, operators who never tire, and a stop-watch."""

    def __init__(self, database: Database, operators: int, attempts: int) -> None:
        self._database = database
        self._work = OneTransaction(database.url)
        self._attempts = attempts
        self._clock = VirtualClock(at_jst(DAY, 9, 30))
        self._rng = random.Random(1)
        self._ids = TimeOrderedIds(self._clock.now, self._rng)
        self._operators = operators_of_city(operators)
        self._lines = _Lines(self._clock, random.Random(2))
        self._events = 0
        self._seconds = 0.0

    def prepare(self) -> None:
        """The city, its list and its floor."""
        with self._database.transaction(MUNICIPALITY) as conn:
            found_trial_city(conn, self._attempts + self._attempts // 5, self._operators, self._clock.now(), self._ids)
        self._work.refresh_statistics()

    def play(self) -> None:
        """Until so many attempts were made, or the day is over."""
        terms = ShellTerms(heartbeat_seconds=60, rows_seconds=600, commit_seconds=2)
        shell = FloorShell(self._work, MUNICIPALITY, FLOOR, self._clock, self._ids, self._rng, self._lines, terms)
        shell.start()
        for operator_id in self._operators:
            self._say("sign_in", operator_id)
            self._say("ready", operator_id)
        shell.wake()
        begun = time.perf_counter()
        tick_at: datetime | None = self._clock.now()
        closing = at_jst(DAY, 19, 50)
        while self._clock.now() < closing and len(self._lines.over) < self._attempts:
            next_event = self._lines.agenda[0][0] if self._lines.agenda else closing
            if tick_at is not None and tick_at <= next_event:
                self._clock.move_to(max(tick_at, self._clock.now()))
                shell.tick()
            else:
                self._one_event(shell)
            tick_at = shell.next_wakeup()
        shell.flush()
        self._seconds = time.perf_counter() - begun
        shell.close()
        self._work.close()

    def _one_event(self, shell: FloorShell) -> None:
        at, _, what = heapq.heappop(self._lines.agenda)
        self._clock.move_to(max(at, self._clock.now()))
        if isinstance(what, UUID):
            self._say("wrapup_done", what)
            shell.wake()
            return
        event: CarrierEvent = what(self._clock.now())
        self._events += 1
        if isinstance(event, Ended):
            if event.attempt_id in self._lines.over:
                return
            self._lines.over.add(event.attempt_id)
            operator_id = self._lines.talks.get(event.attempt_id)
            if operator_id is not None:
                self._lines.at(self._rng.lognormvariate(3.25, 0.55), operator_id)
        shell.deliver(event)

    def _say(self, kind: str, operator_id: UUID) -> None:
        with self._work.transaction(MUNICIPALITY) as conn:
            give(conn, MUNICIPALITY, FLOOR, kind, now=self._clock.now(), operator_id=operator_id)

    def figures(self) -> list[tuple[str, ...]]:
        """The table."""
        with self._database.transaction(MUNICIPALITY) as conn:
            made = conn.execute(select(func.count()).select_from(Attempt)).scalar_one()
        return [
            ("発信エンジン(仮想時間、1対1)", ""),
            ("オペレーター", str(len(self._operators))),
            ("架電", f"{made:,}"),
            ("キャリアの出来事", f"{self._events:,}"),
            ("秒", f"{self._seconds:.1f}"),
            ("架電/秒", f"{made / self._seconds:,.0f}"),
            ("1架電あたり", f"{self._seconds / max(made, 1) * 1000:.2f} ms"),
        ]

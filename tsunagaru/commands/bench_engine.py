"""`tsunagaru bench engine`: attempts a second of wall time through engine, gate and PostgreSQL, in virtual time.

The reference world of PACING.md §2 at one-to-one dialing: every attempt passes the gate, is stored with each of its
steps and with what follows from it; operators talk and wrap up by command rows. No screens, no forms, no robots.
As in a rehearsal, many events share one transaction.
"""

from __future__ import annotations

import heapq
import random
import time
from argparse import Namespace
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select

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
from casefile.city import load_city
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds, stable_id
from casefile.tables import Arrears, Attempt, Household, ImportRun, Phone, TaxItem, Taxpayer, UserAccount
from casefile.vocabulary import ClaimGroup, Purpose
from dialer import campaigns, selection
from dialer.campaigns import Draft
from dialer.carrier import Sink
from dialer.commands import give
from dialer.rule import Rule
from dialer.shell import FloorShell, ShellTerms
from rehearsal.one_transaction import OneTransaction
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.database import database_of_its_own
from tsunagaru.machine import table
from tsunagaru.settings import Settings

_MUNICIPALITY = 119995
_DAY = date(2026, 10, 5)
_FLOOR = stable_id("bench", "floor")
_OWNER = stable_id("bench", "owner")
_CHUNK = 2000


def configure(parser: Parser) -> None:
    parser.add_argument("--operators", type=a_positive_number, default=20, metavar="人", help="オペレーター数(既定 20)")
    parser.add_argument("--attempts", type=a_positive_number, default=3000, metavar="件", help="架電数(既定 3000)")


def run(args: Namespace) -> int:
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
        self._clock = VirtualClock(at_jst(_DAY, 9, 30))
        self._rng = random.Random(1)
        self._ids = TimeOrderedIds(self._clock.now, self._rng)
        self._operators = [stable_id("bench", "operator", number) for number in range(operators)]
        self._lines = _Lines(self._clock, random.Random(2))
        self._events = 0
        self._seconds = 0.0

    def prepare(self) -> None:
        """The city, its list and its floor."""
        profile = MunicipalityProfile(_MUNICIPALITY, "測定市", "ソクテイシ", "測定県", "納税課", "03", "+81300003333")
        with self._database.transaction(_MUNICIPALITY) as conn:
            found_municipality(conn, profile, self._clock.now(), self._ids)
            _write_city(conn, self._attempts + self._attempts // 5)
            _write_users(conn, self._operators, self._clock.now())
            campaigns.open_floor(conn, _MUNICIPALITY, _FLOOR, "測定")
            city = load_city(conn, _MUNICIPALITY)
            rule = Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY)
            draft = Draft("測定", rule, _OWNER, _FLOOR)
            campaign_id = campaigns.create(conn, city, draft, self._clock.now(), self._ids)
            selection.freeze(conn, city, campaign_id, self._clock.now())
            campaigns.start(conn, _MUNICIPALITY, campaign_id, self._clock.now())
        self._work.refresh_statistics()

    def play(self) -> None:
        """Until so many attempts were made, or the day is over."""
        terms = ShellTerms(heartbeat_seconds=60, rows_seconds=600, commit_seconds=2)
        shell = FloorShell(self._work, _MUNICIPALITY, _FLOOR, self._clock, self._ids, self._rng, self._lines, terms)
        shell.start()
        for operator_id in self._operators:
            self._say("sign_in", operator_id)
            self._say("ready", operator_id)
        shell.wake()
        begun = time.perf_counter()
        tick_at: datetime | None = self._clock.now()
        closing = at_jst(_DAY, 19, 50)
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
        with self._work.transaction(_MUNICIPALITY) as conn:
            give(conn, _MUNICIPALITY, _FLOOR, kind, now=self._clock.now(), operator_id=operator_id)

    def figures(self) -> list[tuple[str, ...]]:
        """The table."""
        with self._database.transaction(_MUNICIPALITY) as conn:
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


def _write_city(conn: Connection, people: int) -> None:
    now = at_jst(_DAY)
    conn.execute(
        insert(TaxItem),
        {
            "municipality_id": _MUNICIPALITY,
            "tax_code": "01",
            "name": "市県民税",
            "short_name": "市県民税",
            "claim_class": "local_tax",
            "claim_group": "compulsory",
            "limitation_years": 5,
            "interest_rule": "local_tax",
            "interest_terms": {},
        },
    )
    conn.execute(
        insert(ImportRun),
        {
            "municipality_id": _MUNICIPALITY,
            "import_id": stable_id("bench", "receipts"),
            "file_kind": "receipts",
            "file_name": "receipts.csv",
            "sha256": "0",
            "encoding": "utf-8",
            "extent": "all",
            "as_of": _DAY,
            "row_count": 0,
            "amount_yen": 0,
            "inserted": 0,
            "changed": 0,
            "unchanged": 0,
            "closed": 0,
            "rejected": 0,
            "detail": {},
            "applied_at": now,
            "applied_by": None,
        },
    )
    for first in range(0, people, _CHUNK):
        numbers = range(first, min(first + _CHUNK, people))
        for model, row in ((Household, _household), (Taxpayer, _taxpayer), (Phone, _phone), (Arrears, _arrears)):
            conn.execute(insert(model), [{"municipality_id": _MUNICIPALITY} | row(number) for number in numbers])


def _household(number: int) -> dict[str, Any]:
    return {"household_id": f"H{number:08d}", "kind": "resident", "head_addressee_no": None, "import_id": None}


def _taxpayer(number: int) -> dict[str, Any]:
    return {
        "addressee_no": f"{number:08d}",
        "kind": "person",
        "name": f"測定{number}",
        "name_kana": "ソクテイ",
        "kana_key": "そくてい",
        "address": "測定市1",
        "outside_city": False,
        "household_id": f"H{number:08d}",
        "language": "ja",
        "whereabouts": "known",
        "as_of": _DAY,
    }


def _phone(number: int) -> dict[str, Any]:
    return {
        "phone_id": stable_id("bench", "phone", number),
        "addressee_no": f"{number:08d}",
        "position": 1,
        "raw": f"0900{number:07d}",
        "raw_digits": f"0900{number:07d}",
        "e164": f"+81900{number:07d}",
        "line_type": "mobile",
        "place": "mobile",
        "holder": "self",
        "source": "import",
        "as_of": _DAY,
    }


def _arrears(number: int) -> dict[str, Any]:
    return {
        "addressee_no": f"{number:08d}",
        "tax_code": "01",
        "claim_group": "compulsory",
        "levy_year": 2026,
        "assessed_year": 2026,
        "period": 1,
        "notice_no": "",
        "category": "current",
        "assessed_yen": 30000,
        "unpaid_yen": 30000,
        "provisional_paid_yen": 0,
        "demand_fee_yen": 0,
        "interest_yen": 0,
        "interest_base_yen": 30000,
        "due_date": date(2026, 6, 30),
        "demand_notice_date": date(2026, 7, 17),
        "as_of": _DAY,
    }


def _write_users(conn: Connection, operators: list[UUID], now: datetime) -> None:
    conn.execute(
        insert(UserAccount),
        [
            {
                "municipality_id": _MUNICIPALITY,
                "user_id": user_id,
                "login": f"bench{number}",
                "display_name": f"測定{number}",
                "password_hash": "-",
                "active": True,
                "session_key": str(user_id),
                "failed_count": 0,
                "locked_until": None,
                "password_changed_at": now,
                "created_at": now,
            }
            for number, user_id in enumerate([_OWNER, *operators])
        ],
    )

"""The demo's room: a synthetic city with two days of work behind it, and what its processes need to know of each other."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from casefile import accounts
from casefile.clock import ShiftedClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from rehearsal.city import CityPlan, SyntheticCity, build_city
from rehearsal.city.taxes import office_open
from rehearsal.room import dial_ahead
from rehearsal.runner import Rehearsal, RehearsalPlan
from tsunagaru.database import DEMO_FILE
from tsunagaru.ports import free_port

_HISTORY_DAYS = 2
_ROBOTS = 4
_HOUSEHOLDS = 4_000
"""So many that on the day a visitor comes the list is far from used up."""
_OPENING_HOUR = 10


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """One demo, as its processes read it. Times of the clock are real seconds times its speed."""

    seed: int
    households: int
    listed_until: date
    municipality_id: int
    floor_id: UUID
    robots: tuple[UUID, ...]
    carrier_port: int

    def city(self) -> SyntheticCity:
        """The same people behind the same numbers as in the rehearsed days."""
        return build_city(CityPlan(self.seed, self.households, self.listed_until))


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody a newcomer may sign in as."""

    login: str
    password: str
    what: str


@dataclass(frozen=True, slots=True)
class OpenedDemo:
    """What `tsunagaru demo` needs to start the processes and to say who may come in."""

    room: DemoRoom
    clock: ShiftedClock
    sign_ins: tuple[SignIn, ...]


def open_demo(url: str, home: Path, seed: int, speed: float, tell: Callable[[str], None]) -> OpenedDemo:
    """Rehearse two days on a migrated, empty database and open the next working day at ten.

    Writes `demo-room.json` and the imported files into `home`; `tell` hears one Japanese line at each step.
    """
    files = home / "files"
    shutil.rmtree(files, ignore_errors=True)
    shutil.rmtree(speech_folder(home), ignore_errors=True)
    files.mkdir(parents=True)
    speech_folder(home).mkdir()
    plan = RehearsalPlan(days=_HISTORY_DAYS, operators=_ROBOTS, seed=seed, households=_HOUSEHOLDS)
    database = Database(url, asynchronous_commit=True)
    try:
        tell(f"架空の市をつくり、{_HISTORY_DAYS}日分の業務を進めています(30秒から1分ほどかかります)…")
        rehearsal = Rehearsal(plan, database, files)
        rehearsal.run()
        clock = ShiftedClock(datetime.now(UTC), _opening(plan), speed)
        dial_ahead(database, rehearsal.room, clock)
        sign_ins = _accounts(database, rehearsal, clock)
    finally:
        database.close()
    staff = rehearsal.room
    room = DemoRoom(
        seed=seed,
        households=plan.size,
        listed_until=plan.listed_until,
        municipality_id=staff.municipality_id,
        floor_id=staff.floor_id,
        robots=tuple(user.user_id for user in staff.operators),
        carrier_port=free_port("127.0.0.1", kind=socket.SOCK_STREAM),
    )
    (home / DEMO_FILE).write_text(json.dumps(asdict(room), default=str), encoding="utf-8")
    return OpenedDemo(room, ShiftedClock(datetime.now(UTC), clock.start, speed), sign_ins)


def demo_room(home: Path) -> DemoRoom:
    """The demo that was opened in this home. Raises FileNotFoundError where none was."""
    plain = json.loads((home / DEMO_FILE).read_text(encoding="utf-8"))
    return DemoRoom(
        seed=plain["seed"],
        households=plain["households"],
        listed_until=date.fromisoformat(plain["listed_until"]),
        municipality_id=plain["municipality_id"],
        floor_id=UUID(plain["floor_id"]),
        robots=tuple(UUID(user_id) for user_id in plain["robots"]),
        carrier_port=plain["carrier_port"],
    )


def speech_folder(home: Path) -> Path:
    """Where the carrier leaves what residents say to a human operator, a file a call."""
    return home / "speech"


def _opening(plan: RehearsalPlan) -> datetime:
    day = plan.first_day + timedelta(days=plan.days)
    while not office_open(day):
        day += timedelta(days=1)
    return at_jst(day, _OPENING_HOUR)


def _accounts(database: Database, rehearsal: Rehearsal, clock: ShiftedClock) -> tuple[SignIn, ...]:
    ids = TimeOrderedIds(clock.now)
    code = rehearsal.room.municipality_id
    password = f"Demo-{secrets.token_hex(4)}"
    with database.transaction(code) as conn:
        for login, name, role in (
            ("operator", "体験オペレーター", "operator"),
            ("collector", "体験徴税吏員", "collector"),
        ):
            accounts.create_user(
                conn, code, login=login, display_name=name, password=password, roles=[role], now=clock.now(), ids=ids
            )
        accounts.set_password(conn, code, rehearsal.room.supervisor.user_id, password, clock.now())
    return (
        SignIn("operator", password, "オペレーター"),
        SignIn("supervisor", password, "監督者(フロア・帳票・緊急停止)"),
        SignIn("collector", password, "徴税吏員"),
    )

"""A floor that dials twenty times a second for a long time while one thing after the other breaks beneath it.

`python -m tsunagaru.trial.soak --minutes 60 --fault-every 5`; what breaks and how long stands in `soak.toml`. When all is over
the books and the far end's ledger must tell the same story, no channel may be left, and the engine must be as small as
it was.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import psutil
import psycopg
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from casefile.clock import ShiftedClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer.asterisk.node.running import RunningNode, start_node
from tsunagaru.database import database_of_its_own
from tsunagaru.machine import circumstances, machine, table
from tsunagaru.settings import Settings
from tsunagaru.trial.books import Balance, balance, read_books
from tsunagaru.trial.cable import Cable, Line, Wire
from tsunagaru.trial.city import DAY, MUNICIPALITY, found_trial_city, operators
from tsunagaru.trial.engine import EngineOrders, start_engine
from tsunagaru.trial.far_end import FarEnd, register_desk_phones
from tsunagaru.trial.robots import Robots
from tsunagaru.trial.telephones import (
    DESKS,
    LOOPBACK,
    RESIDENTS,
    WORDING,
    Lines,
    asterisk_or_why,
    far_end,
    give_desk_phones,
    trial_node,
)

_WIRE = "127.0.5.4"
_SETTLES_WITHIN = 150.0
_LOOK_SECONDS = 1.0
_LAST_CALLS_SECONDS = 20.0
"""At the end nobody is dialed any more: what is on the lines comes to its end within the time of the soak."""
_GROWTH_MIB = 8.0
"""What an engine may grow between the second and the last quarter of its life: what its carrier remembers for ten minutes,
and what an allocator keeps back."""
_SPARE_DESCRIPTORS = 2
"""A connection of a pool more than at the start."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`name`: a method of `_Floor`."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How long, how often something breaks (both in seconds), and what `soak.toml` says of floor and faults."""

    seconds: float
    fault_every: float
    floor: dict[str, Any]
    faults: tuple[Fault, ...]

    @classmethod
    def read(cls, seconds: float, fault_every: float) -> SoakPlan:
        plain = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
        return cls(seconds, fault_every, plain["floor"], tuple(Fault(**fault) for fault in plain["fault"]))


@dataclass(slots=True)
class Life:
    """One engine, from its start to its end: memory (MiB) once a second, and what it held while nothing was going on."""

    pid: int
    memory: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """From the second quarter to the last, in MiB; the first is for warming up. 0 where it was too short to tell."""
        quarter = len(self.memory) // 4
        if quarter < 5:
            return 0.0
        return statistics.median(self.memory[-quarter:]) - statistics.median(self.memory[quarter : 2 * quarter])


@dataclass(frozen=True, slots=True)
class Held:
    """What the engine's process held while nothing was going on."""

    threads: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What is left of it all; `failures` says what is not as it must be, in Japanese."""

    balance: Balance
    calls_a_second: float
    faults: tuple[str, ...]
    channels: tuple[str, ...]
    growth_mib: float
    before: Held
    after: Held

    def failures(self) -> list[str]:
        found = []
        if not self.balance.even:
            found.append(f"記録と相手側の帳簿が合いません: {self.balance}")
        if self.channels:
            found.append(f"終わらない回線があります: {', '.join(self.channels)}")
        if self.growth_mib > _GROWTH_MIB:
            found.append(f"エンジンのメモリーが {self.growth_mib:.1f} MiB 増えました。")
        if self.after.threads > self.before.threads:
            found.append(f"スレッドが {self.before.threads} から {self.after.threads} に増えました。")
        if self.after.descriptors > self.before.descriptors + _SPARE_DESCRIPTORS:
            found.append(f"開いたファイルが {self.before.descriptors} から {self.after.descriptors} に増えました。")
        return found

    def figures(self) -> list[tuple[str, ...]]:
        """The table."""
        return [
            ("連続稼働(障害を起こしながら)", ""),
            ("架電", f"{self.balance.attempts:,}"),
            ("架電/秒", f"{self.calls_a_second:.1f}"),
            ("相手側で鳴った数", f"{self.balance.rung:,}"),
            ("起こした障害", "、".join(self.faults)),
            ("終わりのない記録・結果のない記録", f"{self.balance.open}・{self.balance.no_result}"),
            ("二度鳴った・記録なしに鳴った", f"{self.balance.rung_twice}・{self.balance.rung_unbooked}"),
            ("残った回線", f"{len(self.channels)}"),
            ("メモリーの増え方の最大(MiB)", f"{self.growth_mib:.1f}"),
            ("スレッド(前・後)", f"{self.before.threads}・{self.after.threads}"),
            ("開いたファイル(前・後)", f"{self.before.descriptors}・{self.after.descriptors}"),
        ]


def soak(database_url: str, plan: SoakPlan, tell: Callable[[str], None]) -> SoakReport:
    """Do it; `tell` hears a line for each fault."""
    with (
        tempfile.TemporaryDirectory(prefix="tsunagaru-soak-") as folder,
        _floor(database_url, plan, Path(folder)) as floor,
    ):
        before = floor.idle()
        floor.robots.open()
        began = time.monotonic()
        broken: list[str] = []
        for fault in cycle(plan.faults):
            left = began + (len(broken) + 0.5) * plan.fault_every - time.monotonic()
            if time.monotonic() + left >= began + plan.seconds:
                break
            floor.live_on(left)
            tell(f"{time.monotonic() - began:6.0f} s  {fault.name}")
            getattr(floor, fault.name)(fault.seconds)
            broken.append(fault.name)
        floor.live_on(began + plan.seconds - _LAST_CALLS_SECONDS - time.monotonic())
        worked = time.monotonic() - began
        floor.robots.rest()
        floor.settle()
        after = floor.idle()
        booked = balance(read_books(floor.database), floor.residents.rung())
        growth = max(life.growth for life in floor.lives)
        return SoakReport(booked, booked.attempts / worked, tuple(broken), floor.channels(), growth, before, after)


@dataclass
class _Floor:
    """Everything that is at work, and what can happen to it: a method for each fault."""

    database_url: str
    database: Database
    root: Path
    folder: Path
    asterisk: RunningNode
    residents: FarEnd
    desks: FarEnd
    cable: Cable
    wire: Wire
    robots: Robots
    orders: EngineOrders
    engine: subprocess.Popen[bytes]
    lives: list[Life] = field(default_factory=list)

    # -- faults ------------------------------------------------------------------------------------------------------

    def engine_killed(self, seconds: float) -> None:
        self.engine.kill()
        self.engine.wait()
        time.sleep(seconds)
        self.engine = start_engine(self.orders, self.folder / "engine.log")

    def asterisk_killed(self, seconds: float) -> None:
        self.asterisk.kill()
        time.sleep(seconds)
        self.asterisk = start_node(self.root, self.asterisk.node, WORDING)
        self.register()

    def network_cut(self, seconds: float) -> None:
        self.wire.whole = False
        self.cable.become(Line.MUTE)
        self.live_on(seconds)
        self.wire.whole = True
        self.cable.become(Line.WHOLE)

    def ami_cut(self, seconds: float) -> None:
        self.cable.become(Line.CUT)
        self.live_on(seconds)
        self.cable.become(Line.WHOLE)

    def ami_mute(self, seconds: float) -> None:
        self.cable.become(Line.MUTE)
        self.live_on(seconds)
        self.cable.become(Line.WHOLE)

    def database_cut(self, seconds: float) -> None:
        del seconds
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    # -- in between ----------------------------------------------------------------------------------------------------

    def register(self) -> None:
        node = self.asterisk.node
        register_desk_phones(node.operators, self.desks, (LOOPBACK, node.ports.sip), self.folder / "register")

    def live_on(self, seconds: float) -> None:
        """Let time pass, and look at the engine's memory meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self.lives or self.lives[-1].pid != self.engine.pid:
                self.lives.append(Life(self.engine.pid))
            with suppress(psutil.Error):
                self.lives[-1].memory.append(psutil.Process(self.engine.pid).memory_info().rss / 1024**2)
            time.sleep(min(left, _LOOK_SECONDS))

    def idle(self) -> Held:
        """What the engine holds as soon as that stays the same for a while: it connects, or lets go, by and by."""
        process = psutil.Process(self.engine.pid)
        held, same = Held(0, 0), 0
        deadline = time.monotonic() + 30
        while same < 3 and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            found = Held(process.num_threads(), process.num_fds())
            held, same = found, same + 1 if found == held else 0
        return held

    def settle(self) -> None:
        """Until every call is over, in the books and on the lines; what is not by then is a finding."""
        deadline = time.monotonic() + _SETTLES_WITHIN
        while time.monotonic() < deadline:
            with suppress(DBAPIError), self.database.transaction(MUNICIPALITY) as conn:
                unfinished = conn.scalar(select(func.count()).where(Attempt.ended_at.is_(None)))
                if not unfinished and not self.channels():
                    return
            time.sleep(_LOOK_SECONDS)

    def channels(self) -> tuple[str, ...]:
        """Live calls by name. Ids that are held so that nobody can be dialed by them (Local) are none."""
        lines = self.asterisk.console("core show channels concise").splitlines()
        names = (line.partition("!")[0] for line in lines if "!" in line)
        return tuple(name for name in names if name.startswith("PJSIP/"))


@contextmanager
def _floor(database_url: str, plan: SoakPlan, folder: Path) -> Iterator[_Floor]:
    root = asterisk_or_why()
    terms = plan.floor
    rate = terms["calls_a_second"]
    clock = ShiftedClock(datetime.now(UTC), at_jst(DAY, 10))
    people = operators(terms["operators"])
    with ExitStack() as stack:
        words = {"RING": terms["ring_ms"], "TALK": terms["talk_ms"]}
        residents = stack.enter_context(far_end("residents", RESIDENTS, folder / "residents", **words))
        desks = stack.enter_context(far_end("desk", DESKS, folder / "desks"))
        wire = Wire(_WIRE, (residents.address, residents.port))
        stack.callback(wire.close)
        database = Database(database_url, pool_size=4)
        stack.callback(database.close)
        # A burst after a fault is spread, and never exceeds what the trunk was promised.
        node = trial_node("soak", Lines(rate * 1.5, 400, 2048, wire.address, wire.port))
        with database.transaction(MUNICIPALITY) as conn:
            ids = TimeOrderedIds(clock.now, Random(1))
            crowd = int(rate * (plan.seconds + 60))
            found_trial_city(conn, crowd, people, clock.now(), ids, ring_seconds=terms["ring_seconds"])
            node = replace(node, operators=give_desk_phones(conn, node.name, people, clock.now()))
        cable = Cable((LOOPBACK, node.ports.ami))
        stack.callback(cable.close)
        robots = Robots(database, clock, people, terms["wrapup_seconds"])
        stack.callback(robots.close)
        orders = EngineOrders.of(database_url, clock, node, rate, ami_port=cable.port)
        asterisk = start_node(root, node, WORDING)
        engine = start_engine(orders, folder / "engine.log")
        floor = _Floor(
            database_url, database, root, folder, asterisk, residents, desks, cable, wire, robots, orders, engine
        )
        try:
            floor.register()
            yield floor
        finally:
            floor.engine.terminate()
            with suppress(subprocess.TimeoutExpired):
                floor.engine.wait(20)
            floor.engine.kill()
            floor.engine.wait()
            floor.asterisk.kill()
            floor.asterisk.discard()


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tsunagaru.trial.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--fault-every", type=float, default=5.0, metavar="MINUTES")
    args = parser.parse_args(words)
    before = circumstances()
    with database_of_its_own(Settings.from_environment(), "bench") as url:
        report = soak(url, SoakPlan.read(args.minutes * 60, args.fault_every * 60), _say)
    print(table(report.figures()))
    print()
    print(table([("機械", ""), *machine().items(), *before.items()]))
    for failure in report.failures():
        print(failure, file=sys.stderr)
    return 1 if report.failures() else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

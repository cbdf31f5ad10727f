"""How many attempts a second go through engine, database, AMI and Asterisk; and how many through Asterisk alone."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
from sqlalchemy import func, select

from casefile.clock import ShiftedClock, at_jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer.asterisk import pending
from dialer.asterisk.ami import Ami, AmiAddress, AmiTerms
from dialer.asterisk.channel_actions import hang_up
from dialer.asterisk.detection.policy import Detection
from dialer.asterisk.node.node import ANSWERED, Node
from dialer.asterisk.wire import Action, Event, LiveChannel
from dialer.commands import give
from tsunagaru.server_cpu import server_cpu_seconds
from tsunagaru.trial.city import DAY, FLOOR, MUNICIPALITY, found_trial_city, operators
from tsunagaru.trial.engine import EngineOrders, start_engine
from tsunagaru.trial.far_end import FarEnd
from tsunagaru.trial.telephones import (
    RESIDENTS,
    TRUNK,
    Lines,
    asterisk_of,
    asterisk_or_why,
    far_end,
    trial_node,
)

WANTED_PER_SECOND, WANTED_SHARE = 60, 0.4
_CALLS_AT_ONCE = 200
"""Free operators: the planner looks once a second, so no more attempts than these can be begun in one."""
_TRUNK_CPS, _TRUNK_LINES = 300.0, 400
_BARE_AT_ONCE = 40
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`seconds`: from the first to the last. `cpu`: seconds of it by process."""

    calls: int
    seconds: float
    cpu: Mapping[str, float]

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds


@dataclass(frozen=True, slots=True)
class Rates:
    """`rung`: calls that reached the far end in both parts. `unclosed`: attempts without an answer or an end in the books."""

    bare: Rate
    whole: Rate
    rung: int
    unclosed: int

    @property
    def share(self) -> float:
        """What engine and database leave of the bare loop's rate."""
        return self.whole.per_second / self.bare.per_second

    @property
    def good(self) -> bool:
        """Whether nothing was lost, and the rate is what was wanted."""
        complete = self.unclosed == 0 and self.rung == self.bare.calls + self.whole.calls
        return complete and self.whole.per_second >= WANTED_PER_SECOND and self.share >= WANTED_SHARE

    def figures(self) -> list[tuple[str, ...]]:
        """The table."""
        return [
            ("架電/秒(本物のAsterisk、全件が応答)", "エンジン・DB・AMI・Asterisk", "発信だけ(エンジンなし)"),
            ("架電", f"{self.whole.calls:,}", f"{self.bare.calls:,}"),
            ("秒", f"{self.whole.seconds:.1f}", f"{self.bare.seconds:.1f}"),
            ("架電/秒", f"{self.whole.per_second:.0f}", f"{self.bare.per_second:.0f}"),
            ("目標", f"{WANTED_PER_SECOND} 以上、右の {WANTED_SHARE:.0%} 以上", ""),
            ("右に対する割合", f"{self.share:.0%}", ""),
            ("1架電あたりのCPU(ms)", _milliseconds(self.whole), _milliseconds(self.bare)),
            ("鳴った数", f"{self.rung - self.bare.calls:,}", f"{self.bare.calls:,}"),
            ("記録が閉じていない架電", f"{self.unclosed:,}", ""),
        ]


def _milliseconds(rate: Rate) -> str:
    names = {"asterisk": "Asterisk", "engine": "エンジン", "database": "DB", "residents": "相手役"}
    return "、".join(f"{names[name]} {spent / rate.calls * 1000:.1f}" for name, spent in rate.cpu.items())


def measure_rates(database_url: str, attempts: int) -> Rates:
    """Both on one node, one after the other; every resident is an answering machine that answers at once."""
    root = asterisk_or_why()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tsunagaru-bench-")))
        residents = stack.enter_context(far_end("answering", RESIDENTS, folder / "residents"))
        trunk = Lines(_TRUNK_CPS, _TRUNK_LINES, 2048, port=residents.port)
        running = stack.enter_context(asterisk_of(root, trial_node("rate", trunk)))
        bare = _bare(running.node, running.pid, attempts)
        return _through_everything(database_url, running.node, running.pid, attempts, residents, bare, folder)


# -- Asterisk alone --------------------------------------------------------------------------------------------------


def _bare(node: Node, pid: int, calls: int) -> Rate:
    """So many Originates, some at once, each hung up as soon as it is answered; no engine and no database."""
    loop = _BareLoop(calls)
    address = AmiAddress(node.ami_bind, node.ports.ami, node.ami_user, node.ami_secret)
    ami = Ami("bare", address, loop, AmiTerms())
    loop.ami = ami
    before = _cpu({"asterisk": pid})
    ami.start()
    try:
        if not loop.done.wait(_PATIENCE_SECONDS):
            raise TsunagaruError(f"{calls:,}件のうち{loop.ended:,}件で止まりました。もう一度実行してください。")
    finally:
        ami.close()
    return Rate(calls, loop.ended_at - loop.began_at, _spent(before, _cpu({"asterisk": pid})))


class _BareLoop:
    """Always so many calls at once until all are over."""

    def __init__(self, calls: int) -> None:
        self.ami: Ami
        self.done = threading.Event()
        self.began_at = self.ended_at = 0.0
        self.ended = 0
        self._left = calls
        self._calls = calls
        self._live: set[str] = set()

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        del channels
        self.began_at = time.perf_counter()
        for _ in range(_BARE_AT_ONCE):
            self._next()

    def on_lost(self, reason: str) -> None:
        del reason

    def on_event(self, event: Event) -> None:
        uniqueid = event.get("Uniqueid")
        if event.name == "UserEvent" and event.get("UserEvent") == "Answered":
            self.ami.submit(hang_up(event.get("Channel")), pending.told_by_events)
        elif event.name == "Hangup" and uniqueid in self._live:
            self._live.discard(uniqueid)
            self.ended += 1
            if self.ended == self._calls:
                self.ended_at = time.perf_counter()
                self.done.set()
            self._next()

    def _next(self) -> None:
        if self._left == 0:
            return
        self._left -= 1
        call = uuid4()
        self._live.add(str(call))
        fields = {
            "Channel": f"PJSIP/09000000000@{TRUNK}",
            "Context": ANSWERED,
            "Exten": "s",
            "Priority": "1",
            "CallerID": "<0300003333>",
            "Timeout": "25000",
            "ChannelId": str(call),
            "Async": "true",
        }
        self.ami.submit(Action("Originate", fields), pending.told_by_events, call)


# -- everything ------------------------------------------------------------------------------------------------------


def _through_everything(
    database_url: str, node: Node, pid: int, attempts: int, residents: FarEnd, bare: Rate, folder: Path
) -> Rates:
    clock = ShiftedClock(datetime.now(UTC), at_jst(DAY, 10))
    people = operators(_CALLS_AT_ONCE)
    database = Database(database_url, pool_size=2)
    try:
        with database.transaction(MUNICIPALITY) as conn:
            ids = TimeOrderedIds(clock.now, Random(1))
            found_trial_city(conn, attempts, people, clock.now(), ids, detection=Detection.AMD)
            for operator in people:
                for kind in ("sign_in", "ready"):
                    give(conn, MUNICIPALITY, FLOOR, kind, now=clock.now(), operator_id=operator)
        engine = start_engine(
            EngineOrders.of(database_url, clock, node, _CALLS_AT_ONCE, machines=True), folder / "engine.log"
        )
        watched = {"asterisk": pid, "engine": engine.pid, "residents": residents.pid}
        before = _cpu(watched) | {"database": server_cpu_seconds(database_url) or 0.0}
        try:
            _until_all_over(database, attempts, folder / "engine.log")
            spent = _spent(before, _cpu(watched) | {"database": server_cpu_seconds(database_url) or 0.0})
        finally:
            engine.terminate()
            engine.wait(20)
        return Rates(bare, _of_books(database, spent), residents.rung().total(), _unclosed(database))
    finally:
        database.close()


def _until_all_over(database: Database, attempts: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    over = 0
    while over < attempts:
        if time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-1000:]
            raise TsunagaruError(f"{attempts:,}件のうち{over:,}件で止まりました。もう一度実行してください。\n{said}")
        time.sleep(0.25)
        with database.transaction(MUNICIPALITY) as conn:
            over = conn.scalar(select(func.count()).where(Attempt.ended_at.is_not(None))) or 0


def _of_books(database: Database, cpu: Mapping[str, float]) -> Rate:
    """From the first intent to the last end, as the books have it."""
    with database.transaction(MUNICIPALITY) as conn:
        calls, first, last = conn.execute(
            select(func.count(), func.min(Attempt.intended_at), func.max(Attempt.ended_at)).where(
                Attempt.answered_at.is_not(None)
            )
        ).one()
    assert first is not None, "the measurement ends when every attempt has"
    assert last is not None, "the measurement ends when every attempt has"
    return Rate(calls, (last - first).total_seconds(), cpu)


def _unclosed(database: Database) -> int:
    with database.transaction(MUNICIPALITY) as conn:
        missing = (Attempt.answered_at.is_(None)) | (Attempt.ended_at.is_(None)) | (Attempt.result.is_(None))
        return conn.scalar(select(func.count()).select_from(Attempt).where(missing)) or 0


def _cpu(watched: Mapping[str, int]) -> dict[str, float]:
    found = {}
    for name, pid in watched.items():
        times = psutil.Process(pid).cpu_times()
        found[name] = times.user + times.system
    return found


def _spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before}

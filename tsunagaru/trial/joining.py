"""A full room on a real Asterisk: how soon after an answer the case is on the screen, and the resident's voice is heard.

Every operator has a desk phone, played by a robot that says and hears sound; some have a page in one Chromium besides.
"""

from __future__ import annotations

import bisect
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from casefile import accounts
from casefile.clock import Clock, ShiftedClock, at_jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer.asterisk.lines import endpoint_of
from rehearsal.sip.operators import DeskCall, DeskLine, SipOperators
from tsunagaru.chromium import TAKE_POPS, WATCH, chromium
from tsunagaru.ports import free_port
from tsunagaru.processes import service_programs
from tsunagaru.settings import CLOCK, Settings
from tsunagaru.trial.city import DAY, MUNICIPALITY, found_trial_city, login_of, operators
from tsunagaru.trial.engine import EngineOrders, start_engine
from tsunagaru.trial.robots import Robots
from tsunagaru.trial.telephones import (
    DESKS,
    LOOPBACK,
    RESIDENTS,
    Lines,
    asterisk_of,
    asterisk_or_why,
    far_end,
    give_desk_phones,
    trial_node,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WANTED_SCREEN_MS, WANTED_VOICE_MS = 300, 1_000
OPERATORS = 50
_SCREENS = 6
"""Operators with a page in the one Chromium; each operator has a call every ten seconds."""
_ANSWERS_A_SECOND = 5
_RING_MS, _TALK_MS, _WRAPUP_SECONDS = 500, 8_000, 1.0
_WEB_STARTS_WITHIN = 60.0
_PASSWORD = "Sokutei-2026-shitsu"  # noqa: S105 - of a room that exists for minutes on a loopback address


@dataclass(frozen=True, slots=True)
class Joining:
    """Milliseconds from the answer, as Asterisk noted it, for each call. `lost`: answered, and joined to nobody."""

    answered: int
    lost: int
    on_screen: list[float]
    voice: list[float]

    @property
    def good(self) -> bool:
        """Whether both were as soon as was wanted, and nobody was lost."""
        enough = len(self.on_screen) > 1 and len(self.voice) > 1
        return (
            enough
            and self.lost == 0
            and _percentile(self.on_screen) <= WANTED_SCREEN_MS
            and _percentile(self.voice) <= WANTED_VOICE_MS
        )

    def figures(self) -> list[tuple[str, ...]]:
        """The table."""
        columns = (self.on_screen, self.voice)
        return [
            (f"応答から(ミリ秒、{OPERATORS}席、毎秒{_ANSWERS_A_SECOND}件の応答)", "案件が画面に出る", "相手の声が届く"),
            ("測れた通話", *(f"{len(found)}" for found in columns)),
            ("中央値", *(f"{statistics.median(found):.0f}" if found else "-" for found in columns)),
            ("99パーセンタイル", *(f"{_percentile(found):.0f}" if len(found) > 1 else "-" for found in columns)),
            ("最大", *(f"{max(found):.0f}" if found else "-" for found in columns)),
            ("目標(99パーセンタイル)", f"{WANTED_SCREEN_MS} 以下", f"{WANTED_VOICE_MS} 以下"),
            ("応答した通話", f"{self.answered}", ""),
            ("誰にもつながらなかった通話", f"{self.lost}", ""),
        ]


def _percentile(found: list[float]) -> float:
    """The 99th, and never beyond what was seen."""
    return min(statistics.quantiles(found, n=100)[-1], max(found))


def measure_joining(database_url: str, seconds: int) -> Joining:
    """Five answers a second for so long, eight seconds of talk each, fifty operators."""
    root = asterisk_or_why()
    clock = ShiftedClock(datetime.now(UTC), at_jst(DAY, 10))
    people = operators(OPERATORS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tsunagaru-bench-")))
        words = {"RING": _RING_MS, "TALK": _TALK_MS}
        residents = stack.enter_context(far_end("speaking", RESIDENTS, folder / "residents", **words))
        database = Database(database_url, pool_size=20)
        stack.callback(database.close)
        node = trial_node("joining", Lines(_ANSWERS_A_SECOND * 4, 200, 1024, port=residents.port))
        _found(database, people, clock, _ANSWERS_A_SECOND * (seconds + 60))
        with database.transaction(MUNICIPALITY) as conn:
            node = replace(node, operators=give_desk_phones(conn, node.name, people, clock.now()))
        running = stack.enter_context(asterisk_of(root, node))
        phones = SipOperators(
            (LOOPBACK, node.ports.sip), [DeskLine(line.name, line.secret) for line in node.operators], DESKS
        )
        phones.start()
        stack.callback(phones.stop)
        url = stack.enter_context(_panel(database_url, clock, folder))
        pages = [
            _page(browser, url, number) for browser in [stack.enter_context(chromium())] for number in range(_SCREENS)
        ]
        robots = Robots(database, clock, people, _WRAPUP_SECONDS)
        robots.open()
        stack.callback(robots.close)
        engine = start_engine(
            EngineOrders.of(database_url, clock, running.node, _ANSWERS_A_SECOND), folder / "engine.log"
        )
        stack.callback(engine.wait, 20)
        stack.callback(engine.terminate)
        painted = _watch(pages, seconds)
        robots.rest()
        _until_quiet(database)
        offset = clock.now().timestamp() - time.time()
        return _compare(_answered(database), painted, phones.calls, offset)


def _found(database: Database, people: list[UUID], clock: Clock, residents: int) -> None:
    with database.transaction(MUNICIPALITY) as conn:
        found_trial_city(conn, residents, people, clock.now(), TimeOrderedIds(clock.now, Random(1)))
        for user_id in people[:_SCREENS]:
            accounts.set_password(conn, MUNICIPALITY, user_id, _PASSWORD, clock.now())
            accounts.set_roles(conn, MUNICIPALITY, user_id, ["operator"])


@contextmanager
def _panel(database_url: str, clock: ShiftedClock, folder: Path) -> Iterator[str]:
    """The web server as the office runs it, a process of its own on a free loopback port; gives its address."""
    port = free_port(LOOPBACK, kind=socket.SOCK_STREAM)
    settings = Settings.from_environment(
        {"TSUNAGARU_HOME": str(folder / "home"), "TSUNAGARU_HOST": LOOPBACK, "TSUNAGARU_PORT": str(port)}
    )
    web = next(program for program in service_programs(settings, database_url) if program.name == "web")
    with (folder / "web.log").open("wb") as told:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *web.command],
            env={**web.environment, CLOCK: clock.encode()},
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        _until_it_listens(port, process)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _WEB_STARTS_WITHIN
    while True:
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise TsunagaruError("画面のサーバーが動きません。もう一度実行してください。") from None
            time.sleep(0.1)
        else:
            return


def _page(browser: Browser, url: str, number: int) -> Page:
    page = browser.new_context(base_url=url, viewport={"width": 1366, "height": 768}, locale="ja-JP").new_page()
    page.goto("/panel")
    page.get_by_label("ログインID").fill(login_of(number))
    page.get_by_label("パスワード").fill(_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".seat")
    page.evaluate(WATCH)
    return page


def _watch(pages: list[Page], seconds: int) -> dict[UUID, float]:
    """Which case was painted when (seconds since 1970), on all pages."""
    painted: dict[UUID, float] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for page in pages:
            painted |= {UUID(attempt): at / 1000 for attempt, at in page.evaluate(TAKE_POPS)}
            page.wait_for_timeout(200)
    return painted


@dataclass(frozen=True, slots=True)
class _Answer:
    attempt_id: UUID
    at: float
    joined_with: UUID | None


def _answered(database: Database) -> list[_Answer]:
    """Every answered call with its operator, by the city's clock, in order of the answers."""
    with database.transaction(MUNICIPALITY) as conn:
        rows = conn.execute(
            select(Attempt.attempt_id, Attempt.answered_at, Attempt.connected_at, Attempt.operator_id)
            .where(Attempt.answered_at.is_not(None))
            .order_by(Attempt.answered_at, Attempt.attempt_id)
        )
        return [
            _Answer(row.attempt_id, row.answered_at.timestamp(), row.operator_id if row.connected_at else None)
            for row in rows
        ]


def _until_quiet(database: Database) -> None:
    """Until the calls at hand are over; what is still open after that is not measured."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with database.transaction(MUNICIPALITY) as conn:
            if not conn.scalar(select(func.count()).where(Attempt.ended_at.is_(None))):
                return
        time.sleep(0.25)


def _compare(answers: list[_Answer], painted: dict[UUID, float], calls: Sequence[DeskCall], offset: float) -> Joining:
    """`offset`: how far the city's clock is ahead of the machine's, which telephones and browser go by."""
    on_screen = [(painted[one.attempt_id] + offset - one.at) * 1000 for one in answers if one.attempt_id in painted]
    voices = {
        line: sorted(call.first_voice_at for call in group if call.first_voice_at is not None)
        for line, group in groupby(sorted(calls, key=lambda call: call.line), key=lambda call: call.line)
    }
    voice = []
    for one in answers:
        heard = voices.get(endpoint_of(one.joined_with), []) if one.joined_with else []
        place = bisect.bisect_left(heard, one.at - offset)
        if place < len(heard) and heard[place] - (one.at - offset) < _TALK_MS / 1000:
            voice.append((heard[place] + offset - one.at) * 1000)
    lost = sum(one.joined_with is None for one in answers)
    return Joining(len(answers), lost, on_screen, voice)

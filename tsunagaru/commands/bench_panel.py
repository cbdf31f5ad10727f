"""`tsunagaru bench panel`: from the engine's commit of an answered call to the case on an operator's screen, in Chromium."""

from __future__ import annotations

import statistics
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from casefile.tables import Attempt
from tsunagaru.arguments import Parser
from tsunagaru.chromium import TAKE_POPS, WATCH, chromium, needs_chromium
from tsunagaru.database import database_of_its_own
from tsunagaru.machine import table
from tsunagaru.practice_room import PASSWORD, PracticeRoom, practice_room, rehearse
from tsunagaru.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

WANTED_MS = 200


def configure(parser: Parser) -> None:
    parser.add_argument("--calls", type=int, default=30, help="測る通話の数(既定 30)")


def run(args: Namespace) -> int:
    needs_chromium()
    with database_of_its_own(Settings.from_environment(), "bench") as url:
        with tempfile.TemporaryDirectory(prefix="tsunagaru-bench-") as folder:
            rehearsed = rehearse(url, Path(folder))
        with practice_room(url, rehearsed) as room, chromium() as browser:
            page = browser.new_page(base_url=room.url, viewport={"width": 1366, "height": 768}, locale="ja-JP")
            _take_seat(page)
            found = screen_pops(page, room, args.calls)
    print(_result(found))
    return 0 if statistics.quantiles(found, n=20)[-1] <= WANTED_MS else 1


def screen_pops(page: Page, room: PracticeRoom, calls: int) -> list[float]:
    """Milliseconds from `joined` in the ledger's commit to the painted card, for so many calls of the seat at hand.

    The engine writes an answered call with its operator in one transaction; its time is the moment the engine knew of
    the answer, so what is measured includes the commit, the notification, reading the rows, the network and the paint.
    """
    page.evaluate(WATCH)
    offset = room.clock.now().timestamp() * 1000 - time.time() * 1000
    found: dict[str, float] = {}
    deadline = time.monotonic() + 20 + 6 * calls
    while len(found) < calls and time.monotonic() < deadline:
        if page.locator(".offer").count():
            page.keyboard.press("Enter")
        for attempt, painted in page.evaluate(TAKE_POPS):
            found[attempt] = painted + offset - _joined_ms(room, UUID(attempt))
        if page.locator(".seat[data-state=talking] ~ .call").count() and len(found) < calls:
            _say_machine(page)
        page.wait_for_timeout(50)
    return list(found.values())


def _joined_ms(room: PracticeRoom, attempt_id: UUID) -> float:
    with room.database.transaction(room.municipality_id) as conn:
        joined = conn.scalar(select(Attempt.connected_at).where(Attempt.attempt_id == attempt_id))
    assert joined is not None
    return joined.timestamp() * 1000


def _say_machine(page: Page) -> None:
    """An answering machine: the shortest way to the next call."""
    attempt = page.locator(".call").get_attribute("data-attempt")
    page.locator("#result").focus()
    page.keyboard.type("04")
    page.keyboard.press("F9")
    page.wait_for_function("(id) => document.querySelector('.call')?.dataset.attempt !== id", arg=attempt)


def _take_seat(page: Page) -> None:
    page.goto("/panel")
    page.get_by_label("ログインID").fill("operator1")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".seat")
    page.keyboard.press("F2")


def _result(found: list[float]) -> str:
    quantiles = statistics.quantiles(found, n=20)
    rows: list[tuple[str, ...]] = [
        ("電話に出てから画面が出るまで(Chromium)", "ミリ秒"),
        ("通話数", str(len(found))),
        ("中央値", f"{statistics.median(found):.0f}"),
        ("95パーセンタイル", f"{quantiles[-1]:.0f}"),
        ("最大", f"{max(found):.0f}"),
        ("目標", f"{WANTED_MS} 以下"),
    ]
    return table(rows)

"""A practice room and a browser that may speak to nobody but this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from casefile import migrations
from tests.e2e.browser import CHROMIUM, FLAGS
from tsunagaru.databases import create_database, drop_database
from tsunagaru.practice_room import PracticeRoom, practice_room, rehearse

_DATABASE = "tsunagaru_e2e"
# Long enough for a machine that does much else; what is there at once is not waited for.
_DEADLINE_MS = 30_000
expect.set_options(timeout=_DEADLINE_MS)
OUTPUT = Path(__file__).parents[2] / "test-output" / "screens"


@pytest.fixture(scope="session")
def room(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeRoom]:
    """One room for all tests of the browser; each test leaves its operators' seats free."""
    drop_database(server_url, _DATABASE)
    url = create_database(server_url, _DATABASE)
    migrations.upgrade(url)
    rehearsed = rehearse(url, tmp_path_factory.mktemp("room"))
    with practice_room(url, rehearsed) as opened:
        yield opened
    drop_database(server_url, _DATABASE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


class Visits:
    """Browser windows of several people, each with a session of its own, and what they asked of the network."""

    def __init__(self, browser: Browser, room: PracticeRoom) -> None:
        self._browser = browser
        self._room = room
        self._contexts: list[BrowserContext] = []
        self.strangers: list[str] = []
        self.complaints: list[str] = []

    def page(self, *, dark: bool = False, height: int = 768, address: str = "") -> Page:
        """A window of its own; `address`: another panel than the room's."""
        context = self._browser.new_context(
            viewport={"width": 1366, "height": height},
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            base_url=address or self._room.url,
        )
        context.on("request", self._requested)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda said: self._said(said.type, said.text))
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_DEADLINE_MS)
        return page

    def _requested(self, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in {"127.0.0.1", None}:
            self.strangers.append(request.url)

    def _said(self, kind: str, text: str) -> None:
        # A refused request (401, 403, 422) is told on the console too; the screens show it in Japanese.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visits(browser: Browser, room: PracticeRoom) -> Iterator[Visits]:
    """Afterwards: no request went to another host, and no script complained, the content policy included."""
    opened = Visits(browser, room)
    yield opened
    opened.close()
    assert opened.strangers == []
    assert opened.complaints == []


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where tests leave the pictures of the screens."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    return OUTPUT

"""Listening on the screen: a reason, the sound with its slider, a hold; and what the auditor sees of it."""

from __future__ import annotations

import io
import math
import struct
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from agent_ui.app import create_app
from agent_ui.context import PanelContext, RecordingShelf
from casefile import accounts
from casefile.city import load_city
from casefile.clock import SystemClock
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer import recording_shelf
from dialer.asterisk.recording.container import Facts, seal
from dialer.asterisk.recording.keys import CURRENT, KeyRing, load_public, make_keys
from dialer.asterisk.recording.store import Store
from tests.e2e.browser import sign_in, violations
from tests.e2e.conftest import Visits
from tests.e2e.test_floor import somebody_called
from tsunagaru.practice_room import PASSWORD, PracticeRoom

CLOCK = SystemClock()
SECONDS = 75


@pytest.fixture
def shelf(tmp_path: Path) -> RecordingShelf:
    make_keys(tmp_path / "keys")
    return RecordingShelf(Store(tmp_path / "store"), KeyRing(tmp_path / "keys"))


@pytest.fixture
def person(room: PracticeRoom, shelf: RecordingShelf, tmp_path: Path) -> str:
    """Somebody with a history, whose latest call was recorded."""
    addressee_no = somebody_called(room)
    with room.database.transaction(room.municipality_id) as conn:
        call = conn.execute(
            select(Attempt.attempt_id, Attempt.intended_at)
            .where(Attempt.addressee_no == addressee_no, Attempt.channel == "call", Attempt.purpose == "dunning")
            .order_by(Attempt.intended_at.desc())
            .limit(1)
        ).one()
        city = load_city(conn, room.municipality_id)
    ids = TimeOrderedIds(CLOCK.now)
    began = call.intended_at
    facts = Facts(ids.new(), call.attempt_id, "node-1", began, began + timedelta(seconds=SECONDS), SECONDS * 1000)
    shelf.store.incoming.mkdir(parents=True)
    with (shelf.store.incoming / f"{facts.recording_id}.tsr").open("wb") as file:
        seal([_tone()], file, facts, load_public(tmp_path / "keys" / CURRENT))
    assert recording_shelf.take_in(room.database, [city], shelf.store, CLOCK).entered == 1
    with room.database.transaction(room.municipality_id) as conn:
        for role in ("auditor", "collector"):
            accounts.create_user(
                conn,
                room.municipality_id,
                login=f"recordings-{role}",
                display_name="監査 花子" if role == "auditor" else "徴収 太郎",
                password=PASSWORD,
                roles=[role],
                now=CLOCK.now(),
                ids=ids,
            )
    return addressee_no


@contextmanager
def served(room: PracticeRoom, shelf: RecordingShelf) -> Iterator[str]:
    """The room's panel once more, with a shelf of recordings; gives its address."""
    context = PanelContext(
        database=room.database,
        clock=CLOCK,
        ids=TimeOrderedIds(CLOCK.now),
        secret_key="recordings",
        sign_in_rate="1000 per minute",
        listening=False,
        recordings=shelf,
    )
    app = create_app(context)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        app.extensions["presence"].close()
        server.shutdown()
        thread.join()
        server.server_close()


def plays(page: Page) -> None:
    page.wait_for_function("() => { const a = document.querySelector('audio'); return a && a.currentTime > 0.2 }")


def test_a_recording_is_heard_wound_held_and_seen_by_the_auditor(
    room: PracticeRoom, shelf: RecordingShelf, person: str, visits: Visits, screens: Path
) -> None:
    with served(room, shelf) as address:
        page = visits.page(address=address, height=900)
        sign_in(page, "supervisor")
        page.goto(f"/cases/{person}")
        page.get_by_role("button", name="録音 1分15秒").click()
        dialog = page.get_by_role("dialog", name="通話の録音")
        expect(dialog).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("audio")).to_have_count(0)
        dialog.get_by_label("聴取する理由").fill("苦情の内容を確かめるため")
        page.screenshot(path=screens / "recording-reason.png")
        dialog.get_by_role("button", name="再生する").click()
        plays(page)
        # Winding asks the server for a part.
        page.evaluate("() => { document.querySelector('audio').currentTime = 60 }")
        page.wait_for_function("() => document.querySelector('audio').currentTime > 60.2")
        page.screenshot(path=screens / "recording-playing.png")
        assert violations(page) == []
        dialog.get_by_role("button", name="保全する").click()
        dialog.get_by_label("保全の種類").select_option("complaint")
        dialog.get_by_label("保全する理由").fill("苦情の申出があったため")
        dialog.get_by_role("button", name="この録音を保全する").click()
        expect(dialog.get_by_text("苦情のため保全中")).to_be_visible()
        dialog.get_by_role("button", name="閉じる").click()
        expect(page.locator("audio")).to_have_count(0)

        page.goto("/recordings")
        expect(page.get_by_role("region", name="録音のない通話")).to_be_visible()
        assert violations(page) == []
        audit = visits.page(address=address, dark=True)
        sign_in(audit, "recordings-auditor")
        audit.goto("/listens")
        row = audit.get_by_role("row").filter(has_text="苦情の内容を確かめるため")
        expect(row).to_contain_text(person)
        audit.screenshot(path=screens / "recording-listens-dark.png")
        assert violations(audit) == []

        # Who may not listen is shown nothing of it.
        other = visits.page(address=address)
        sign_in(other, "recordings-collector")
        other.goto(f"/cases/{person}")
        expect(other.get_by_role("region", name="交渉記録")).to_be_visible()
        expect(other.get_by_role("button", name="録音")).to_have_count(0)
        expect(other.get_by_role("link", name="録音")).to_have_count(0)


def _tone() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        second = b"".join(
            struct.pack("<h", round(8000 * math.sin(place / 8000 * 440 * math.tau))) for place in range(8000)
        )
        file.writeframes(second * SECONDS)
    return target.getvalue()

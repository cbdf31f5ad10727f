"""A wrap-up that ends by time or by a call: what was typed stays, the next resident is served, and the record follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import Select, select, update

from dialer import commands
from dialer.tables import Campaign, PullConsent
from tests.e2e.browser import sign_in, violations
from tests.e2e.conftest import Visits
from tests.e2e.test_panel import leave, next_call, records_of, take_call, take_seat
from tests.waiting import until
from tsunagaru.practice_room import PracticeRoom


def change_campaigns(room: PracticeRoom, **values: object) -> None:
    with room.database.transaction(room.municipality_id) as conn:
        conn.execute(update(Campaign).where(Campaign.state == "running").values(**values))
        commands.give(conn, room.municipality_id, room.floor_id, "reload", now=room.clock.now())


@pytest.fixture
def timed(room: PracticeRoom) -> Iterator[None]:
    """Wrap-ups of the room end after 10 s, and its campaign dials ahead."""
    change_campaigns(room, timed_wrapup=True, wrapup_seconds=10, mode="predictive")
    yield
    change_campaigns(room, timed_wrapup=False, wrapup_seconds=60, mode="progressive")


@pytest.mark.usefixtures("timed")
def test_what_a_timed_wrapup_leaves_is_written_after_the_next_call(
    room: PracticeRoom, visits: Visits, screens: Path
) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    first = take_call(desk)
    desk.keyboard.press("Alt+1")
    desk.keyboard.press("Alt+2")
    expect(desk.locator("#outcome")).to_be_focused()
    desk.locator("#remarks").fill("月末に窓口へ来られる")
    desk.keyboard.press("F4")
    expect(desk.locator(".seat[data-state=wrapup]")).to_be_visible()

    # Ten seconds later the next resident is there; what was typed is not.
    next_call(desk, first)
    second = take_call(desk)
    expect(desk.get_by_text("前の通話の後処理が、この通話の後に戻ります")).to_be_visible()
    expect(desk.locator("#remarks")).to_have_value("")
    desk.screenshot(path=screens / "wrapup-put-off.png")
    assert violations(desk) == []
    desk.locator("#result").focus()
    desk.keyboard.type("04")
    desk.keyboard.press("F9")

    # Its own record is in; the first one's rest comes back with case, identity and every word.
    expect(desk.locator(f'.call[data-attempt="{first}"]')).to_be_visible()
    expect(desk.locator(".seat[data-state=wrapup]")).to_be_visible()
    expect(desk.locator("#remarks")).to_have_value("月末に窓口へ来られる")
    expect(desk.get_by_role("region", name="滞納情報")).to_be_visible()
    desk.screenshot(path=screens / "wrapup-came-back.png")
    desk.locator("#outcome").focus()
    desk.keyboard.type("19")
    desk.keyboard.press("F9")
    next_call(desk, first)
    assert [record.remarks for record in records_of(room, first)] == ["月末に窓口へ来られる"]
    assert len(records_of(room, second)) == 1
    leave(desk)


@pytest.mark.usefixtures("timed")
def test_consent_is_one_box_that_the_operator_may_untick(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    desk = visits.page()
    sign_in(desk, "operator1")
    desk.goto("/panel")
    box = desk.get_by_role("checkbox", name="後処理中も受電")
    expect(box).not_to_be_checked()
    box.focus()
    desk.keyboard.press("Space")
    expect(box).to_be_checked()
    agreed = select(PullConsent.operator_id)
    wait_for(room, agreed, 1)
    desk.reload()
    expect(box).to_be_checked()
    desk.screenshot(path=screens / "panel-consent.png")
    box.click()
    wait_for(room, agreed, 0)
    desk.reload()
    expect(box).not_to_be_checked()


def wait_for(room: PracticeRoom, rows: Select[Any], count: int) -> None:
    def found() -> int:
        with room.database.transaction(room.municipality_id) as conn:
            return len(conn.execute(rows).all())

    until(found, 20, lambda number: number == count)

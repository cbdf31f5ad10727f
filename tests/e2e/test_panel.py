"""An operator's work by keyboard, on the real engine, seen live by a supervisor."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, Response, WebSocket, expect
from sqlalchemy import select

from casefile.tables import AuditEntry, ContactRecord, Promise
from tests.e2e.browser import sign_in, violations
from tests.e2e.conftest import Visits
from tsunagaru.practice_room import PracticeRoom

_TAX_WORDS = ("滞納情報", "未納", "税目", "市県民税", "固定資産税", "国民健康保険", "軽自動車税", "延滞金")
_TAX_KEYS = ('"outstanding_yen"', '"arrears"', '"claim_group"', '"tax_name"', '"campaign"', '"interest')


class Wire:
    """Everything the server told a browser, by HTTP and by the live connection."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        page.on("response", self._answered)
        page.on("websocket", self._socket)

    def _answered(self, answer: Response) -> None:
        if "/api/panel" in answer.url:
            with suppress(Error):  # an answer to a page that was left meanwhile is gone
                self.heard.append(answer.text())

    def _socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.heard.append(str(frame)))

    def tells_of_tax(self) -> list[str]:
        return [word for word in (*_TAX_WORDS, *_TAX_KEYS) for said in self.heard if word in said]


def take_seat(page: Page, login: str) -> None:
    sign_in(page, login)
    page.goto("/panel")
    expect(page.locator(".seat")).to_be_visible()
    page.keyboard.press("F2")


def take_call(page: Page) -> str:
    """Wait for the call; a case on offer is dialed first. Gives the attempt's id."""
    call = page.locator(".call")
    expect(call.or_(page.locator(".offer"))).to_be_visible()
    if page.locator(".offer").is_visible():
        page.keyboard.press("Enter")
    expect(page.locator(".seat")).to_have_attribute("data-state", "talking")
    expect(call).to_be_visible()
    expect(page.locator("#result")).to_be_focused()
    return call.get_attribute("data-attempt") or ""


def records_of(room: PracticeRoom, attempt: str) -> list[Any]:
    with room.database.transaction(room.municipality_id) as conn:
        return list(conn.execute(select(ContactRecord).where(ContactRecord.attempt_id == attempt)))


def next_call(page: Page, before: str) -> None:
    """The saved call is gone from the desk."""
    expect(page.locator(f'.call[data-attempt="{before}"]')).to_have_count(0)


def leave(page: Page) -> None:
    """Out of the way of the next test: the pause begins once no call needs this operator any more."""
    page.keyboard.press("F7")
    expect(page.locator(".seat .menu ul")).to_be_visible()
    page.keyboard.press("4")
    paused = page.locator(".seat[data-state=paused]")
    call = page.locator(".seat[data-state=talking] ~ .call, .seat[data-state=wrapup] ~ .call")
    expect(paused.or_(call)).to_be_visible()
    if call.count():
        page.locator("#result").focus()
        page.keyboard.type("04")
        page.keyboard.press("F9")
    expect(paused).to_be_visible()


def test_a_call_from_ready_to_the_promise_and_on(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    floor = visits.page()
    sign_in(floor, "supervisor")
    expect(floor.get_by_role("heading", name="予行フロア")).to_be_visible()
    desk = visits.page()
    wire = Wire(desk)
    take_seat(desk, "operator1")
    attempt = take_call(desk)
    expect(desk.get_by_text("はじめの言葉")).to_be_visible()
    desk.screenshot(path=screens / "panel-call.png")
    assert violations(desk) == []

    # Before identity: nothing taxable on the screen, in the page, or in anything the server told this browser.
    assert not [word for word in _TAX_WORDS if word in desk.content()]
    assert wire.tells_of_tax() == []
    refused = desk.evaluate(f"fetch('/api/panel/calls/{attempt}/case').then((answer) => answer.status)")
    assert refused == 403

    expect(floor.locator("td.state[data-state=talking]")).to_be_visible()
    floor.screenshot(path=screens / "floor.png")

    desk.keyboard.press("Alt+1")
    expect(desk.locator(".panes")).to_have_count(0)
    desk.keyboard.press("Alt+2")
    for pane in ("滞納者情報", "滞納情報", "世帯情報", "交渉記録"):
        expect(desk.get_by_role("region", name=pane)).to_be_visible()
    for number, tab in enumerate(("税目詳細", "収納履歴", "約束履行", "発送管理"), 1):
        desk.keyboard.press(f"Alt+{number}")
        expect(desk.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("Alt+1")
    desk.screenshot(path=screens / "panel-case.png")
    assert violations(desk) == []

    # 納付約束 in two parts, by keyboard: outcome, day, amount, split, day, method, reason.
    expect(desk.locator("#outcome")).to_be_focused()
    desk.keyboard.type("01")
    expect(desk.locator("#part-0-day")).to_be_focused()
    desk.keyboard.type("+7")
    desk.keyboard.press("Enter")
    desk.locator("#part-0-yen").select_text()
    desk.keyboard.type("1000")
    desk.get_by_role("button", name="2回に分ける").click()
    desk.keyboard.type("m")
    desk.screenshot(path=screens / "panel-promise.png")
    desk.locator("#method").focus()
    desk.keyboard.type("1")
    desk.keyboard.type("1")
    desk.keyboard.press("F9")
    expect(desk.get_by_text("F4で切断してから")).to_be_visible()
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    desk.screenshot(path=screens / "panel-wrapup.png")
    desk.keyboard.press("F9")
    next_call(desk, attempt)

    (record,) = records_of(room, attempt)
    assert (record.result, record.contact, record.outcome) == ("01", "self", "promise")
    assert sorted(record.identity_items) == ["birth_date", "name"]
    with room.database.transaction(room.municipality_id) as conn:
        promise = conn.execute(select(Promise).where(Promise.attempt_id == attempt)).one()
        looked = conn.scalars(select(AuditEntry.action).where(AuditEntry.addressee_no == record.addressee_no)).all()
    assert promise.promised_yen > 1000
    assert {"call.identity", "case.view", "record.add"} <= set(looked)
    # The supervisor sees it without doing anything.
    expect(floor.locator(".figures > div", has_text="納付約束").locator("dd")).to_contain_text("1")
    leave(desk)


def test_an_answering_machine_takes_at_most_five_keys(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    attempt = take_call(desk)
    keys = ["0", "4", "F9"]
    for key in keys:
        desk.keyboard.press(key)
    next_call(desk, attempt)
    assert len(keys) <= 5
    (record,) = records_of(room, attempt)
    assert (record.result, record.contact) == ("04", None)
    take_call(desk)
    leave(desk)


def test_one_key_says_family_and_no_tax_was_spoken_of(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    desk = visits.page()
    wire = Wire(desk)
    take_seat(desk, "operator1")
    attempt = take_call(desk)
    desk.keyboard.press("F8")
    expect(desk.get_by_text("用件・税・金額には触れず")).to_be_visible()
    desk.screenshot(path=screens / "panel-family.png")
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    desk.keyboard.press("F9")
    next_call(desk, attempt)
    assert wire.tells_of_tax() == []
    (record,) = records_of(room, attempt)
    assert (record.contact, record.outcome, record.identity_items) == ("family", "message", [])
    take_call(desk)
    leave(desk)


def test_what_was_typed_survives_a_reload(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    take_call(desk)
    desk.keyboard.press("Alt+1")
    desk.keyboard.press("Alt+3")
    expect(desk.locator(".panes")).to_be_visible()
    desk.locator("#remarks").fill("夕方に再度。折返し希望。")
    desk.locator("#outcome").focus()
    desk.keyboard.type("13")
    desk.reload()
    expect(desk.locator("#remarks")).to_have_value("夕方に再度。折返し希望。")
    # The identity this desk confirmed is remembered too, by the server's signed session.
    expect(desk.locator(".panes")).to_be_visible()
    leave(desk)
    drafts = desk.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft')).length")
    assert drafts == 0


def test_problems_are_sentences_by_the_field(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    take_call(desk)
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    desk.keyboard.press("F9")
    expect(desk.locator("#contact")).to_have_attribute("aria-invalid", "true")
    expect(desk.locator("#contact-problem")).not_to_be_empty()
    expect(desk.locator("#contact")).to_be_focused()
    assert violations(desk) == []
    leave(desk)
    # And the desk that waits.
    expect(desk.get_by_role("region", name="今日の実績")).to_be_visible()
    assert violations(desk) == []


def test_the_case_is_on_screen_within_200_ms_of_the_answer(room: PracticeRoom, visits: Visits, capsys: Any) -> None:
    from tsunagaru.commands.bench_panel import screen_pops

    desk = visits.page()
    take_seat(desk, "operator1")
    found = screen_pops(desk, room, 5)
    with capsys.disabled():
        print(f"\nscreen pop in Chromium, ms: {json.dumps([round(one) for one in found])}")
    assert len(found) == 5
    leave(desk)

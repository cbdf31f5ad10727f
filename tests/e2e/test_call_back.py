"""返電: somebody calls from a withheld number; the operator asks for the name, finds the person, and goes on as ever."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import select

from callflow.events import Wish
from casefile.tables import Arrears, Taxpayer
from tests.e2e.browser import sign_in, violations
from tests.e2e.conftest import Visits
from tests.e2e.test_household import sit_down
from tests.e2e.test_panel import Wire, leave, next_call, records_of
from tsunagaru.practice_room import PracticeRoom


def a_debtor(room: PracticeRoom) -> tuple[str, str]:
    """宛名番号 and name of a person who owes something."""
    with room.database.transaction(room.municipality_id) as conn:
        found = conn.execute(
            select(Taxpayer.addressee_no, Taxpayer.name)
            .join(Arrears, Arrears.addressee_no == Taxpayer.addressee_no)
            .where(Taxpayer.kind == "person", Arrears.claim_group == "compulsory", Arrears.outstanding_yen > 0)
            .order_by(Taxpayer.addressee_no)
            .limit(1)
        ).one()
    return found.addressee_no, found.name


def test_a_caller_who_shows_no_number_is_found_by_name(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    person, name = a_debtor(room)
    desk = visits.page()
    wire = Wire(desk)
    sign_in(desk, "operator1")
    sit_down(desk)
    desk.goto("/panel")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "paused")
    attempt = str(room.lines.somebody_calls(None, Wish.PAID))
    floor = visits.page()
    sign_in(floor, "supervisor")
    waiting = floor.get_by_role("group", name="返電")
    expect(waiting).to_contain_text("返電待ち 1 人 最長")
    floor.screenshot(path=screens / "floor-call-back.png")
    assert violations(floor) == []
    # Whoever becomes ready is for the caller before anybody is dialed.
    desk.keyboard.press("F2")
    asking = desk.get_by_role("region", name="返電の相手")
    expect(asking).to_be_visible()
    expect(desk.locator(".call")).to_have_attribute("data-attempt", attempt)
    expect(asking.get_by_text("番号非通知の着信です。")).to_be_visible()
    expect(desk.get_by_text("用件: 納付済みの連絡")).to_be_visible()
    expect(waiting).to_contain_text("返電待ち 0 人")
    expect(desk.locator("#caller")).to_be_focused()
    desk.screenshot(path=screens / "call-back-asking.png")
    assert violations(desk) == []

    desk.keyboard.type("存在しない名前")
    desk.keyboard.press("Enter")
    expect(asking.get_by_role("status")).to_contain_text("見つかりません")
    desk.locator("#caller").fill(person)
    desk.keyboard.press("Enter")
    expect(asking.get_by_role("button", name=name)).to_be_visible()
    desk.screenshot(path=screens / "call-back-found.png")
    assert violations(desk) == []
    desk.keyboard.press("Alt+1")

    # From here it is a call like any other: two items before any word of tax.
    check = desk.get_by_role("region", name="本人確認")
    expect(check).to_be_visible()
    expect(desk.locator(".head")).to_contain_text(name)
    assert wire.tells_of_tax() == []
    desk.reload()
    expect(check).to_be_visible()
    desk.keyboard.press("Alt+1")
    desk.keyboard.press("Alt+2")
    expect(desk.get_by_role("region", name="滞納情報")).to_be_visible()
    desk.locator("#outcome").focus()
    desk.keyboard.type("13")
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    desk.keyboard.press("F9")
    next_call(desk, attempt)
    (saved,) = records_of(room, attempt)
    assert (saved.addressee_no, saved.direction, saved.contact) == (person, "inbound", "self")
    leave(desk)


def test_a_caller_who_is_nobodys_is_let_go_without_a_record(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    sign_in(desk, "operator1")
    sit_down(desk)
    desk.goto("/panel")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "paused")
    attempt = str(room.lines.somebody_calls("+819000009999"))
    desk.keyboard.press("F2")
    asking = desk.get_by_role("region", name="返電の相手")
    expect(asking.get_by_text("登録のない番号です。")).to_be_visible()
    asking.get_by_role("button", name="該当者なし").click()
    next_call(desk, attempt)
    assert records_of(room, attempt) == []
    leave(desk)

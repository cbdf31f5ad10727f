"""One call for a household with several debtors: a second case opens for whoever is verified, and for nobody else."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import Connection, select

from casefile.city import City, load_city
from casefile.gate import explain
from casefile.tables import Arrears, Taxpayer
from tests.e2e.browser import sign_in, violations
from tests.e2e.conftest import Visits
from tests.e2e.test_panel import Wire, leave, next_call, records_of
from tsunagaru.practice_room import PracticeRoom


def a_household_with_two_debtors(room: PracticeRoom) -> tuple[str, str]:
    """Two of one household who both owe, the first of whom may be called now."""
    now = room.clock.now()
    with room.database.transaction(room.municipality_id) as conn:
        city = load_city(conn, room.municipality_id)
        homes: dict[str, list[str]] = defaultdict(list)
        for person, home in conn.execute(
            select(Arrears.addressee_no, Taxpayer.household_id)
            .join(Taxpayer, Taxpayer.addressee_no == Arrears.addressee_no)
            .where(Arrears.claim_group == "compulsory", Arrears.outstanding_yen > 0)
            .distinct()
            .order_by(Taxpayer.household_id, Arrears.addressee_no)
        ):
            homes[home].append(person)
        for debtors in homes.values():
            if len(debtors) > 1 and may_be_called(conn, city, debtors[0], now):
                return debtors[0], debtors[1]
    raise AssertionError("the rehearsed city has no household with two debtors that may be called now")


def may_be_called(conn: Connection, city: City, addressee_no: str, now: datetime) -> bool:
    """Whether any number of this person may be called by hand."""
    lines = explain(conn, city, addressee_no, now).lines
    calls = [line for line in lines if (line.channel, line.purpose) == ("call", "dunning")]
    return bool(calls) and all(line.answer.allowed for line in calls)


def sit_down(page: Page) -> None:
    """On the floor, and in a pause: nobody is called but whom this operator asks for."""
    page.evaluate(
        """async () => {
            const token = (await (await fetch('/api/session')).json()).csrf_token;
            const headers = {'X-CSRFToken': token, 'Content-Type': 'application/json'};
            await fetch('/api/panel/sign-in', {method: 'POST', headers, body: '{}'});
        }"""
    )


def seen_whole(page: Page, selector: str) -> None:
    """Every corner of it is on the screen, and on top: nothing cuts it off and nothing lies over it."""
    hidden = page.locator(selector).evaluate(
        """(found) => {
            const box = found.getBoundingClientRect();
            const corners = [[box.left, box.top], [box.right, box.top], [box.left, box.bottom], [box.right, box.bottom]];
            const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
            return corners
                .map(([x, y]) => [x + Math.sign(middle[0] - x) * 12, y + Math.sign(middle[1] - y) * 12])
                .filter(([x, y]) => !found.contains(document.elementFromPoint(x, y)));
        }"""
    )
    assert not hidden, f"{selector} is cut off or covered at {hidden}"


def test_a_second_debtor_of_the_household_on_the_same_line(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    called, other = a_household_with_two_debtors(room)
    desk = visits.page()
    wire = Wire(desk)
    sign_in(desk, "operator1")
    sit_down(desk)
    desk.goto(f"/cases/{called}")
    desk.get_by_role("button", name="発信").first.click()
    expect(desk.get_by_text("発信を依頼しました")).to_be_visible()
    desk.goto("/panel")
    call = desk.locator(".call")
    expect(call).to_be_visible()
    attempt = call.get_attribute("data-attempt") or ""
    expect(desk.locator(".seat")).to_have_attribute("data-state", "talking")

    # A relative answers, who owes as well: chosen by relation, asked for two items, and only then is there a case.
    desk.keyboard.press("F8")
    desk.keyboard.press("F6")
    expect(desk.locator(".choice li").first).to_be_visible()
    seen_whole(desk, ".choice .unfolded")
    seen_whole(desk, ".head .who")
    desk.screenshot(path=screens / "household-menu.png")
    listed = desk.evaluate(f"fetch('/api/panel/calls/{attempt}/members').then((answer) => answer.json())")["members"]
    desk.keyboard.press(str(1 + [one["addressee_no"] for one in listed].index(other)))
    expect(desk.get_by_role("group", name="この通話の相手")).to_be_visible()
    expect(desk.get_by_text("お名前と、生年月日かご住所を")).to_be_visible()
    desk.screenshot(path=screens / "panel-member-check.png")
    assert violations(desk) == []
    assert wire.tells_of_tax() == []
    path = f"/api/panel/calls/{attempt}/members/{other}/case"
    assert desk.evaluate(f"fetch('{path}').then((answer) => answer.status)") == 403
    desk.keyboard.press("Alt+1")
    desk.keyboard.press("Alt+2")
    expect(desk.get_by_role("region", name="滞納情報")).to_be_visible()
    expect(desk.locator("#outcome")).to_be_focused()
    desk.screenshot(path=screens / "panel-member.png")
    assert violations(desk) == []

    # Typed for this member, kept for this member, and there again after a reload.
    desk.keyboard.type("13")
    desk.locator("#remarks").fill("本人の分は窓口で相談")
    desk.reload()
    desk.get_by_role("group", name="この通話の相手").get_by_role("button", name="世帯の別の方").click()
    expect(desk.locator("#remarks")).to_have_value("本人の分は窓口で相談")
    desk.keyboard.press("F9")
    # Saved, and back to the person called, whose own result is still to come.
    expect(desk.get_by_role("button", name="世帯の別の方").filter(has_text="登録済み")).to_be_visible()
    expect(desk.locator("#contact")).to_be_visible()
    expect(desk.get_by_role("region", name="滞納情報")).to_have_count(0)
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    desk.keyboard.press("F9")
    next_call(desk, attempt)
    saved = {record.addressee_no: record for record in records_of(room, attempt)}
    assert set(saved) == {called, other}
    assert (saved[called].contact, saved[called].identity_items) == ("family", [])
    assert (saved[other].contact, sorted(saved[other].identity_items)) == ("self", ["birth_date", "name"])
    leave(desk)

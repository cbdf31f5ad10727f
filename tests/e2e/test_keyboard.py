"""Eight hours by keyboard: no key does what nobody asked for, and no sentence stays when what it says is over."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visits
from tests.e2e.test_panel import leave, next_call, take_call, take_seat
from tsunagaru.practice_room import PracticeRoom


def confirmed_call(desk: Page) -> str:
    attempt = take_call(desk)
    desk.keyboard.press("Alt+1")
    desk.keyboard.press("Alt+2")
    expect(desk.locator("#outcome")).to_be_focused()
    return attempt


def test_enter_after_a_code_chooses_nothing_more(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    confirmed_call(desk)
    # An empty field that has to be filled keeps the hands; its list is there.
    desk.keyboard.press("Enter")
    expect(desk.locator("#outcome")).to_be_focused()
    expect(desk.locator("#outcome")).to_have_value("")
    desk.keyboard.type("01")
    desk.keyboard.press("Enter")
    expect(desk.locator("#part-0-day")).to_be_focused()
    desk.keyboard.type("+7")
    desk.keyboard.press("Enter")

    # What is owed stands there already, and is replaced however the hands arrive.
    amount = desk.locator("#part-0-yen")
    expect(amount).to_be_focused()
    expect(amount).not_to_have_value("")
    desk.keyboard.type("10000")
    expect(amount).to_have_value("10000")
    desk.locator("#part-0-day").click()
    amount.click()
    desk.keyboard.type("2000")
    expect(amount).to_have_value("2000")

    # With Enter after each code or without, the same fields are filled.
    desk.keyboard.press("Enter")
    expect(desk.locator("#method")).to_be_focused()
    desk.keyboard.type("3")
    desk.keyboard.press("Enter")
    expect(desk.locator("#method")).to_have_value(re.compile("^3 "))
    expect(desk.locator("#reason")).to_be_focused()
    expect(desk.locator("#reason")).to_have_value("")
    desk.keyboard.type("2")
    desk.keyboard.press("Enter")
    expect(desk.locator("#reason")).to_have_value(re.compile("^2 "))
    expect(desk.locator("#remarks")).to_be_focused()
    expect(desk.locator("#remarks")).to_have_value("")
    # An optional field is gone past, and stays empty.
    desk.locator("#reason").focus()
    desk.keyboard.press("Delete")
    desk.keyboard.press("Enter")
    expect(desk.locator("#remarks")).to_be_focused()
    expect(desk.locator("#reason")).to_have_value("")
    # An entry that was stepped to is chosen by Enter.
    desk.locator("#reason").focus()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#reason")).to_have_value(re.compile("^1 "))
    leave(desk)


def test_menus_fold_and_sentences_go_with_the_call(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    confirmed_call(desk)
    pauses = desk.locator(".seat .menu ul")
    desk.keyboard.press("F7")
    expect(pauses).to_be_visible()
    desk.keyboard.press("Escape")
    expect(pauses).to_have_count(0)
    # The hands go back to the form: nothing stands above it that takes their digits.
    desk.keyboard.press("F7")
    expect(pauses).to_be_visible()
    desk.locator("#remarks").click()
    expect(pauses).to_have_count(0)
    colleagues = desk.locator(".head .unfolded")
    desk.keyboard.press("Alt+T")
    expect(colleagues).to_be_visible()
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("Escape")
    expect(colleagues).to_have_count(0)

    desk.keyboard.press("F9")
    expect(desk.get_by_text("まだ通話中です")).to_be_visible()
    desk.keyboard.press("F7")
    expect(pauses).to_be_visible()
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    expect(pauses).to_have_count(0)
    expect(desk.get_by_text("まだ通話中です")).to_have_count(0)
    leave(desk)


def test_a_booked_call_is_typed_without_a_list_above_it_and_seen_afterwards(room: PracticeRoom, visits: Visits) -> None:
    desk = visits.page()
    take_seat(desk, "operator1")
    attempt = confirmed_call(desk)
    name = desk.locator(".head .name ruby").evaluate("(ruby) => ruby.firstChild.textContent")
    desk.keyboard.press("F7")
    desk.keyboard.press("4")
    expect(desk.get_by_text("この通話の後に離席")).to_be_visible()
    desk.locator("#outcome").focus()
    desk.keyboard.type("12")
    day, hour = desk.locator("#recall-day"), desk.locator("#recall-time")
    expect(day).to_be_focused()
    desk.keyboard.press("F4")
    expect(desk.locator(".seat")).to_have_attribute("data-state", "wrapup")
    desk.keyboard.press("F9")
    for field in (day, hour):
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(day).to_be_focused()
    desk.keyboard.type("+7")
    expect(day).to_have_attribute("aria-invalid", "false")
    expect(hour).to_have_attribute("aria-invalid", "true")
    desk.keyboard.press("Enter")
    desk.keyboard.type("1100")
    expect(hour).to_have_attribute("aria-invalid", "false")
    expect(desk.get_by_text("赤い欄を直して")).to_have_count(0)
    desk.keyboard.press("F9")
    next_call(desk, attempt)
    expect(desk.locator(".seat")).to_have_attribute("data-state", "paused")
    # Booked for a later day: on the list with its day; and nothing says any more that the pause is still to come.
    row = desk.get_by_role("region", name="再コール予約").get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text(re.compile(r"\d+/\d+\(.\) 11:00"))
    expect(desk.get_by_text("この通話の後に離席")).to_have_count(0)
    expect(desk.get_by_text("それまでにつながった電話には")).to_have_count(0)

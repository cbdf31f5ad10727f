"""The system's Chromium, and the few things every walk does in it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tsunagaru.practice_room import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def sign_in(page: Page, login: str) -> None:
    """Through the door by keyboard."""
    page.goto("/")
    page.get_by_label("ログインID").fill(login)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="画面")).to_be_visible()


def seat_state(page: Page) -> str:
    """What the seat bar says."""
    return page.locator(".seat .state strong").inner_text()


def free_seat(page: Page) -> None:
    """Leave the seat so that the next test finds the floor quiet."""
    page.keyboard.press("F7")
    page.keyboard.press("4")
    expect(page.locator(".seat")).to_have_attribute("data-state", "paused")

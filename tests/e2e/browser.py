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

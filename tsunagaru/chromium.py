"""A Chromium for measurements, and how it tells when a case was on the screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from casefile.errors import TsunagaruError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Pages that nobody looks at are painted like the one in front.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WATCH = """
() => {
  window.__pops = [];
  const seen = new Set();
  const look = () => {
    const call = document.querySelector('.call[data-attempt]');
    const id = call && document.querySelector('.seat')?.dataset.state === 'talking' ? call.dataset.attempt : null;
    if (id && !seen.has(id)) {
      seen.add(id);
      requestAnimationFrame(() => setTimeout(() => window.__pops.push([id, Date.now()])));
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
}
"""
"""Runs in a panel: notes in `__pops`, by the clock both sides share, when the card of a call was laid out and painted."""

TAKE_POPS = "window.__pops.splice(0)"
"""Gives `[attempt, milliseconds]` of the cards painted since it was asked last."""


def needs_chromium() -> str:
    """Where Chromium lies. Raises TsunagaruError, saying what to install, where a screen cannot be measured."""
    try:
        import playwright.sync_api  # noqa: F401
    except ModuleNotFoundError as error:
        raise TsunagaruError(
            "画面の計測には playwright が必要です。開発用の環境(make install)で実行してください。"
        ) from error
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise TsunagaruError(
            "画面の計測には Chromium が必要です。管理者が chromium パッケージを入れてから実行してください。"
        )
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium until the block ends. Raises as `needs_chromium`."""
    found = needs_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()

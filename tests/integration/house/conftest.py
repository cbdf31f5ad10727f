"""What tests of the commands share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tsunagaru.postgres import EmbeddedServer


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty TSUNAGARU_HOME, which the database's account can enter, unlike the test's own folder as root."""
    made = Path(tempfile.mkdtemp(prefix="tsunagaru-test-home-"))
    yield made
    EmbeddedServer(made).stop()
    shutil.rmtree(made, ignore_errors=True)

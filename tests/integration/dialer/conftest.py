"""Rooms for tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from casefile.db import Database
from tests.integration.dialer.room import Room


@pytest.fixture
def room(database: Database, municipality: int) -> Iterator[Room]:
    """An empty floor of a founded municipality."""
    made = Room(database, municipality)
    yield made
    made.close()

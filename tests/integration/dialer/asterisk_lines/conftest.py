"""An operator, and secrets one after the other."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from uuid import UUID

import pytest

from casefile.accounts import create_user
from casefile.clock import VirtualClock
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from tests.fixtures import FOUNDED_AT


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(FOUNDED_AT)


@pytest.fixture
def operator(database: Database, municipality: int) -> UUID:
    ids = TimeOrderedIds(VirtualClock(FOUNDED_AT).now, random.Random(1))
    with database.transaction(municipality) as conn:
        return create_user(
            conn,
            municipality,
            login="operator",
            display_name="試験 太郎",
            password="Shiken-2026-shitsu",
            roles=["operator"],
            now=FOUNDED_AT,
            ids=ids,
        ).user_id


@pytest.fixture
def draw() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"secret-of-sixteen-{next(numbers)}"

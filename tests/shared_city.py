"""One founded municipality for many tests, each in a transaction that is rolled back: a hundredth of a fresh database."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from casefile.city import City, load_city
from casefile.clock import VirtualClock
from casefile.db import Database, enter
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds
from tests.fixtures import FOUNDED_AT, MUNICIPALITY_ID
from tsunagaru.databases import create_database, drop_database


@pytest.fixture(scope="session")
def shared_database(server_url: str, template_database: str) -> Iterator[Database]:
    """A database that holds one municipality and must be left as it is."""
    name = f"tsunagaru_shared_{uuid.uuid4().hex[:12]}"
    opened = Database(create_database(server_url, name, template_database))
    profile = MunicipalityProfile(
        municipality_id=MUNICIPALITY_ID,
        name="試験市",
        name_kana="シケンシ",
        prefecture="試験県",
        section_name="納税課",
        area_code="03",
        caller_number="+81300001111",
    )
    with opened.transaction(MUNICIPALITY_ID) as conn:
        found_municipality(conn, profile, FOUNDED_AT, TimeOrderedIds(VirtualClock(FOUNDED_AT).now, random.Random(0)))
    yield opened
    opened.close()
    drop_database(server_url, name)


@pytest.fixture(scope="session")
def shared_city(shared_database: Database) -> City:
    """The municipality of `shared_database`."""
    with shared_database.transaction(MUNICIPALITY_ID) as conn:
        return load_city(conn, MUNICIPALITY_ID)


@pytest.fixture
def passing(shared_database: Database) -> Iterator[Connection]:
    """A transaction in the shared municipality of which nothing stays."""
    with shared_database.engine.connect() as conn, conn.begin() as transaction:
        enter(conn, MUNICIPALITY_ID)
        yield conn
        transaction.rollback()

"""A founded municipality, for every test that needs one."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from casefile.city import City, load_city
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds

MUNICIPALITY_ID = 119998
"""A 全国地方公共団体コード that no municipality has."""
FOUNDED_AT: datetime = at_jst(date(2026, 4, 1), 9)


@pytest.fixture
def municipality(database: Database) -> int:
    """The id of a municipality that was founded in `database` and holds nothing else."""
    profile = MunicipalityProfile(
        municipality_id=MUNICIPALITY_ID,
        name="試験市",
        name_kana="シケンシ",
        prefecture="試験県",
        section_name="納税課",
        area_code="03",
        caller_number="+81300001111",
    )
    ids = TimeOrderedIds(VirtualClock(FOUNDED_AT).now, random.Random(0))
    with database.transaction(MUNICIPALITY_ID) as conn:
        found_municipality(conn, profile, FOUNDED_AT, ids)
    return MUNICIPALITY_ID


@pytest.fixture
def city(database: Database, municipality: int) -> City:
    """The same municipality as the rules see it."""
    with database.transaction(municipality) as conn:
        return load_city(conn, municipality)

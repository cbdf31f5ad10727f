"""The audit log in the database: sealed in batches, verified, and proof against an owner of the tables."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from casefile import audit
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database, sqlalchemy_url
from casefile.ids import TimeOrderedIds

NOW = at_jst(date(2026, 9, 8), 10)


def write(conn: Connection, city: City, count: int, first: int = 0) -> None:
    clock = VirtualClock(NOW + timedelta(seconds=first))
    ids = TimeOrderedIds(clock.now, random.Random(first))
    for number in range(first, first + count):
        audit.note(
            conn,
            city.id,
            ids=ids,
            at=NOW + timedelta(seconds=number),
            user_id=None,
            actor="tanaka",
            action="case.view",
            addressee_no=f"A{number}",
            detail={"理由": "照会", "n": number},
        )


def test_entries_are_sealed_in_batches_and_verified(passing: Connection, shared_city: City) -> None:
    before = audit.seal(passing, shared_city.id, NOW)
    write(passing, shared_city, 5)
    assert audit.seal(passing, shared_city.id, NOW, limit=2) == 2
    noted = audit.head(passing, shared_city.id)
    assert audit.verify(passing, shared_city.id).unsealed == 3
    assert audit.seal(passing, shared_city.id, NOW) == 3
    assert audit.seal(passing, shared_city.id, NOW) == 0
    assert noted is not None
    found = audit.verify(passing, shared_city.id, [noted])
    assert (found.sealed, found.unsealed, found.intact) == (before + 5, 0, True)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = ''", "DELETE FROM audit_seal", "DELETE FROM audit_entry"]
)
def test_the_application_can_change_neither_entries_nor_links(passing: Connection, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), passing.begin_nested():
        passing.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE audit_entry SET actor = 'suzuki' WHERE addressee_no = 'A2'", "封印時の内容と一致しません"),
        ("UPDATE audit_entry SET detail = '{}' WHERE addressee_no = 'A2'", "封印時の内容と一致しません"),
        (
            "WITH gone AS (DELETE FROM audit_seal WHERE seq = 3 RETURNING audit_id) SELECT count(*) FROM gone",
            "封印がありません",
        ),
        ("DELETE FROM audit_seal WHERE seq > 3", "控え"),
    ],
)
def test_tampering_by_the_owner_of_the_tables_is_found(
    database: Database, database_url: str, city: City, statement: str, where: str
) -> None:
    with database.transaction(city.id) as conn:
        write(conn, city, 5)
        audit.seal(conn, city.id, NOW)
        noted = audit.head(conn, city.id)
        assert noted is not None
        assert audit.verify(conn, city.id, [noted]).intact
    owner: Any = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    with owner.begin() as conn:
        conn.execute(text("SET session_replication_role = replica"))
        conn.execute(text(statement))
    owner.dispose()
    with database.transaction(city.id) as conn:
        found = audit.verify(conn, city.id, [noted])
    assert not found.intact
    assert any(where in fault for fault in found.faults)

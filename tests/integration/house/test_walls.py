"""Walls between municipalities, asked of the catalogue: whatever table is added, it stands behind them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from casefile.clock import VirtualClock
from casefile.db import APPLICATION_ROLE, Database, enter
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds
from tests.fixtures import FOUNDED_AT, MUNICIPALITY_ID

HERE, THERE = MUNICIPALITY_ID, 119997
DIRECTORY = "municipality"
"""Its names and codes are read before anybody has signed in; what else it holds must not be."""


@pytest.fixture
def walls(database: Database, municipality: int) -> Iterator[Connection]:
    """Two founded municipalities; the transaction works for the first."""
    assert municipality == HERE
    profile = MunicipalityProfile(
        municipality_id=THERE,
        name="隣市",
        name_kana="トナリシ",
        prefecture="試験県",
        section_name="納税課",
        area_code="03",
        caller_number="+81300002222",
    )
    with database.transaction(THERE) as conn:
        ids = TimeOrderedIds(VirtualClock(FOUNDED_AT).now, random.Random(1))
        found_municipality(conn, profile, FOUNDED_AT, ids)
    with database.transaction(HERE) as conn:
        yield conn


def ask(conn: Connection, sql: str, **values: Any) -> list[Any]:
    return list(conn.execute(text(sql), values))


def tables(conn: Connection) -> list[str]:
    rows = ask(conn, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    found = [row.tablename for row in rows if row.tablename != "alembic_version"]
    assert len(found) > 50
    return found


def refusal(conn: Connection, sql: str, **values: Any) -> str | None:
    """The SQLSTATE of the database's refusal, or None when it obeyed; the transaction goes on either way."""
    try:
        with conn.begin_nested():
            conn.execute(text(sql), values)
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", "?"))
    return None


def touched(conn: Connection, sql: str, **values: Any) -> int:
    """How many rows it touched; none where the right itself is missing."""
    state = refusal(conn, sql, **values)
    if state == "42501":
        return 0
    return conn.execute(text(sql), values).rowcount


def test_the_applications_role_is_nobody_special(walls: Connection) -> None:
    (role,) = ask(
        walls,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication FROM pg_roles WHERE rolname = current_user",
    )
    assert not any(role)
    assert ask(walls, "SELECT current_user AS me")[0].me == APPLICATION_ROLE
    owned = ask(
        walls,
        "SELECT relname FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = :me)",
        me=APPLICATION_ROLE,
    )
    assert owned == []
    members_of = ask(
        walls,
        "SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = :me ::regrole",
        me=APPLICATION_ROLE,
    )
    assert members_of == []


def test_every_table_forces_row_level_security(walls: Connection) -> None:
    rows = ask(
        walls,
        """SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND relname <> 'alembic_version'
              AND NOT (relrowsecurity AND relforcerowsecurity)""",
    )
    assert rows == []
    views = ask(
        walls, "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
    )
    assert views == [], "a view reads as its owner, past the walls"


def test_every_policy_says_the_same(walls: Connection) -> None:
    policies = ask(
        walls, "SELECT tablename, cmd, permissive, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
    )
    kinds = {(row.cmd, row.qual, row.with_check) for row in policies if row.tablename != DIRECTORY}
    assert len(kinds) == 1
    ((cmd, qual, with_check),) = kinds
    assert cmd == "ALL"
    assert "app.municipality" in qual
    assert with_check in (None, qual)
    assert {row.tablename for row in policies} == set(tables(walls))


def test_the_municipality_leads_every_key(walls: Connection) -> None:
    keys = ask(
        walls,
        """SELECT c.conrelid::regclass::text AS of_table, c.contype, c.conname,
                  (SELECT attname FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = c.conkey[1]) AS first_here,
                  (SELECT attname FROM pg_attribute WHERE attrelid = c.confrelid AND attnum = c.confkey[1]) AS first_there
             FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
            WHERE n.nspname = 'public' AND c.contype IN ('p', 'f', 'u') AND c.conrelid::regclass::text <> 'alembic_version'""",
    )
    assert {row.of_table for row in keys if row.contype == "p"} == set(tables(walls))
    wrong = [
        row.conname
        for row in keys
        if row.first_here != "municipality_id" or row.first_there not in (None, "municipality_id")
    ]
    assert wrong == []
    unique = ask(
        walls,
        """SELECT i.indexrelid::regclass::text AS name,
                  (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[0]) AS first
             FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND c.relname <> 'alembic_version'""",
    )
    # A unique key without the municipality would tell one city what another has.
    assert [row.name for row in unique if row.first != "municipality_id"] == []


def test_another_citys_rows_are_neither_seen_nor_touched(walls: Connection) -> None:
    filled = 0
    for table in tables(walls):
        enter(walls, THERE)
        there = ask(walls, f"SELECT count(*) AS n FROM {table} WHERE municipality_id = :there", there=THERE)[0].n
        filled += bool(there)
        enter(walls, HERE)
        if table != DIRECTORY:
            seen = ask(walls, f"SELECT count(*) AS n FROM {table} WHERE municipality_id <> :here", here=HERE)[0].n
            assert seen == 0, table
        for act in (
            f"UPDATE {table} SET municipality_id = municipality_id WHERE municipality_id = :there",
            f"DELETE FROM {table} WHERE municipality_id = :there",
        ):
            assert touched(walls, act, there=THERE) == 0, act
        enter(walls, THERE)
        still = ask(walls, f"SELECT count(*) AS n FROM {table} WHERE municipality_id = :there", there=THERE)[0].n
        assert still == there, table
        enter(walls, HERE)
    assert filled >= 5


def test_nothing_is_written_for_another_city(walls: Connection) -> None:
    guarded = {
        row.name
        for row in ask(
            walls,
            "SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgtype & 6 = 6 AND NOT tgisinternal",
        )
    }
    for table in tables(walls):
        state = refusal(walls, f"INSERT INTO {table} (municipality_id) VALUES (:there)", there=THERE)
        assert state == "42501" or (table in guarded and state is not None), (table, state)
        # Nor is a row of one's own moved over the wall.
        moved = refusal(
            walls, f"UPDATE {table} SET municipality_id = :there WHERE municipality_id = :here", there=THERE, here=HERE
        )
        holds = ask(walls, f"SELECT count(*) AS n FROM {table} WHERE municipality_id = :here", here=HERE)[0].n
        assert moved is not None or not holds, table


@pytest.mark.parametrize("municipality_id", [None, 999999])
def test_without_a_city_there_are_no_rows(database: Database, walls: Connection, municipality_id: int | None) -> None:
    names = tables(walls)
    walls.rollback()
    with database.transaction(municipality_id) as conn:
        for table in names:
            if table != DIRECTORY:
                assert ask(conn, f"SELECT count(*) AS n FROM {table}")[0].n == 0, table


def test_no_function_works_with_more_rights_than_its_caller(walls: Connection) -> None:
    """Only the statistics may, with a fixed search path; it reads nothing and takes no argument."""
    definers = ask(
        walls,
        """SELECT proname, pronargs, proconfig FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND prosecdef""",
    )
    assert [(row.proname, row.pronargs) for row in definers] == [("refresh_ledger_statistics", 0)]
    assert any(setting.startswith("search_path=") for setting in definers[0].proconfig)


def test_the_role_makes_nothing_of_its_own(walls: Connection) -> None:
    assert refusal(walls, "CREATE TABLE mine (x int)") == "42501"
    assert refusal(walls, "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'") == "42501"
    assert refusal(walls, "ALTER TABLE attempt DISABLE ROW LEVEL SECURITY") == "42501"
    assert refusal(walls, "ALTER TABLE attempt DISABLE TRIGGER ALL") == "42501"
    assert refusal(walls, "SET session_replication_role = replica") == "42501"
    assert refusal(walls, "COPY attempt TO PROGRAM 'true'") == "42501"
    assert refusal(walls, "TRUNCATE contact_record") == "42501"

"""The doctor names what is wrong, says what to do, and looks at the rest all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from casefile.clock import SystemClock, VirtualClock
from casefile.errors import TsunagaruError
from tests.redis_server import redis_server
from tsunagaru.doctor import Finding, examine, web_processes
from tsunagaru.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_PORT": "1"})


def about(findings: list[Finding], subject: str) -> Finding:
    (found,) = [finding for finding in findings if finding.subject == subject]
    return found


def test_a_whole_database_is_well(database_url: str, settings: Settings) -> None:
    findings = list(examine(settings, lambda: database_url, SystemClock()))
    for subject in (
        "データベース",
        "データベースの形",
        "市町村の間の壁",
        "サーバーとの時計の差",
        "発信前の書き込みの確認",
        "日本時間",
    ):
        assert about(findings, subject).well, subject


def test_an_empty_database_asks_for_the_schema(empty_database_url: str, settings: Settings) -> None:
    findings = list(examine(settings, lambda: empty_database_url, SystemClock()))
    assert "tsunagaru migrate" in about(findings, "データベースの形").remedy


def test_an_opened_wall_is_found(database_url: str, settings: Settings) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY")
    wall = about(list(examine(settings, lambda: database_url, SystemClock())), "市町村の間の壁")
    assert not wall.well
    assert "audit_entry" in wall.found


def test_a_right_that_dialing_needs_and_everybody_has_lost_is_asked_for(database_url: str, settings: Settings) -> None:
    with psycopg.connect(database_url) as connection:
        (name,) = connection.execute(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE proname = 'pg_logical_emit_message' AND proargtypes[2] = 'text'::regtype"
        ).fetchone() or ("",)
        connection.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
    disk = about(list(examine(settings, lambda: database_url, SystemClock())), "発信前の書き込みの確認")
    assert "GRANT EXECUTE ON FUNCTION pg_logical_emit_message(" in disk.remedy
    with psycopg.connect(database_url) as connection:
        connection.execute(disk.remedy.partition("「")[2].partition("」")[0])
    assert about(list(examine(settings, lambda: database_url, SystemClock())), "発信前の書き込みの確認").well


def test_a_wrong_clock_is_found(database_url: str, settings: Settings) -> None:
    late = VirtualClock(datetime.now(UTC) - timedelta(minutes=5))
    clock = about(list(examine(settings, lambda: database_url, late)), "サーバーとの時計の差")
    assert "NTP" in clock.remedy


@pytest.mark.debian
def test_a_redis_between_web_servers_is_looked_at(tmp_path: Path, settings: Settings) -> None:
    assert web_processes(settings).mark == "－"
    with redis_server(tmp_path) as server:
        shared = replace(settings, redis_url=server.url)
        assert "画面サーバー 0 台" in web_processes(shared).found
        server.kill()
        silent = web_processes(shared)
    assert "REDIS_URL" in silent.remedy


def test_a_database_that_does_not_answer_does_not_end_the_examination(settings: Settings) -> None:
    def unreachable() -> str:
        raise TsunagaruError("接続できません。")

    findings = list(examine(settings, unreachable, SystemClock()))
    assert about(findings, "データベース").remedy == "接続できません。"
    assert about(findings, "日本時間").well

"""A command that only reads says when there is nothing to read yet, and which home it looked in."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tsunagaru.cli import main
from tsunagaru.database import DEMO_DATABASE, DEMO_FILE, EMBEDDED_DATABASE, database_for_a_while
from tsunagaru.databases import database_of
from tsunagaru.settings import Settings

COMMANDS = [["explain", "0000000041"], ["report", "calls", "--from", "2026-07-01", "--to", "2026-07-31"]]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_without_tables_asks_for_migrate(
    words: list[str], empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "「tsunagaru migrate」を実行" in told
    assert "表の版 なし" in told
    assert empty_database_url not in told


@pytest.mark.parametrize("words", COMMANDS)
def test_tables_of_another_version_ask_for_migrate(
    words: list[str], database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert main(words) == 2
    assert "表の版 0000" in capsys.readouterr().err


def test_an_empty_home_is_named_and_a_demo_s_home_is_its_city_s(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("TSUNAGARU_HOME", str(home))
    assert main(["explain", "0000000041"]) == 2
    told = capsys.readouterr().err
    assert str(home) in told
    assert "「tsunagaru migrate」を実行" in told
    settings = Settings.from_environment()
    with database_for_a_while(settings) as url:
        assert database_of(url) == EMBEDDED_DATABASE
        (home / DEMO_FILE).touch()
        with database_for_a_while(settings) as demo:
            assert database_of(demo) == DEMO_DATABASE

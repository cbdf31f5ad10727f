"""The thread a newcomer types: files of the city, import, days of work over them, then explain and report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds
from rehearsal.city.__main__ import main as write_city
from rehearsal.city.files import Layout
from tsunagaru.cli import main

MAPPING = Layout.CITY_CP932.mapping_path
REHEARSE = ("rehearse", "--days", "1", "--operators", "1", "--households", "30", "--layout", "city", "--keep")
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command on a day; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TSUNAGARU_HOME", str(tmp_path / "home"))

    def run(*words: object, at: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("TSUNAGARU_CLOCK", at)
        code = main([str(word) for word in words])
        caught = capsys.readouterr()
        return code, caught.out, caught.err

    return run


def test_imported_called_texted_explained_and_reported(typed: Typed, tmp_path: Path) -> None:
    files = tmp_path / "files"
    assert write_city(["--households", "30", "--layout", "city", "--out", str(files)]) == 0
    code, said, told = typed("import", MAPPING, *sorted(files.iterdir()), at="2026-10-04T17:00")
    assert code == 0, (said, told)
    assert "滞納期別明細・全件・CP932(シフトJIS)・基準日 2026-10-02" in said

    code, said, told = typed(*REHEARSE, "--out", tmp_path / "out")
    assert code == 0, told
    assert "TSUNAGARU_CLOCK=2026-10-06T00:00" in told
    attempts = json.loads(said)["attempts"]
    assert attempts > 0

    code, said, told = typed(
        "report", "calls", "--from", "2026-10-05", "--to", "2026-10-05", "--by", "hour", at="2026-10-06T00:00"
    )
    assert code == 0, told
    assert json.loads(said)["form"] == "calls"
    code, said, _ = typed("explain", "0000000010", at="2026-10-06T10:00")
    assert code == 0
    assert "0000000010" in said

    code, _, told = typed(*REHEARSE)
    assert code == 2
    assert "もう架電しています" in told


def test_a_rehearsal_does_not_enter_the_database_of_a_real_city(typed: Typed, database: Database) -> None:
    clock = VirtualClock(at_jst(date(2026, 10, 1)))
    profile = MunicipalityProfile(119996, "例の市", "レイノシ", "例県", "納税課", "03", "+81300000001")
    with database.transaction(119996) as conn:
        found_municipality(conn, profile, clock.now(), TimeOrderedIds(clock.now))
    code, _, told = typed(*REHEARSE)
    assert code == 2
    assert "例の市が登録されています。本番のデータベースで予行はできません" in told


def test_files_imported_after_the_room_opened_are_told(typed: Typed, tmp_path: Path) -> None:
    write_city(["--households", "5", "--layout", "city", "--out", str(tmp_path)])
    code, _, _ = typed("import", MAPPING, tmp_path / "CHIKU_20261002.csv", at="2026-10-05T10:00")
    assert code == 0
    code, _, told = typed(*REHEARSE)
    assert code == 2
    assert "取込の日時(2026-10-05 10:00)が、予行の部屋が開く2026-10-04 18:00より後です" in told
    assert "TSUNAGARU_CLOCK=2026-10-04T17:00" in told

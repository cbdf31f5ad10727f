"""`tsunagaru recordings` and `recording-key` as an office types them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from casefile.db import Database
from dialer.asterisk.recording.keys import CURRENT
from dialer.asterisk.recording.store import Store
from tests.integration.dialer.recordings.office import NOW, Office
from tests.integration.dialer.recordings.test_agent import asterisk_writes, spoken
from tests.waiting import until
from tsunagaru.cli import main


@pytest.fixture
def office(
    database: Database, database_url: str, municipality: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """An office at NOW, whose home is `tmp_path`."""
    opened = Office(database, municipality, tmp_path)
    opened.store = Store(tmp_path / "recordings")
    monkeypatch.setenv("TSUNAGARU_HOME", str(tmp_path))
    monkeypatch.setenv("TSUNAGARU_RECORDING_KEY", str(tmp_path / "keys"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TSUNAGARU_CLOCK", NOW.isoformat())
    return opened


def test_an_office_says_what_is_recorded_takes_in_and_checks(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recordings", "terms", "announced", "--days", "30"]) == 0
    assert "録音する(案内あり)" in capsys.readouterr().out
    office.clock.advance(60)
    there, lost = office.talk()[1], office.talk()[1]
    recording = office.record(there)
    assert main(["recordings", "tidy"]) == 0
    assert "録音を1件受け入れ、保存期間を過ぎた0件" in capsys.readouterr().out
    assert main(["recordings", "missing"]) == 1
    told = capsys.readouterr().out
    assert f"通話 {lost}" in told
    assert str(there) not in told
    assert "対象2件のうち、録音のない通話は1件" in told
    assert main(["recordings", "check"]) == 0
    assert "1件を確かめました。すべて開けます。" in capsys.readouterr().out
    path = next((office.folder / "recordings" / "2026").rglob("*.tsr"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert main(["recordings", "check"]) == 1
    assert f"録音 {recording}: 保存した後に変わっています" in capsys.readouterr().out
    path.unlink()
    assert main(["recordings", "check"]) == 1
    assert "ファイルがありません" in capsys.readouterr().out
    office.record(uuid4())
    assert main(["recordings", "tidy"]) == 1
    assert "どの通話の録音か分かりません" in capsys.readouterr().err


def test_keys_are_made_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TSUNAGARU_HOME", str(tmp_path))
    assert main(["recording-key", "list"]) == 0
    assert "秘密鍵はありません" in capsys.readouterr().out
    for _ in range(2):
        assert main(["recording-key", "make"]) == 0
    assert "tsunagaru backup には入らない" in capsys.readouterr().out
    assert main(["recording-key", "list"]) == 0
    listed = capsys.readouterr().out.split("\n")
    assert len([line for line in listed if line]) == 2
    assert sum("現在の鍵" in line for line in listed) == 1
    assert (tmp_path / "recording-keys" / CURRENT).is_file()


def test_the_nodes_agent_runs_until_it_is_told_to_end(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    environment = os.environ | {"TSUNAGARU_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "tsunagaru"]
    subprocess.run([*command, "recording-key", "make"], env=environment, check=True, capture_output=True)
    folders = ["--from", str(tmp_path / "recordings"), "--outgoing", str(tmp_path / "outgoing")]
    with subprocess.Popen(
        [*command, "recordings", "agent", "--node", "node-1", *folders],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as agent:
        try:
            store = Store(tmp_path / "home" / "recordings")
            for number in range(2):
                asterisk_writes(tmp_path, spoken(1, number))
                until(lambda: len(list(store.arrived())), 30, lambda count, wanted=number + 1: count == wanted)  # type: ignore[misc]
        finally:
            agent.send_signal(signal.SIGTERM)
            told, _ = agent.communicate(timeout=30)
        assert agent.returncode == 0, told
    assert not list((tmp_path / "recordings").iterdir())

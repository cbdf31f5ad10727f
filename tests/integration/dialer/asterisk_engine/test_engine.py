"""The engine as an office runs it, on a real Asterisk: what the books say after each call, and that nothing is left over."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dialer.asterisk_carrier.stage import nothing_left
from tests.integration.dialer.asterisk_engine.conftest import Lines
from tests.integration.dialer.asterisk_engine.stage import Stage
from tests.integration.dialer.room import Room

pytestmark = [pytest.mark.debian]

SCENARIOS = tomllib.loads((Path(__file__).parent / "scenarios.toml").read_text(encoding="utf-8"))["scenario"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_a_call_and_its_books(
    scenario: dict[str, Any], lines: Lines, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTERISK_AMI_SECRET", lines.asterisk.node.ami_secret)
    with nothing_left(lines.asterisk):
        stage = Stage(room, lines, scenario, tmp_path)
        try:
            for step in scenario["steps"]:
                stage.play(step)
            attempt = stage.attempt()
            assert {name: getattr(attempt, name) for name in scenario["attempt"]} == scenario["attempt"]
            assert stage.records()[: len(scenario["records"]) or 1] == scenario["records"]
            assert stage.recordings() == [attempt.attempt_id] * scenario.get("recordings", 0)
            if "seat" in scenario:
                assert stage.seat() == scenario["seat"]
        finally:
            stage.close()

"""`tsunagaru reach backtest`: tables and files, and a sentence where the log is too short."""

from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from casefile.clock import JST
from tsunagaru.cli import main

_HEAD = "attempted_at,taxpayer,household,phone,line_type,district,birth_year,result,right_party\n"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    rng, lines = random.Random(1), []
    for day in range(35):
        for person in range(40):
            at = datetime(2026, 9, 7, tzinfo=JST) + timedelta(days=day, hours=10 if rng.random() < 0.5 else 18)
            live = rng.random() < (0.6 if (at.hour == 18) == (person % 2 == 0) else 0.1)
            lines.append(
                f"{at.isoformat()},{person},H{person},+81900{person:07d},mobile,D1,1980,"
                f"{'01' if live else '03'},{int(live)}\n"
            )
    path = tmp_path / "attempts.csv"
    path.write_text(_HEAD + "".join(lines), encoding="utf-8")
    return path


def test_every_way_to_guess_is_in_the_table_and_in_the_file(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "backtest.json"
    assert main(["reach", "backtest", "--history", str(history), "--weeks", "2", "-o", str(out)]) == 0
    told = capsys.readouterr().out
    assert "本人接触の見込み(架電560件)" in told
    found = json.loads(out.read_text(encoding="utf-8"))
    scores = {each["name"]: each for each in found["scores"]}
    assert found["calls"] == 560
    assert scores["model"]["log_loss"]["value"] < scores["city"]["log_loss"]["value"]
    assert scores["city"]["behind_model"]["low"] > 0
    assert sum(each["calls"] for each in found["calibration"]) == 560


def test_the_calibration_is_written_as_csv(history: Path, tmp_path: Path) -> None:
    out = tmp_path / "calibration.csv"
    assert (
        main(["reach", "backtest", "--history", str(history), "--weeks", "1", "--target", "live", "-o", str(out)]) == 0
    )
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["calls"]) for row in rows) == 280
    assert set(rows[0]) == {"low", "high", "calls", "chance", "happened"}


def test_too_short_a_log_is_told_in_a_sentence(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", "backtest", "--history", str(history), "--weeks", "9"]) == 2
    assert "--weeks を小さくする" in capsys.readouterr().err


def test_a_line_that_cannot_be_read_is_told_and_the_rest_is_used(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with history.open("a", encoding="utf-8") as file:
        file.write("not a time,1,H1,+819000000001,mobile,D1,1980,01,1\n")
    assert main(["reach", "backtest", "--history", str(history), "--weeks", "1"]) == 1
    assert "1402行目" in capsys.readouterr().err


def test_another_kind_of_file_is_refused(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["reach", "backtest", "--history", str(history), "-o", "result.pdf"])
    assert ".json か .csv" in capsys.readouterr().err

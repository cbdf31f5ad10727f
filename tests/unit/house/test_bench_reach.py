"""`tsunagaru bench reach`: its tables, on a city small enough for a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.reach_cities.evaluation import Setting
from tsunagaru.cli import main
from tsunagaru.commands import bench_reach


def test_quick_compares_orders_with_the_ideal_observer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_reach, "QUICK", Setting(households=60, weeks=4, calls_a_week=0.8))
    monkeypatch.setattr(bench_reach, "QUICK_ORDERS", ("lot", "person_band", "ideal_chance"))
    kept = tmp_path / "kept"
    assert main(["bench", "reach", "--quick", "--city", "drift", "--kept", str(kept)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith("| 国税庁・調査 | 23.0 / 34.0 / 41.2 |") for line in told)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in told if line.startswith("| 習慣が変わる")]
    by_order = {row[1]: row[2:] for row in rows}
    assert {"無作為", "個人×3時間帯", "理想の観察者(今の見込みだけ)"} <= set(by_order)
    assert by_order["無作為"][1] == by_order["理想の観察者(今の見込みだけ)"][2] == "1.00"
    assert not kept.exists()


def test_a_city_of_another_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "reach", "--city", "atlantis"])
    assert "atlantis" in capsys.readouterr().err

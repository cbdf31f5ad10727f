"""docs/benchmarks.md is made of what the measurements printed, and of nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tsunagaru.benchmark_page import page
from tsunagaru.machine import circumstances, table

_MACHINE = [("機械", ""), ("processor", "Z80"), ("cores", "2")]


def _printed(path: Path, what: str, load: str) -> None:
    path.write_text(
        table([(what, "秒"), ("1", "2")])
        + "\n\n"
        + table([*_MACHINE, ("date", "2026-11-22"), ("load average before", load)])
        + "\n"
    )


def test_the_machine_stands_once_and_the_load_with_each_section(tmp_path: Path) -> None:
    _printed(tmp_path / "import.md", "取込", "0.10 0.20 0.30")
    _printed(tmp_path / "engine.md", "発信", "4.00 4.00 4.00")
    said = page(tmp_path)
    assert said.count("Z80") == 1
    assert "| 取込 | 秒 |" in said
    assert "(date: 2026-11-22; load average before: 0.10 0.20 0.30)" in said
    assert "load average before: 4.00 4.00 4.00" in said
    assert said.index("## Import") < said.index("取込 |") < said.index("## Engine") < said.index("発信 |")
    assert said.count("Not measured on this machine yet.") == 4


def test_each_kill_run_is_a_row(tmp_path: Path) -> None:
    figures = {
        "kills": 60,
        "attempts": 500,
        "rang": 480,
        "rang_twice": 0,
        "lost": 0,
        "back_to_work_median_s": 1.2,
        "back_to_work_max_s": 3.4,
    }
    (tmp_path / "kill.txt").write_text(f"...\nkill test, seed 2: {json.dumps(figures)}\n.\n3 passed\n")
    assert "| 60 | 500 | 480 | 0 | 0 | 1.2 | 3.4 |" in page(tmp_path)


def test_circumstances_are_a_day_and_three_loads() -> None:
    found = circumstances()
    assert len(found["date"]) == 10
    assert len(found["load average before"].split()) == 3

"""docs/pacing.md is its text and the tables of `tsunagaru bench pacing`, in English throughout."""

from __future__ import annotations

import re
from pathlib import Path

from rehearsal.reference_world.plan import FULL, cells
from rehearsal.reference_world.results import Result
from tsunagaru.commands.bench_pacing import demands, grid, levers, settings
from tsunagaru.commands.bench_pacing_page import write_page

LEVEL = {"level_max": 3.0, "target_difference": 1.0, "intensity": -30.0, "available_only": True, "ratio": 2.5}


def test_the_page_has_every_table_and_no_word_of_japanese(tmp_path: Path) -> None:
    found = {cell.key: Result([85.0, 86.0], [1.0, 2.0], [3.0, 4.0], LEVEL) for cell in cells(FULL)}
    path = tmp_path / "pacing.md"
    write_page(path, [grid(found, FULL), demands(found), levers(found), settings(found, FULL)], "6.0 ms")
    page = path.read_text(encoding="utf-8")
    assert "| 200 | 0.50 |" in page
    assert "takes 6.0 ms of processor time" in page
    assert "| hazard 3%, N=5 |" in page
    assert "TABLE" not in page
    assert "MACHINE" not in page
    assert re.findall("[\u3040-\u30ff\u4e00-\u9fff].*", page) == []

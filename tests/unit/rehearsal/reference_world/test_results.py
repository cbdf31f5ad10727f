"""Figures with their intervals, kept cell by cell, held against what is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.reference_world.measuring import measure
from rehearsal.reference_world.plan import FULL, QUICK, Cell, cells, key
from rehearsal.reference_world.results import Estimate, Result, Shelf
from rehearsal.reference_world.tuning import for_larger, levels
from rehearsal.reference_world.wanted import verdicts


def test_an_interval_is_students() -> None:
    estimate = Estimate.of([1.0, 2.0, 3.0])
    assert estimate.mean == 2.0
    assert estimate.half == pytest.approx(4.303 / 3**0.5, rel=1e-3)


def test_a_cell_is_measured_once_and_needs_come_first(tmp_path: Path) -> None:
    asked: list[str] = []

    def first(_: object) -> Result:
        asked.append("first")
        return Result([80.0], [1.0], [], {"ratio": 2.0})

    def second(found: dict[str, Result]) -> Result:
        asked.append("second")
        return Result([found["first"].settings["ratio"]], [1.0])

    both = [Cell("first", first), Cell("second", second, needs=("first",))]  # type: ignore[arg-type]
    found = measure(both, tmp_path, 1, asked.append)
    assert found["second"].occupancy == [2.0]
    assert measure(both, tmp_path, 1, asked.append) == found
    assert asked == ["first", "first", "second", "second"]


def test_an_interrupted_cell_is_not_on_the_shelf(tmp_path: Path) -> None:
    (tmp_path / "one.new").write_text("{", encoding="utf-8")
    assert Shelf(tmp_path).find("one") is None


def test_the_plan_holds_every_room_and_tunes_enough() -> None:
    planned = list(cells(FULL))
    names = {cell.key for cell in planned}
    assert len(names) == len(planned)
    assert {key(policy, 200, 0.5) for policy in ("one", "fixed", "adaptive", "hazard3")} <= names
    assert key("optimum", 100, 0.35) in names
    assert len(set(levels(5))) >= 60
    assert max(level.target_difference for level in levels(50)) == 5.0
    assert for_larger(levels(50)[0], 200).target_difference == 4 * levels(50)[0].target_difference
    for place, cell in enumerate(planned):
        assert set(cell.needs) <= {earlier.key for earlier in planned[:place]}
    assert {cell.key for cell in cells(QUICK)} <= names


def test_a_figure_under_its_floor_is_not_met_and_one_within_its_error_is_near() -> None:
    found = {
        key("hazard3", 5, 0.35): Result([81.6, 81.6, 81.6], [3.0, 3.0, 3.0]),
        key("hazard3", 10, 0.35): Result([84.0, 85.0, 85.5], [3.0, 3.0, 3.0]),
        key("hazard3", 20, 0.35): Result([80.0, 80.0, 80.1], [3.0, 3.0, 3.0]),
        key("hazard1", 5, 0.35): Result([90.0, 90.0, 90.0], [1.4, 1.4, 1.4]),
    }
    judged = [(each.met, each.near) for each in verdicts(found)]
    assert judged == [(True, True), (False, True), (False, False), (False, False)]

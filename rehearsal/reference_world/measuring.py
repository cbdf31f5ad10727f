"""Measures the plan's cells, each once, on as many processes as are given; what lies on the shelf is left alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rehearsal.reference_world.plan import Cell
from rehearsal.reference_world.results import Result, Shelf
from rehearsal.reference_world.runs import steps

Tell = Callable[[str], None]


def measure(cells: Sequence[Cell], folder: Path, jobs: int, tell: Tell) -> dict[str, Result]:
    """Results by key. `tell` hears each key as it is begun. A cell comes after those it needs."""
    missing = [number for number, cell in enumerate(cells) if Shelf(folder).find(cell.key) is None]
    if missing:
        _measure_missing(cells, missing, folder, jobs, tell)
    shelf = Shelf(folder)
    found = {cell.key: shelf.find(cell.key) for cell in cells}
    return {key: result for key, result in found.items() if result is not None}


def _measure_missing(cells: Sequence[Cell], missing: list[int], folder: Path, jobs: int, tell: Tell) -> None:
    if jobs <= 1:
        for number in missing:
            tell(cells[number].key)
            _one(cells[number], folder)
        return
    steps()  # compiled before the processes part, so that each has it
    context = multiprocessing.get_context("fork")
    for stage in (False, True):
        wanted = [number for number in missing if bool(cells[number].needs) is stage]
        begun = context.Value("i", 0)
        workers = [context.Process(target=_some, args=(cells, wanted, begun, folder, tell)) for _ in range(jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            if worker.exitcode:
                raise RuntimeError("a measuring process ended early; begin again and it goes on where it stopped")


def _some(cells: Sequence[Cell], wanted: Sequence[int], begun: Any, folder: Path, tell: Tell) -> None:
    """Whatever nobody has begun yet."""
    while True:
        with begun.get_lock():
            place = begun.value
            begun.value += 1
        if place >= len(wanted):
            return
        cell = cells[wanted[place]]
        tell(cell.key)
        _one(cell, folder)


def _one(cell: Cell, folder: Path) -> None:
    shelf = Shelf(folder)
    needed = {key: shelf.find(key) for key in cell.needs}
    shelf.put(cell.key, cell.measure({key: result for key, result in needed.items() if result is not None}))

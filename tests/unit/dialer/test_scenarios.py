"""Scenarios as data: stimuli, what the carrier was told, what was stored, and that nothing is left over."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from callflow.codes import RecordingMode
from callflow.states import CallState
from dialer.messages import CallRow, SeatRow
from tests.unit.dialer.stage import Stage, attempt, candidate, operator, scenarios

_ALL = scenarios()


@pytest.mark.parametrize("scenario", _ALL, ids=[f"{s['file']}: {s['name']}" for s in _ALL])
def test_scenario(scenario: dict[str, Any]) -> None:
    stage = Stage(
        mode=scenario.get("mode", "progressive"),
        preview_people=tuple(scenario.get("preview_people", ())),
        refused=tuple(scenario.get("refused", ())),
        takes_at_once=scenario.get("takes_at_once", True),
        recording=RecordingMode(scenario.get("recording", "off")),
    )
    stage.open()
    stage.know_skills(scenario.get("skills", {}))
    if "first" in scenario:
        restore(stage, scenario)
    for line in scenario["script"].strip().splitlines():
        act, _, expected = line.partition("->")
        seconds, subject, *rest = act.split()
        stage.at(float(seconds))
        stage.do(subject, *(rest or ["now"]))
        assert stage.take() == [told.strip() for told in expected.split(",") if told.strip()], line

    for number, row in scenario.get("calls", {}).items():
        ended = stage.ended[attempt(int(number))]
        assert {name: getattr(ended, name) for name in row} == row
    for name, state in scenario.get("seats", {}).items():
        assert stage.seat(name) == state
    for name, part in scenario.get("parts", {}).items():
        found = stage.engine.seats.get(operator(name))
        assert found is not None
        assert (found.part or "own") == part
    if "listening" in scenario:
        heard = {chr(row.supervisor_id.int - 0xA0000) for row in stage.engine.supervision.rows()}
        assert heard == set(scenario["listening"])
    if "answers" in scenario:
        assert stage.answers == scenario["answers"]
    if "ignored" in scenario:
        assert sum("ignored" in step.detail for step in stage.steps) == scenario["ignored"]
    assert_chain(stage)


def restore(stage: Stage, scenario: dict[str, Any]) -> None:
    """A new epoch with what the scenario's rows say."""
    calls = [
        CallRow(
            attempt(left["call"]),
            candidate(900 + left["call"]),
            stage.now,
            handed=left["state"] != "admitted",
            next_seq=1,
            state=CallState(left["state"]),
            operator_id=operator(left["operator"]) if "operator" in left else None,
        )
        for left in scenario.get("left", [])
    ]
    seats = [
        SeatRow(
            operator(seat["name"]),
            seat["state"],
            stage.now,
            attempt_id=attempt(seat["call"]) if "call" in seat else None,
            part=seat.get("part"),
        )
        for seat in scenario.get("seat", [])
    ]
    stage.restore(seats, calls)
    assert stage.take() == scenario["first"]


def assert_chain(stage: Stage) -> None:
    """Each call's steps are numbered without a gap and lead from one another."""
    for attempt_id in {step.attempt_id for step in stage.steps}:
        steps = [step for step in stage.steps if step.attempt_id == attempt_id]
        assert [step.seq for step in steps] == list(range(1, len(steps) + 1))
        for before, after in itertools.pairwise(steps):
            assert before.to_state == after.from_state

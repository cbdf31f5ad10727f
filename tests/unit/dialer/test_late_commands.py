"""A key pressed for one call and heard of in the next moves nobody: the resident there now is another one."""

from __future__ import annotations

from uuid import UUID

import pytest

from callflow.events import Listening
from dialer.commands import DONE
from dialer.messages import CommandKind, OperatorSaid
from tests.unit.dialer.stage import Stage, attempt, operator


def talking() -> Stage:
    """A talks in call 1; C is free to be called in."""
    stage = Stage(mode="progressive", people=1)
    stage.open()
    for name in "AC":
        stage.do(name, "sign_in")
        stage.do(name, "ready")
    stage.do("tick", "")
    for seconds, fact in ((1, "answered"), (1.2, "person")):
        stage.at(seconds)
        stage.do("1", fact)
    stage.at(1.5)
    stage.do("1", "joined", "A")
    stage.take()
    return stage


def press(stage: Stage, kind: CommandKind, attempt_id: UUID | None, who: str = "A", other: str = "C") -> list[str]:
    stage.handle(
        OperatorSaid(stage.now, 99, kind, operator(who), attempt_id, other_id=operator(other), how=Listening.LISTEN)
    )
    return stage.take()


@pytest.mark.parametrize("kind", ["hang_up", "wrapup_done", "consult"])
def test_a_late_key_moves_no_other_call(kind: CommandKind) -> None:
    stage = talking()
    assert press(stage, kind, attempt(7)) == []
    assert stage.answers[-1] != DONE
    assert press(stage, kind, attempt(1)) != []
    assert stage.answers[-1] == DONE


def test_a_supervisor_hears_the_call_that_was_asked_for_and_no_other() -> None:
    stage = talking()
    assert press(stage, "listen_in", attempt(7), "S", "A") == []
    assert stage.answers[-1] != DONE
    assert press(stage, "listen_in", attempt(1), "S", "A") != []

"""Operators' skills are data the office changes; what is none is refused with what would be."""

from __future__ import annotations

import pytest

from casefile.problems import EntryRefused
from dialer.callers import operator_skills
from dialer.skills import change_skills
from tests.integration.dialer.room import Room


def test_skills_come_and_go(room: Room) -> None:
    room.fill(people=1)
    operator = room.operators[0]
    with room.transaction() as conn:
        added = change_skills(conn, room.municipality_id, operator, add=["tax:01", "language:vi"], remove=[])
        assert added == ["language:vi", "tax:01"]
        assert change_skills(conn, room.municipality_id, operator, add=["tax:01"], remove=[]) == added
        left = change_skills(conn, room.municipality_id, operator, add=[], remove=["tax:01", "tax:02"])
        assert left == ["language:vi"]
        assert operator_skills(conn, room.city)[operator] == {"language:vi"}


@pytest.mark.parametrize("skill", ["tax:zz", "language:vietnamese", "collector", ""])
def test_what_is_no_skill_is_refused(room: Room, skill: str) -> None:
    room.fill(people=1)
    with room.transaction() as conn, pytest.raises(EntryRefused, match="得意分野として登録できません"):
        change_skills(conn, room.municipality_id, room.operators[0], add=[skill], remove=[])

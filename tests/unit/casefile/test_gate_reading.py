"""What the gate reads by, as a text."""

from __future__ import annotations

from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH

from casefile.gate import reading


def test_the_gates_question_is_short_enough_for_psycopg_to_remember_its_parse() -> None:
    assert len(reading._FACTS) <= MAX_CACHED_STATEMENT_LENGTH

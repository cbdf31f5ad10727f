"""Whoever decides over calls knows the operators' lines, also while the database is stuck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from casefile.clock import VirtualClock
from casefile.db import Database
from dialer.asterisk.known_lines import KnownLines
from dialer.asterisk.lines import LINES_CHANGED, SHIFT, LinesOfCity, end_browser_lines, give_browser_lines
from dialer.tables import ShiftLine
from tests.waiting import until

NODES = ("node-1", "node-2")


def test_a_line_is_known_while_it_lives(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    with KnownLines(database, municipality, clock) as book:
        assert book.line_of(operator) is None
        with database.transaction(municipality) as conn:
            first, second = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
        until(lambda: book.line_of(operator) == first.line)
        assert book.line_of(operator, "node-2") == second.line
        assert book.line_of(operator, "node-3") is None
        with database.transaction(municipality) as conn:
            end_browser_lines(conn, operator, clock.now())
        until(lambda: book.line_of(operator) is None)


def test_a_line_that_was_prolonged_without_a_word_is_asked_for(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    with database.transaction(municipality) as conn:
        first, _ = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    with KnownLines(database, municipality, clock) as book:
        until(lambda: book.line_of(operator) == first.line)
        clock.move_to(clock.now() + SHIFT - timedelta(hours=1))
        with database.transaction(municipality) as conn:
            give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
        clock.move_to(clock.now() + timedelta(hours=2))
        until(lambda: book.line_of(operator) == first.line)
        clock.move_to(clock.now() + SHIFT)
        assert book.line_of(operator) is None


def test_while_the_rows_cannot_be_read_what_was_known_is_known_and_nobody_waits_for_the_rest(
    database: Database, municipality: int, operator: UUID, clock: VirtualClock, draw: Callable[[], str]
) -> None:
    with database.transaction(municipality) as conn:
        first, _ = give_browser_lines(conn, municipality, operator, NODES, clock.now(), draw)
    with KnownLines(database, municipality, clock) as book:
        until(lambda: book.line_of(operator) == first.line)
        with database.transaction(municipality) as conn:
            conn.execute(text(f"LOCK TABLE {ShiftLine.__tablename__} IN ACCESS EXCLUSIVE MODE"))
            with database.transaction(None) as other:
                other.execute(text(f"NOTIFY {LINES_CHANGED}"))
            # It would be for ever: what is asked for here is let go below.
            assert [book.line_of(UUID(int=1)) for _ in range(3)] == [None] * 3
            assert book.line_of(operator) == first.line
            with pytest.raises(OperationalError, match="statement timeout"):
                LinesOfCity(database, municipality, clock).line_of(operator)
        with database.transaction(municipality) as conn:
            end_browser_lines(conn, operator, clock.now())
        until(lambda: book.line_of(operator) is None)

"""Statements that are text already, handed to the driver as they are: a rehearsal asks ten of them for every call.

What SQLAlchemy adds to them is a result object and its own errors; here a plain tuple with names is enough, and an error
ends the run. Everything else goes SQLAlchemy's way, on the same connection and in the same transaction.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import Connection
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

Row = tuple[Any, ...]
_Make = Callable[[Sequence[Any]], Row]


class Rows:
    """The rows of one statement, read already; answers to the names of SQLAlchemy's results that the rooms use."""

    def __init__(self, rows: list[Row], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> list[Row]:
        return self._rows

    def first(self) -> Row | None:
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Row | None:
        if len(self._rows) > 1:
            raise MultipleResultsFound("more than one row")
        return self.first()

    def one(self) -> Row:
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("no row")
        return row

    def scalar(self) -> Any:
        row = self.first()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalars(self) -> Rows:
        return Rows([row[0] for row in self._rows], self.rowcount)


def _shape(names: tuple[str, ...]) -> _Make:
    # Columns without a name, or with another's, are read by place.
    shape: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    made: _Make = shape._make
    return made


class StraightConnection(Connection):
    """A connection on which `exec_driver_sql` goes straight to psycopg."""

    _cursor: psycopg.Cursor[Row] | None = None
    _shapes: dict[str, _Make]
    """By text: one text has always the same columns."""

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Run a text. Several sets of parameters, or options, go SQLAlchemy's way."""
        if execution_options is not None or isinstance(parameters, list | tuple):
            return super().exec_driver_sql(statement, parameters, execution_options)
        cursor = self._cursor
        if cursor is None:
            driver: Any = self.connection.driver_connection
            cursor = self._cursor = driver.cursor(row_factory=tuple_row)
            self._shapes = {}
        cursor.execute(statement, parameters)
        answer = cursor.pgresult
        if answer is None or answer.nfields == 0:
            return Rows([], cursor.rowcount)
        shape = self._shapes.get(statement)
        if shape is None:
            shape = self._shapes[statement] = _shape(tuple(column.name for column in cursor.description or ()))
        return Rows([shape(row) for row in cursor.fetchall()], cursor.rowcount)

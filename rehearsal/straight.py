"""Statements that are text already, given to libpq as they are: a rehearsal asks ten of them for every call.

What SQLAlchemy and the driver's cursors add to them costs as much time as the server needs; here each is prepared once
and run by its name, and a plain tuple with names is enough for a row. An error ends the run. Everything else goes SQLAlchemy's
way, on the same connection and in the same transaction.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

Row = tuple[Any, ...]
_Make = Callable[[Sequence[Any]], Row]
_PLACE = re.compile(r"%(?:\((\w+)\)s|(%))")


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


@dataclass(slots=True)
class _Text:
    """A statement as libpq takes it: `$1` for `%(name)s`, once for each name; prepared for each set of parameter types."""

    number: int
    command: bytes
    names: tuple[str, ...]
    formats: list[PyFormat]
    prepared: dict[tuple[int, ...], bytes] = field(default_factory=dict)
    make: _Make | None = None

    def new_name(self) -> bytes:
        """A name that no other statement prepared on the connection has."""
        return f"straight_{self.number}_{len(self.prepared)}".encode()


def _text(statement: str, number: int) -> _Text:
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    command = _PLACE.sub(place, statement)
    return _Text(number, command.encode(), tuple(names), [PyFormat.AUTO] * len(names))


class StraightConnection(Connection):
    """A connection on which `exec_driver_sql` goes straight to libpq."""

    _texts: dict[str, _Text]
    _transformer: Any = None
    """psycopg's own translation of values, one for all statements: which class goes in as what is found out once."""

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Run a text in the open transaction. Several sets of parameters, or options, go SQLAlchemy's way."""
        driver: Any = self.connection.driver_connection
        server = driver.pgconn
        idle = server.transaction_status == TransactionStatus.IDLE
        if idle or execution_options is not None or isinstance(parameters, list | tuple):
            return super().exec_driver_sql(statement, parameters, execution_options)
        if self._transformer is None:
            self._transformer = Transformer(driver)
            self._texts = {}
        text = self._texts.get(statement)
        if text is None:
            known = len(self._texts)
            # Without parameters a percent sign is itself.
            text = _Text(known, statement.encode(), (), []) if parameters is None else _text(statement, known)
            self._texts[statement] = text
        return self._run(server, self._transformer, text, parameters)

    def _run(self, server: Any, transformer: Any, text: _Text, parameters: Any) -> Rows:
        values = transformer.dump_sequence([parameters[name] for name in text.names], text.formats)
        types = tuple(transformer.types or ())
        name = text.prepared.get(types)
        if name is None:
            name = text.new_name()
            _checked(server.prepare(name, text.command, types))
            text.prepared[types] = name
        answer = _checked(server.exec_prepared(name, values, transformer.formats))
        if answer.nfields == 0:
            return Rows([], answer.command_tuples or 0)
        if text.make is None:
            text.make = _shape(tuple((answer.fname(place) or b"").decode() for place in range(answer.nfields)))
        transformer.set_pgresult(answer)
        return Rows(transformer.load_rows(0, answer.ntuples, text.make), answer.ntuples)


def _shape(names: tuple[str, ...]) -> _Make:
    # Columns without a name, or with another's, are read by place.
    shape: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    made: _Make = shape._make
    return made


def _checked(answer: Any) -> Any:
    """The answer, or its error raised."""
    if answer.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return answer
    raise psycopg.errors.error_from_result(answer)

"""Statements that are text already, handed to libpq as they are: a rehearsal asks ten of them for every call.

What SQLAlchemy and psycopg add to them is a result object, cursors that never wait for long, and their own errors; here each
text is prepared once, one blocking call asks it, and a plain tuple with names is enough. An error ends the run. Everything
else goes SQLAlchemy's way, on the same connection and in the same transaction.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

Row = tuple[Any, ...]
_Make = Callable[[Sequence[Any]], Row]
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%(%)")


class Rows:
    """The rows of one statement, read already; answers to the names of SQLAlchemy's results that the rooms use."""

    __slots__ = ("_rows", "rowcount")

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
    """A text as PostgreSQL numbers its parameters. `prepared`: names by the types of the parameters."""

    query: bytes
    order: tuple[str, ...]
    formats: list[PyFormat]
    prepared: dict[tuple[int, ...], bytes] = field(default_factory=dict)
    make_row: _Make | None = None


class StraightConnection(Connection):
    """A connection on which `exec_driver_sql` goes straight to libpq."""

    _asker: _Asker | None = None

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Run a text. Several sets of parameters, or options, go SQLAlchemy's way."""
        if execution_options is not None or isinstance(parameters, list | tuple):
            return super().exec_driver_sql(statement, parameters, execution_options)
        if self._asker is None:
            driver: Any = self.connection.driver_connection
            self._asker = _Asker(driver)
        return self._asker.ask(statement, parameters)


class _Asker:
    """Asks one server, in a transaction that is open already, and knows every text it has prepared there."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._server: PGconn = driver.pgconn
        self._adapt = Transformer(driver)
        self._texts: dict[str, _Text] = {}
        self._count = 0

    def ask(self, statement: str, parameters: Mapping[str, Any] | None) -> Rows:
        text = self._texts.get(statement)
        if text is None:
            text = self._texts[statement] = _read(statement, parameters)
        adapt = self._adapt
        values: Sequence[Any] = ()
        types: tuple[int, ...] = ()
        if parameters:
            values = adapt.dump_sequence([parameters[name] for name in text.order], text.formats)
            types = adapt.types or ()
        name = text.prepared.get(types) or self._prepare(text, types)
        answer = self._server.exec_prepared(name, values, adapt.formats if values else None)
        if answer.status == ExecStatus.COMMAND_OK:
            return Rows([], answer.command_tuples or 0)
        _check(answer)
        adapt.set_pgresult(answer)
        if text.make_row is None:
            text.make_row = _shape(answer)
        rows = adapt.load_rows(0, answer.ntuples, text.make_row)
        return Rows(rows, len(rows))

    def _prepare(self, text: _Text, types: tuple[int, ...]) -> bytes:
        self._count += 1
        name = text.prepared[types] = b"straight_%d" % self._count
        _check(self._server.prepare(name, text.query, types))
        return name


def _read(statement: str, parameters: Mapping[str, Any] | None) -> _Text:
    if parameters is None:
        return _Text(statement.encode(), (), [])
    order: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return "%" if found[2] else order.setdefault(found[1], f"${len(order) + 1}")

    query = _PLACEHOLDER.sub(number, statement).encode()
    return _Text(query, tuple(order), [PyFormat.AUTO] * len(order))


def _shape(answer: PGresult) -> _Make:
    names = [(answer.fname(column) or b"").decode() for column in range(answer.nfields)]
    # Columns without a name, or with another's, are read by place.
    shape: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    made: _Make = shape._make
    return made


def _check(answer: PGresult) -> None:
    if answer.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise psycopg.errors.error_from_result(answer)

"""Which line an operator is reached on. The engine knows operators; nodes, endpoints and secrets end here.

A browser's line lives for a shift: it is given when the operator's panel asks for it and ends when the operator leaves.
An operator has one on every node, so that the loss of a node leaves nobody without a telephone. A desk phone's line is
given once by an administrator and takes the place of the browser's.

Each function works in the caller's transaction of one municipality; a change wakes the nodes (`LINES_CHANGED`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, Select, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from casefile.clock import Clock
from casefile.db import Database, wakes_others
from dialer.asterisk.node.node import OperatorLine
from dialer.tables import ShiftLine

SHIFT = timedelta(hours=10)
"""How long a browser's line lives from the last time its panel asked: as long as a session of the panel."""
LINES_CHANGED = "operator_line"
"""The channel that wakes the nodes; its payload is empty, what changed is read from the rows."""

_READ_WITHIN = "1s"
"""Whoever reads a book waits no longer for the database than this."""

_BROWSER = "browser"
_DESK = "desk"


@dataclass(frozen=True, slots=True)
class Line:
    """A PJSIP endpoint of a node; `endpoint` is the extension to redirect a resident's channel to in context JOIN."""

    node: str
    endpoint: str


class LineBook(Protocol):
    """Who is reached where. Asked at every join, from any thread."""

    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        """The operator's line on this node, or without one named on the first by name; None: there is none now.

        That a line is in the book does not say that a telephone is registered on it.
        """
        ...


class LinesOfCity:
    """The book of one municipality, read from its rows at every question. For whom nobody waits; see `known_lines`."""

    def __init__(self, database: Database, municipality_id: int, clock: Clock) -> None:
        self._database = database
        self._municipality_id = municipality_id
        self._clock = clock

    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        """See `LineBook`. Raises what the database raises, at the latest after a second's query."""
        with self._database.transaction(self._municipality_id) as conn:
            _wait_no_longer(conn)
            query = _live(self._clock.now()).where(ShiftLine.operator_id == operator_id)
            if node is not None:
                query = query.where(ShiftLine.node == node)
            found = conn.execute(query.limit(1)).one_or_none()
        return Line(found.node, found.endpoint) if found else None


def lines_of_all(database: Database, municipality_id: int) -> dict[UUID, list[tuple[Line, datetime | None]]]:
    """Every operator's lines by the node's name, and until when each lives; None: until it is taken away.

    Raises what the database raises, at the latest after a second's query.
    """
    query = (
        select(ShiftLine.operator_id, ShiftLine.node, ShiftLine.endpoint, ShiftLine.valid_until)
        .where(ShiftLine.secret != "")
        .order_by(ShiftLine.operator_id, ShiftLine.node)
    )
    found: dict[UUID, list[tuple[Line, datetime | None]]] = {}
    with database.transaction(municipality_id) as conn:
        _wait_no_longer(conn)
        for row in conn.execute(query):
            found.setdefault(row.operator_id, []).append((Line(row.node, row.endpoint), row.valid_until))
    return found


@dataclass(frozen=True, slots=True)
class GivenLine:
    """What a telephone needs to register on a node. `valid_until` is None for a desk phone. `secret` is shown to nobody else."""

    line: Line
    secret: str
    valid_until: datetime | None


def give_browser_lines(
    conn: Connection,
    municipality_id: int,
    operator_id: UUID,
    nodes: Sequence[str],
    now: datetime,
    draw_secret: Callable[[], str],
) -> list[GivenLine]:
    """A line on each of these nodes for this operator's browser, `SHIFT` from now on.

    A line that still lives keeps its secret, so that a page that is loaded anew registers at once; one that ended
    begins again with a new secret. An operator with a desk phone is given none.
    """
    if has_desk_phone(conn, operator_id):
        return []
    living = {row.node: row for row in conn.execute(_live(now).where(ShiftLine.operator_id == operator_id))}
    given = [
        GivenLine(
            Line(node, endpoint_of(operator_id)),
            living[node].secret if node in living else draw_secret(),
            now + SHIFT,
        )
        for node in nodes
    ]
    for one in given:
        _write(conn, municipality_id, operator_id, one, _BROWSER, now)
    if set(nodes) - set(living):
        _tell_nodes(conn)
    return given


def end_browser_lines(conn: Connection, operator_id: UUID, now: datetime) -> None:
    """The shift is over: its lines and their secrets end. A desk phone stays where it is."""
    ended = conn.execute(
        update(ShiftLine)
        .where(ShiftLine.operator_id == operator_id, ShiftLine.kind == _BROWSER, ShiftLine.secret != "")
        .values(secret="", valid_until=now)
    )
    if ended.rowcount:
        _tell_nodes(conn)


def give_desk_phone(
    conn: Connection, municipality_id: int, operator_id: UUID, node: str, now: datetime, draw_secret: Callable[[], str]
) -> GivenLine:
    """A desk phone's line for this operator on this node, with a new secret; whatever line there was is no more."""
    conn.execute(delete(ShiftLine).where(ShiftLine.operator_id == operator_id))
    given = GivenLine(Line(node, endpoint_of(operator_id)), draw_secret(), None)
    _write(conn, municipality_id, operator_id, given, _DESK, now)
    _tell_nodes(conn)
    return given


def take_desk_phone(conn: Connection, operator_id: UUID) -> bool:
    """The operator speaks by browser again; whether there was a desk phone."""
    taken = conn.execute(delete(ShiftLine).where(ShiftLine.operator_id == operator_id, ShiftLine.kind == _DESK))
    if taken.rowcount:
        _tell_nodes(conn)
    return bool(taken.rowcount)


def has_desk_phone(conn: Connection, operator_id: UUID) -> bool:
    """Whether this operator speaks by a desk phone, and the browser needs no microphone."""
    count = conn.scalar(select(func.count()).where(ShiftLine.operator_id == operator_id, ShiftLine.kind == _DESK))
    return bool(count)


def lines_on(conn: Connection, node: str, now: datetime) -> list[OperatorLine]:
    """The lines that may register on this node now, as its configuration takes them, by name."""
    rows = conn.execute(_live(now).where(ShiftLine.node == node))
    return [OperatorLine(row.endpoint, row.secret, webrtc=row.kind == _BROWSER) for row in rows]


def endpoint_of(operator_id: UUID) -> str:
    """The name of an operator's line: the same on every node, and nobody's name."""
    return f"op-{operator_id.hex}"


def _live(now: datetime) -> Select[str, str, str, str]:
    return (
        select(ShiftLine.node, ShiftLine.endpoint, ShiftLine.secret, ShiftLine.kind)
        .where(ShiftLine.secret != "", or_(ShiftLine.valid_until.is_(None), ShiftLine.valid_until > now))
        .order_by(ShiftLine.node, ShiftLine.endpoint)
    )


def _write(
    conn: Connection, municipality_id: int, operator_id: UUID, given: GivenLine, kind: str, now: datetime
) -> None:
    values = {
        "endpoint": given.line.endpoint,
        "kind": kind,
        "secret": given.secret,
        "given_at": now,
        "valid_until": given.valid_until,
    }
    conn.execute(
        insert(ShiftLine)
        .values(municipality_id=municipality_id, operator_id=operator_id, node=given.line.node, **values)
        .on_conflict_do_update(index_elements=["municipality_id", "operator_id", "node"], set_=values)
    )


def _wait_no_longer(conn: Connection) -> None:
    """A statement that waits for a lock counts too: https://www.postgresql.org/docs/current/runtime-config-client.html"""
    conn.execute(text("SELECT set_config('statement_timeout', :within, true)"), {"within": _READ_WITHIN})


def _tell_nodes(conn: Connection) -> None:
    wakes_others(conn)
    conn.execute(text("SELECT pg_notify(:channel, '')"), {"channel": LINES_CHANGED})

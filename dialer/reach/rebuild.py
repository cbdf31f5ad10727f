"""The book of an engine: read at its start with what the last night learned, and learned anew every night.

Numbers are known from all their calls of HISTORY_DAYS; a city's weeks and effects from its log (`fitting.py`), stored for the
next engine. The nightly work comes in steps of a fraction of a second, between which the engine does what else there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from casefile.city import City
from casefile.clock import jst_date
from casefile.db import Database
from dialer.reach.attempts import Attempts
from dialer.reach.book import ReachBook
from dialer.reach.fitting import rounds
from dialer.reach.habits import HALF_LIFE_DAYS, Beliefs, first_beliefs
from dialer.reach.history import parts, read_calls, read_file
from dialer.reach.storing import from_json, to_json
from dialer.tables import ReachBeliefs

_CALLS_A_STEP = 20_000


def read_book(conn: Connection, city: City, now: datetime) -> ReachBook:
    """Everything known of everybody, under what was last learned of the city."""
    book = ReachBook(city.calendar, jst_date(now), _stored(conn))
    read_file(conn, city, book, now)
    for since, until in parts(now):
        book.note(read_calls(conn, city, since, until, now))
    return book


def rebuilt(database: Database, city: City, now: datetime) -> Iterator[ReachBook | None]:
    """The book learned anew from the calls over before `now`: None after each step, at last the book.

    Calls that end while this goes on are the caller's to note in it.
    """
    book = ReachBook(city.calendar, jst_date(now))
    with database.transaction(city.id) as conn:
        read_file(conn, city, book, now)
    yield None
    calls: list[Attempts] = []
    for since, until in parts(now):
        with database.transaction(city.id) as conn:
            found = read_calls(conn, city, since, until, now)
        if found:
            calls.append(book.columns(found))
            yield None
    beliefs = first_beliefs()
    attempts = Attempts.joined(calls) if calls else None
    if attempts is not None:
        for better in rounds(attempts, HALF_LIFE_DAYS):
            beliefs = better
            yield None
    book.believe(beliefs)
    if attempts is not None:
        for begin in range(0, len(attempts), _CALLS_A_STEP):
            book.note_columns(attempts[begin : begin + _CALLS_A_STEP])
            yield None
    with database.transaction(city.id) as conn:
        _store(conn, city, beliefs, now)
    yield book


def _stored(conn: Connection) -> Beliefs | None:
    stored = conn.execute(select(ReachBeliefs.beliefs)).scalar_one_or_none()
    return None if stored is None else from_json(stored)


def _store(conn: Connection, city: City, beliefs: Beliefs, now: datetime) -> None:
    values = {"beliefs": to_json(beliefs), "learned_at": now}
    conn.execute(
        insert(ReachBeliefs)
        .values(municipality_id=city.id, **values)
        .on_conflict_do_update(index_elements=[ReachBeliefs.municipality_id], set_=values)
    )

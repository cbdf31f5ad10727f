"""The reach model in an engine's day: what a call told goes in when it ends, what the night learned replaces it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.db import Database
from dialer.messages import StoreEnded
from dialer.reach.book import Call, ReachBook
from dialer.reach.history import read_texts
from dialer.reach.order import Weigher
from dialer.reach.rebuild import read_book, rebuilt
from dialer.supply import next_opening

REBUILT_BEFORE_OPENING = timedelta(hours=1)
_STEP = timedelta(seconds=1)
_TEXTS_LATE = timedelta(hours=1)
"""A text may be entered so long after it was meant to go."""


class ReachKeeper:
    """One engine's book of reach: `begin` it, tell it what `ended`, let it `work` when `next_wakeup` comes."""

    def __init__(self, database: Database, rng: random.Random) -> None:
        self._database = database
        self._rng = rng
        self._weigher: Weigher
        self._rebuild_at: datetime
        self._rebuilding: Iterator[ReachBook | None] | None = None
        self._meanwhile: list[tuple[Sequence[StoreEnded], Mapping[UUID, bool]]] = []
        self._texts_read: datetime

    @property
    def book(self) -> ReachBook:
        """What is known of everybody."""
        return self._weigher.book

    def begin(self, conn: Connection, city: City, now: datetime) -> None:
        """Read what is known."""
        self._weigher = Weigher(read_book(conn, city, now), self._rng)
        self._texts_read = now
        self._rebuild_at = next_opening(city, None, now) - REBUILT_BEFORE_OPENING

    def weigher(self, conn: Connection, city: City, now: datetime) -> Weigher:
        """What orders a list, with the texts sent since it was last asked for."""
        read_texts(conn, city, self.book, self._texts_read - _TEXTS_LATE)
        self._texts_read = now
        return self._weigher

    def ended(self, calls: Sequence[StoreEnded], spoken: Mapping[UUID, bool]) -> None:
        """Calls that are over, and of calls answered whether it was the right party, once an operator has said so."""
        if not calls and not spoken:
            return
        _note(self.book, calls, spoken)
        if self._rebuilding is not None:
            self._meanwhile.append((calls, spoken))

    def work(self, city: City, now: datetime) -> None:
        """Once a night, before the city opens, a step at a time."""
        if self._rebuilding is None:
            if now < self._rebuild_at:
                return
            self._rebuilding = rebuilt(self._database, city, now)
        book = next(self._rebuilding)
        if book is not None:
            for calls, spoken in self._meanwhile:
                _note(book, calls, spoken)
            self._weigher.turn_to(book)
            self._rebuilding = None
            self._meanwhile.clear()
            opening = next_opening(city, None, max(now, self._rebuild_at + REBUILT_BEFORE_OPENING))
            self._rebuild_at = opening - REBUILT_BEFORE_OPENING

    def next_wakeup(self, now: datetime) -> datetime:
        """When `work` is needed at the latest."""
        return self._rebuild_at if self._rebuilding is None else now + _STEP


def _note(book: ReachBook, calls: Sequence[StoreEnded], spoken: Mapping[UUID, bool]) -> None:
    for ended in calls:
        if not ended.counted:
            continue
        call = Call(
            ended.intended_at,
            ended.candidate.addressee_no,
            ended.candidate.household_id,
            ended.candidate.e164,
            ended.result,
            ended.person_answered,
            None,
        )
        book.note([call])
        if ended.connected:
            book.note_unheard(ended.attempt_id, call)
    for attempt_id, right_party in spoken.items():
        book.note_heard(attempt_id, right_party)

"""Calls that were held and recordings of them, as they stand in the books and lie in the office's store."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from casefile import ledger
from casefile.city import City, load_city
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.gate import admit
from casefile.ids import TimeOrderedIds
from casefile.tables import UserAccount
from casefile.vocabulary import ClaimGroup, Purpose
from dialer import campaigns, recording_shelf
from dialer.asterisk.recording.container import Facts, seal
from dialer.asterisk.recording.keys import CURRENT, load_public, make_keys
from dialer.asterisk.recording.store import Store
from dialer.campaigns import Draft
from dialer.rule import Rule
from tests.people import People, call, mobile

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)
OPERATOR = UUID(int=0xA)


@dataclass
class Office:
    """One municipality with people in arrears, a store and keys."""

    database: Database
    municipality_id: int
    folder: Path
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    _people: int = 0

    def __post_init__(self) -> None:
        self.ids = TimeOrderedIds(self.clock.now, random.Random(3))
        self.store = Store(self.folder / "store")
        self.keys = self.folder / "keys"
        make_keys(self.keys)
        with self.transaction() as conn:
            People(conn, self.municipality_id, DAY).city_data()
            conn.execute(
                insert(UserAccount).values(
                    municipality_id=self.municipality_id,
                    user_id=OPERATOR,
                    login="op",
                    display_name="試験 担当",
                    password_hash="",
                    active=True,
                    session_key="op",
                    failed_count=0,
                    password_changed_at=NOW,
                    created_at=NOW,
                )
            )

    def transaction(self) -> Any:
        return self.database.transaction(self.municipality_id)

    @property
    def city(self) -> City:
        with self.transaction() as conn:
            return load_city(conn, self.municipality_id)

    def campaign(self, name: str = "秋の催告") -> UUID:
        draft = Draft(name, Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY), OPERATOR, None)
        with self.transaction() as conn:
            return campaigns.create(conn, self.city, draft, self.clock.now(), self.ids)

    def talk(self, campaign_id: UUID | None = None, seconds: float = 60, *, cause: str = "16") -> tuple[str, UUID]:
        """A call that was joined and has ended: the person and the attempt. It takes a minute of the clock."""
        self._people += 1
        person, number = f"R{self._people}", mobile(100 + self._people)
        now = self.clock.now()
        with self.transaction() as conn:
            People(conn, self.municipality_id, DAY).debtor(person, number)
            attempt_id = self._admitted(conn, person, number, campaign_id, now)
            ledger.hand(conn, attempt_id, now)
            ledger.answered(conn, attempt_id, now + timedelta(seconds=9), person=True)
            ledger.joined(conn, attempt_id, now + timedelta(seconds=10), OPERATOR)
            ledger.end(conn, attempt_id, now + timedelta(seconds=10 + seconds), result="01", cause=cause)
        self.clock.advance(60)
        return person, attempt_id

    def record(self, attempt_id: UUID, sound: bytes = b"sound" * 999, milliseconds: int = 60_000) -> UUID:
        """Lay the recording of a call into `incoming/`, as a node does."""
        now, recording_id = self.clock.now(), self.ids.new()
        began = now - timedelta(milliseconds=milliseconds)
        facts = Facts(recording_id, attempt_id, "node-1", began, now, milliseconds)
        self.store.incoming.mkdir(parents=True, exist_ok=True)
        with (self.store.incoming / f"{recording_id}.tsr").open("wb") as file:
            seal([sound], file, facts, load_public(self.keys / CURRENT))
        return recording_id

    def take_in(self) -> recording_shelf.TakenIn:
        return recording_shelf.take_in(self.database, [self.city], self.store, self.clock)

    def delete_expired(self) -> int:
        return recording_shelf.delete_expired(self.database, self.city, self.store, self.clock, self.ids)

    def _admitted(self, conn: Connection, person: str, number: str, campaign_id: UUID | None, now: datetime) -> UUID:
        request = call(person, number, campaign_id=campaign_id)
        attempt_id = admit(conn, load_city(conn, self.municipality_id), [request], now)[0].attempt_id
        assert attempt_id is not None
        return attempt_id

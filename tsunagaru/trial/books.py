"""The books of a trial held against the far end's ledger. Pure, but for reading the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from casefile.db import Database
from casefile.tables import Attempt, Phone
from tsunagaru.trial.city import MUNICIPALITY


@dataclass(frozen=True, slots=True)
class BookedCall:
    """One attempt: the number as the far end sees it, and how it stands."""

    number: str
    over: bool
    result: str | None
    answered: bool


def read_books(database: Database) -> list[BookedCall]:
    """Every attempt, in order."""
    with database.transaction(MUNICIPALITY) as conn:
        rows = conn.execute(
            select(Phone.e164, Attempt.ended_at, Attempt.result, Attempt.answered_at)
            .join(Phone, Phone.phone_id == Attempt.phone_id)
            .order_by(Attempt.attempt_id)
        )
        return [
            BookedCall(
                f"0{row.e164.removeprefix('+81')}", row.ended_at is not None, row.result, row.answered_at is not None
            )
            for row in rows
        ]


@dataclass(frozen=True, slots=True)
class Balance:
    """What does not agree; all zero is as it must be.

    `open`: attempts without an end. `no_result`: ended, and nobody knows how. `rung_twice`: numbers that rang more often
    than the books say. `rung_unbooked`: numbers that rang and are in no row. `answered_unrung`: answers of telephones that
    never rang.
    """

    attempts: int
    rung: int
    open: int
    no_result: int
    rung_twice: int
    rung_unbooked: int
    answered_unrung: int

    @property
    def even(self) -> bool:
        return not any((self.open, self.no_result, self.rung_twice, self.rung_unbooked, self.answered_unrung))


def balance(booked: list[BookedCall], rung: Counter[str]) -> Balance:
    """Hold them against each other."""
    rows = Counter(call.number for call in booked)
    return Balance(
        attempts=len(booked),
        rung=rung.total(),
        open=sum(not call.over for call in booked),
        no_result=sum(call.over and not call.result for call in booked),
        rung_twice=sum(0 < rows[number] < times for number, times in rung.items()),
        rung_unbooked=sum(rows[number] == 0 for number in rung),
        answered_unrung=sum(call.answered and rung[call.number] == 0 for call in booked),
    )

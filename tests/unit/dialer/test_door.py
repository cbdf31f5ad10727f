"""Callers wait at the door until their row is on the disk, and what they do meanwhile waits with them."""

from __future__ import annotations

from datetime import UTC, datetime

from callflow.events import Ended, Incoming, Wish, Wished
from dialer.door import Door
from dialer.messages import Caller, Identified, NotTold
from tests.people import key

AT = datetime(2026, 10, 5, 1, tzinfo=UTC)


def caller(number: int) -> Identified:
    who = Caller("dunning", "compulsory", e164=f"+8190000000{number:02d}")
    return Identified(AT, key("caller", number), AT, who)


def test_they_come_in_with_what_they_did_once_their_row_is_safe() -> None:
    door, first, second = Door(), caller(1), caller(2)
    door.come(first, 1)
    door.come(second, 2)
    wished = Wished(first.attempt_id, AT, Wish.PAID)
    left = Ended(second.attempt_id, AT, "16", None, by_resident=True)
    assert door.keeps(wished)
    assert door.keeps(left)
    assert door.let_in(0) == []
    assert door.let_in(1) == [first, wished]
    assert not door.keeps(wished), "they are in"
    assert door
    assert door.let_in(2) == [second, left]
    assert not door


def test_nobody_elses_and_nothing_but_the_carriers_word_waits() -> None:
    door, first = Door(), caller(1)
    door.come(first, 1)
    assert not door.keeps(Ended(key("another"), AT, "16", None, by_resident=True))
    assert not door.keeps(NotTold(AT, first.attempt_id))


def test_who_waits_still_is_told_to_the_next_engine() -> None:
    door, first = Door(), caller(1)
    door.come(first, 1)
    left = Ended(first.attempt_id, AT, "16", None, by_resident=True)
    door.keeps(left)
    assert door.untold() == [Incoming(first.attempt_id, first.since, "+819000000001"), left]
    door.let_in(1)
    assert door.untold() == []

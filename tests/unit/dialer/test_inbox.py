"""What a carrier tells once is delivered until it is in the books, in the order it came."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from callflow.events import Ringing
from dialer.inbox import Inbox, Knock

NOW = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)


def event(number: int) -> Ringing:
    return Ringing(UUID(int=number), NOW)


class Moment:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_what_was_not_done_comes_again_before_what_is_new() -> None:
    inbox = Inbox(Moment())
    for number in (1, 2):
        inbox.put(event(number))
    inbox.put(Knock())
    assert inbox.take(0) == ([event(1), event(2)], True)
    inbox.put(event(3))
    inbox.not_done()
    assert inbox.take(0) == ([event(1), event(2), event(3)], True)
    inbox.done()
    assert inbox.take(0) == ([], False)


def test_what_no_database_takes_is_given_up_after_a_few_tries() -> None:
    inbox = Inbox(Moment())
    inbox.put(event(1))
    tries = 0
    while inbox.take(0)[0]:
        tries += 1
        inbox.not_done()
    assert tries == 3


def test_an_engine_without_its_floor_keeps_what_has_just_come() -> None:
    moment = Moment()
    inbox = Inbox(moment)
    inbox.put(event(1))
    moment.seconds = 61
    inbox.put(event(2))
    inbox.forget(60)
    inbox.put(event(3))
    assert inbox.take(0)[0] == [event(2), event(3)]

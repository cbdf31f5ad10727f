"""A number is sent when its intent is on the disk, and nothing about a call overtakes its number."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from callflow.events import Announce, CarrierCommand, Dial, Hangup, Join
from dialer.orders import Intent, Orders
from tests.people import key

AT = datetime(2026, 10, 5, 1, tzinfo=UTC)
OPERATOR = key("operator")


class Line:
    """Where orders go. The first so many askings are on the disk; `old`: attempts that may ring no longer."""

    def __init__(self, old: frozenset[UUID] = frozenset()) -> None:
        self.orders = Orders()
        self.sent: list[CarrierCommand] = []
        self.not_told: list[UUID] = []
        self._old = {str(attempt_id) for attempt_id in old}

    def intend(self, number: int) -> Dial:
        attempt_id = key("call", number)
        self.orders.intend(attempt_id, Intent(AT, number, str(attempt_id)))
        dial = Dial(attempt_id, "+819000000001", "+81300000000", 25)
        self.orders.give(dial)
        return dial

    def reach(self, number: int) -> None:
        self.orders.let_out(
            lambda: number,
            self.sent.append,
            lambda intent: intent.addressee_no not in self._old,
            self.not_told.append,
        )


def test_what_is_on_the_line_already_waits_for_nobodys_number() -> None:
    line = Line()
    line.intend(1)
    join = Join(key("another"), OPERATOR)
    line.orders.give(join)
    line.reach(0)
    assert line.sent == [join]
    assert not line.orders


def test_who_is_given_up_before_is_not_told_and_neither_is_the_rest() -> None:
    line = Line()
    dial = line.intend(1)
    line.orders.give(Hangup(dial.attempt_id))
    line.reach(0)
    line.orders.give(Announce(dial.attempt_id))
    line.reach(1)
    assert (line.sent, line.not_told) == ([], [dial.attempt_id])


def test_who_may_ring_no_longer_is_not_told() -> None:
    line = Line(old=frozenset({key("call", 1)}))
    old, fresh = line.intend(1), line.intend(2)
    line.reach(2)
    assert (line.sent, line.not_told) == ([fresh], [old.attempt_id])


def test_only_dials_rest_on_rows_that_are_committed() -> None:
    line = Line()
    dial = line.intend(1)
    assert line.orders
    assert not line.orders.rest_on_rows_to_come
    line.orders.give(Announce(dial.attempt_id))
    assert line.orders.rest_on_rows_to_come


@given(st.lists(st.one_of(st.just("dial"), st.just("write"), st.integers(0, 5)), max_size=40))
def test_nothing_is_sent_before_its_number_and_nothing_is_forgotten(steps: list[str | int]) -> None:
    """`write`: the disk has all that was asked; a number: an order about that call, if it was dialed."""
    line = Line()
    given_in_order: list[CarrierCommand] = []
    asked = reached = 0
    for step in steps:
        if step == "dial":
            asked += 1
            given_in_order.append(line.intend(asked))
        elif step == "write":
            reached = asked
        elif isinstance(step, int) and 0 < step <= asked:
            order = Announce(key("call", step))
            line.orders.give(order)
            given_in_order.append(order)
        line.reach(reached)
        safe = {key("call", number) for number in range(1, reached + 1)}
        assert all(each.attempt_id in safe for each in line.sent)
    line.reach(asked)
    assert not line.not_told
    for number in range(1, asked + 1):
        of_call = key("call", number)
        assert [each for each in line.sent if each.attempt_id == of_call] == [
            each for each in given_in_order if each.attempt_id == of_call
        ]

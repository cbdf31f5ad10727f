"""Which contact a payment is laid to: last qualifying touch within 30 days, each yen once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.attribution import WINDOW_DAYS, Payment, Touch, TouchKind, Unattributed, attribute

DUE = 90


def touch(kind: TouchKind, day: int, order: float = 0.0, source: str = "t", person: str = "A") -> Touch:
    return Touch(kind, source, person, "compulsory", day, order)


def payment(
    day: int, *, due: int | None = DUE, person: str = "A", group: str | None = "compulsory", **more: bool
) -> Payment:
    return Payment("r", person, group, None if due is None else 1, due, day, 1000, 0, more.get("excluded", False))


@pytest.mark.parametrize(
    ("touches", "paid", "wanted"),
    [
        ([touch(TouchKind.CALL, 100)], payment(100), 0),
        ([touch(TouchKind.CALL, 100)], payment(100 + WINDOW_DAYS), 0),
        ([touch(TouchKind.CALL, 100)], payment(101 + WINDOW_DAYS), Unattributed.NO_TOUCH),
        ([touch(TouchKind.CALL, 100)], payment(99), Unattributed.NO_TOUCH),
        # A text after the call takes the payment from it.
        ([touch(TouchKind.CALL, 100), touch(TouchKind.SMS, 110)], payment(115), 1),
        ([touch(TouchKind.SMS, 110), touch(TouchKind.CALL, 100)], payment(115), 0),
        ([touch(TouchKind.SMS, 110), touch(TouchKind.CALL, 100)], payment(105), 1),
        # On one day the later hour wins; a letter has none and comes first.
        ([touch(TouchKind.CALL, 100, 9.0), touch(TouchKind.DOCUMENT, 100)], payment(101), 0),
        # The period must have been overdue before the day of the touch.
        ([touch(TouchKind.CALL, DUE)], payment(100), Unattributed.NO_TOUCH),
        ([touch(TouchKind.CALL, DUE + 1)], payment(100), 0),
        # Other persons and the other side of the claim wall bring nothing.
        ([touch(TouchKind.CALL, 100, person="B")], payment(101), Unattributed.NO_TOUCH),
        ([touch(TouchKind.CALL, 100)], payment(101, group="ordinary"), Unattributed.NO_TOUCH),
        ([touch(TouchKind.CALL, 100)], payment(101, excluded=True), Unattributed.EXCLUDED_METHOD),
        ([touch(TouchKind.CALL, 100)], payment(101, due=None, group=None), Unattributed.NOT_IN_ARREARS),
        ([touch(TouchKind.CALL, 80)], payment(DUE), Unattributed.NOT_IN_ARREARS),
    ],
)
def test_each_rule(touches: list[Touch], paid: Payment, wanted: int | Unattributed) -> None:
    assert attribute(touches, [paid]).last == (wanted,)


touches_of_anybody = st.lists(
    st.builds(
        Touch,
        st.sampled_from(TouchKind),
        st.uuids().map(str),
        st.sampled_from("AB"),
        st.sampled_from(["compulsory", "ordinary"]),
        st.integers(60, 140),
        st.floats(0, 86400),
    ),
    max_size=12,
)
payments_of_anybody = st.lists(
    st.builds(
        Payment,
        st.uuids().map(str),
        st.sampled_from("AB"),
        st.sampled_from(["compulsory", "ordinary", None]),
        st.sampled_from([1, 2, None]),
        st.sampled_from([70, 90, 120, None]),
        st.integers(60, 180),
        st.integers(0, 10**6),
        st.integers(0, 1000),
        st.booleans(),
    ),
    max_size=12,
)


@given(touches_of_anybody, payments_of_anybody)
def test_every_payment_goes_to_one_place_and_to_the_last_that_qualifies(
    touches: list[Touch], payments: list[Payment]
) -> None:
    """The index agrees with the rule written out for each pair."""
    found = attribute(touches, payments)
    assert len(found.last) == len(payments)
    for number, (paid, last) in enumerate(zip(payments, found.last, strict=True)):
        qualifying = [
            position
            for position, each in enumerate(touches)
            if not paid.excluded_method
            and paid.arrears_id is not None
            and paid.due_day is not None
            and paid.received_day > paid.due_day
            and (each.addressee_no, each.claim_group) == (paid.addressee_no, paid.claim_group)
            and each.day > paid.due_day
            and 0 <= paid.received_day - each.day <= WINDOW_DAYS
        ]
        assert {touch for payment_no, touch in found.pairs if payment_no == number} == set(qualifying)
        if qualifying:
            assert last in qualifying
            assert isinstance(last, int)
            assert all(
                (touches[last].day, touches[last].order) >= (touches[each].day, touches[each].order)
                for each in qualifying
            )
        else:
            assert isinstance(last, Unattributed)


@given(touches_of_anybody, payments_of_anybody, st.randoms(use_true_random=False))
def test_the_order_of_reading_changes_nothing(touches: list[Touch], payments: list[Payment], rng: object) -> None:
    shuffled = list(touches)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = attribute(touches, payments), attribute(shuffled, payments)
    for one, other in zip(first.last, second.last, strict=True):
        if isinstance(one, int):
            assert isinstance(other, int)
            assert touches[one] == shuffled[other]
        else:
            assert one == other

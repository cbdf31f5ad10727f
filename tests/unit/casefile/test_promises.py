"""What may be promised on the phone, and whether it was kept (REPORTS.md §6.0)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.calendar import OfficeCalendar
from casefile.judgement import PartTerms, Payment, PromiseTerms, judge
from casefile.promises import PartDraft, PromiseDraft, PromiseFacts, check_promise
from casefile.vocabulary import PromiseState as S

CALENDAR = OfficeCalendar()
L, G = 5, 5
MADE = date(2026, 9, 8)
DUE = date(2026, 9, 15)
LATE_END = CALENDAR.add_open_days(DUE, L)
JUDGE = CALENDAR.add_open_days(DUE, L + G)


def terms(*parts: tuple[date, int]) -> PromiseTerms:
    lines = tuple(
        PartTerms(number, due, CALENDAR.add_open_days(due, L + G), yen)
        for number, (due, yen) in enumerate(parts, start=1)
    )
    return PromiseTerms(
        UUID(int=1), MADE, lines[-1].due_on, lines[-1].judge_on, sum(part.promised_yen for part in lines), lines
    )


ONE = terms((DUE, 10_000))


def verdict(*payments: tuple[date, int], as_of: date = JUDGE, promised: PromiseTerms = ONE) -> tuple[S, int]:
    found = judge(promised, [Payment(day, yen) for day, yen in payments], as_of, CALENDAR, L).promise
    return found.state, found.paid_yen


def test_the_judgement_waits_for_lateness_and_booking_lag() -> None:
    assert date(2026, 9, 25) == LATE_END, "21 to 23 September are holidays"
    assert date(2026, 10, 2) == JUDGE
    assert verdict((DUE, 10_000), as_of=JUDGE - timedelta(days=1))[0] is S.OPEN


@pytest.mark.parametrize(
    ("payments", "state", "paid"),
    [
        ([(MADE, 10_000)], S.KEPT, 10_000),
        ([(DUE, 10_000)], S.KEPT, 10_000),
        ([(MADE, 4_000), (DUE, 6_000)], S.KEPT, 10_000),
        ([(DUE, 12_000)], S.KEPT, 12_000),
        ([(DUE + timedelta(days=1), 10_000)], S.LATE, 10_000),
        ([(DUE, 9_999), (LATE_END, 1)], S.LATE, 10_000),
        ([(DUE, 9_999)], S.PARTLY, 9_999),
        ([(LATE_END, 1)], S.PARTLY, 1),
        ([(LATE_END + timedelta(days=1), 10_000)], S.BROKEN, 0),
        ([(MADE - timedelta(days=1), 10_000)], S.BROKEN, 0),
        ([], S.BROKEN, 0),
    ],
)
def test_kept_late_partly_broken(payments: list[tuple[date, int]], state: S, paid: int) -> None:
    assert verdict(*payments) == (state, paid)


TWO = terms((DUE, 4_000), (date(2026, 10, 15), 6_000))
SECOND_JUDGE = TWO.parts[1].judge_on


def states(*payments: tuple[date, int], as_of: date = SECOND_JUDGE) -> tuple[S, ...]:
    found = judge(TWO, [Payment(day, yen) for day, yen in payments], as_of, CALENDAR, L)
    return (found.promise.state, *(part.state for part in found.parts))


def test_parts_are_judged_each_on_its_day() -> None:
    assert states((DUE, 4_000), as_of=TWO.parts[0].judge_on) == (S.OPEN, S.KEPT, S.OPEN)
    assert states(as_of=TWO.parts[0].judge_on) == (S.OPEN, S.BROKEN, S.OPEN)


def test_paying_all_at_once_keeps_both_parts() -> None:
    assert states((MADE, 10_000)) == (S.KEPT, S.KEPT, S.KEPT)


def test_a_payment_after_the_first_part_lapsed_goes_to_the_second() -> None:
    assert states((date(2026, 10, 10), 6_000)) == (S.PARTLY, S.BROKEN, S.KEPT)


def test_a_late_first_part_does_not_break_the_whole() -> None:
    assert states((LATE_END, 4_000), (date(2026, 10, 15), 6_000)) == (S.KEPT, S.LATE, S.KEPT)


_DAYS = st.integers(-10, 60).map(lambda ahead: MADE + timedelta(days=ahead))
_PAYMENTS = st.lists(st.tuples(_DAYS, st.integers(1, 12_000)), max_size=5)


@given(_PAYMENTS, st.integers(0, 90))
def test_parts_never_hold_more_than_was_paid_or_promised(payments: list[tuple[date, int]], after: int) -> None:
    found = judge(TWO, [Payment(day, yen) for day, yen in payments], MADE + timedelta(days=after), CALENDAR, L)
    for part, each in zip(TWO.parts, found.parts, strict=True):
        assert 0 <= each.paid_yen <= part.promised_yen
    assert sum(part.paid_yen for part in found.parts) <= sum(yen for day, yen in payments if day >= MADE)


@given(_PAYMENTS, st.tuples(_DAYS, st.integers(1, 12_000)))
def test_another_payment_never_makes_a_verdict_worse(
    payments: list[tuple[date, int]], another: tuple[date, int]
) -> None:
    order = [S.BROKEN, S.PARTLY, S.LATE, S.KEPT]
    before, _ = verdict(*payments, promised=TWO, as_of=SECOND_JUDGE)
    after, _ = verdict(*payments, another, promised=TWO, as_of=SECOND_JUDGE)
    assert order.index(after) >= order.index(before)


# -- what may be promised ---------------------------------------------------------------------------------------------

FACTS = PromiseFacts(MADE, {1: 8_000, 2: 7_000}, CALENDAR)


def found(draft: PromiseDraft, *, blocking: bool = True) -> set[str]:
    return {problem.field for problem in check_promise(draft, FACTS) if problem.blocking is blocking}


def test_a_promise_in_two_parts_within_next_month_is_taken() -> None:
    draft = PromiseDraft((PartDraft(DUE, 8_000), PartDraft(date(2026, 10, 30), 7_000)), promised_yen=15_000)
    assert not check_promise(draft, FACTS)


def test_three_parts_or_a_far_date_go_to_the_staff() -> None:
    three = PromiseDraft(tuple(PartDraft(DUE + timedelta(days=n), 1_000) for n in (0, 1, 2)))
    far = PromiseDraft((PartDraft(date(2026, 11, 2), 1_000),))
    for draft in (three, far):
        assert any("分納相談" in problem.sentence for problem in check_promise(draft, FACTS) if problem.blocking)


def test_amounts_and_dates_make_sense() -> None:
    assert found(PromiseDraft(())) == {"promise.parts"}
    assert found(PromiseDraft((PartDraft(DUE, 0),))) == {"promise.parts.1.yen"}
    assert found(PromiseDraft((PartDraft(MADE - timedelta(days=1), 100),))) == {"promise.parts.1.due_on"}
    assert found(PromiseDraft((PartDraft(DUE, 100), PartDraft(DUE, 100)))) == {"promise.parts"}
    assert found(PromiseDraft((PartDraft(DUE, 100),), promised_yen=200)) == {"promise.yen"}


def test_more_than_is_owed_and_a_closed_day_are_pointed_out() -> None:
    assert found(PromiseDraft((PartDraft(DUE, 15_001),)), blocking=False) == {"promise.yen"}
    assert found(PromiseDraft((PartDraft(date(2026, 9, 12), 100),)), blocking=False) == {"promise.parts.1.due_on"}


def test_targets_are_unpaid_periods_of_the_case() -> None:
    assert not found(PromiseDraft((PartDraft(DUE, 8_000),), targets=(1,)))
    assert found(PromiseDraft((PartDraft(DUE, 8_001),), targets=(1,)), blocking=False) == {"promise.yen"}
    assert found(PromiseDraft((PartDraft(DUE, 100),), targets=(1, 3))) == {"promise.targets"}
    nothing_owed = PromiseFacts(MADE, {}, CALENDAR)
    assert {problem.field for problem in check_promise(PromiseDraft((PartDraft(DUE, 1),)), nothing_owed)} == {
        "promise.targets"
    }


def test_the_end_of_next_month_is_found_over_the_year() -> None:
    in_december = PromiseFacts(date(2026, 12, 10), {1: 5_000}, CALENDAR)
    last = PromiseDraft((PartDraft(date(2027, 1, 29), 5_000),))
    beyond = PromiseDraft((PartDraft(date(2027, 2, 1), 5_000),))
    assert not check_promise(last, in_december)
    assert check_promise(beyond, in_december)

"""業務ステータス, 調定収納 and 稼働席時間: the pure rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.clock import at_jst
from casefile.vocabulary import PromiseState
from reports.levy import LevyLine, LevyMonth, fiscal_order, levy_lines
from reports.request import Period
from reports.seat_time import SeatState, seat_time
from reports.status import Case, CaseStatus, count_statuses, status_of


@pytest.mark.parametrize(
    ("latest", "promised", "contacts", "wanted"),
    [
        (None, False, 0, CaseStatus.NOT_NEGOTIATED),
        (None, False, 2, CaseStatus.NO_PROMISE),
        (PromiseState.OPEN, True, 0, CaseStatus.PROMISED),
        (PromiseState.BROKEN, False, 5, CaseStatus.BROKEN),
        (PromiseState.PARTLY, False, 5, CaseStatus.BROKEN),
        # A promise kept in full or late, with debts left, is over.
        (PromiseState.KEPT, False, 1, CaseStatus.NO_PROMISE),
        (PromiseState.LATE, False, 1, CaseStatus.NO_PROMISE),
        # A 分納 in force beside a promise that was kept.
        (PromiseState.KEPT, True, 1, CaseStatus.PROMISED),
    ],
)
def test_status_of_a_case(latest: PromiseState | None, promised: bool, contacts: int, wanted: CaseStatus) -> None:
    assert status_of(Case("A", "compulsory", 1000, latest, promised, contacts)) is wanted


cases = st.builds(
    Case,
    st.text("ABC", min_size=1),
    st.just("compulsory"),
    st.integers(1, 10**7),
    st.none() | st.sampled_from(PromiseState),
    st.booleans(),
    st.integers(0, 3),
)


@given(st.lists(cases, max_size=20))
def test_statuses_partition_the_cases(found: list[Case]) -> None:
    counts = count_statuses(found)
    assert set(counts) == set(CaseStatus)
    assert sum(count.cases for count in counts.values()) == len(found)
    assert sum(count.unpaid_yen for count in counts.values()) == sum(case.unpaid_yen for case in found)


def test_levy_of_a_year_up_to_a_month() -> None:
    months = [
        LevyMonth(2026, "11", 1, "current", 6, 1_000, 600, 10, 0),
        LevyMonth(2026, "11", 2, "current", 8, 1_000, 300, 0, 0),
        LevyMonth(2026, "11", 1, "current", 8, 0, 200, 0, 0),
        LevyMonth(2026, "11", 0, "carried", 4, 500, 100, 0, 50),
        LevyMonth(2026, "11", 1, "current", 13, 0, 50, 0, 0),
        LevyMonth(2025, "11", 1, "current", 8, 9_999, 9_999, 0, 0),
    ]
    current, carried = levy_lines(months, 2026, 8)
    assert current == LevyLine("11", "current", 2_000, 500, 1_100, 10, 0)
    # D = A − (B − F) − C.
    assert current.outstanding_yen == 2_000 - (1_100 - 10)
    assert current.collection_rate == Decimal("55.0")
    assert (carried.outstanding_yen, carried.collection_rate) == (350, Decimal("20.0"))
    assert levy_lines(months, 2026, 14)[0].received_yen == 1_150


def test_the_fiscal_year_begins_in_april_and_settles_after_march() -> None:
    assert [fiscal_order(month) for month in (4, 12, 1, 3, 13, 14)] == [1, 9, 10, 12, 13, 14]


DAY = date(2026, 7, 16)


def test_seats_are_cut_at_the_hour_the_period_and_the_moment() -> None:
    changes = [
        SeatState("s1", "a", at_jst(DAY - timedelta(days=1), 23, 30).timestamp(), "ready"),
        SeatState("s2", "a", at_jst(DAY, 1, 15).timestamp(), "paused"),
        SeatState("s3", "b", at_jst(DAY, 10, 0, 30).timestamp(), "talking"),
    ]
    found = seat_time(changes, Period(DAY, DAY), at_jst(DAY, 10, 10))
    rows = list(zip(found.ids, found.numbers["hour"].tolist(), found.numbers["seconds"].tolist(), strict=True))
    # a: from midnight to 1:15, cut at 1:00; b: still talking at the report's moment.
    assert rows == [("s1", 0, 3600), ("s1", 1, 900), ("s3", 10, 570)]
    assert set(found.numbers["day"].tolist()) == {DAY.toordinal()}
    assert found.marks["waiting"].tolist() == [True, True, False]

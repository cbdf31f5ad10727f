"""Slots by the Japanese calendar, one at a time and by the million."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst, jst
from dialer.reach import DayKind, HourSlot, Moments, hour_slot

_CALENDAR = OfficeCalendar()


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 10, 5), DayKind.WEEKDAY),
        (date(2026, 10, 10), DayKind.SATURDAY),
        (date(2026, 10, 11), DayKind.HOLIDAY),
        (date(2026, 10, 12), DayKind.HOLIDAY),  # スポーツの日
        (date(2026, 12, 31), DayKind.HOLIDAY),
    ],
)
def test_slots_by_the_japanese_calendar(day: date, kind: DayKind) -> None:
    assert hour_slot(at_jst(day, 18, 59), _CALENDAR) == HourSlot(kind, 18)
    moments = Moments.at([at_jst(day, 18, 59)], _CALENDAR)
    assert moments.slot.tolist() == [list(DayKind).index(kind) * 24 + 18]
    assert HourSlot(kind, 18).label == f"{kind.label}18時台"


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 3_000_000_000), max_size=5))
def test_many_moments_are_read_as_one_is(seconds: list[int]) -> None:
    moments = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=each) for each in seconds]
    found = Moments.at(moments, _CALENDAR)
    local = [jst(moment) for moment in moments]
    assert found.day.tolist() == [each.toordinal() for each in local]
    assert found.minute.tolist() == [each.hour * 60 + each.minute for each in local]


@pytest.mark.parametrize(("day", "part"), [(24, 0), (25, 1), (29, 1), (30, 2), (31, 2)])
def test_pay_day_and_the_months_end(day: int, part: int) -> None:
    assert Moments.at([at_jst(date(2026, 8, day), 10)], _CALENDAR).month_part.tolist() == [part]

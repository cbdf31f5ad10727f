"""Which refusals let a text wait, and until when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from casefile.calendar import OfficeCalendar
from casefile.city import City, CitySettings
from casefile.clock import at_jst
from casefile.gate import Reason
from sms.waiting import ask_again_at, next_opening, suppressing_reason

CITY = City(
    119998, "試験市", "シケンシ", "試験県", "納税課", True, "03", "+81300001111", CitySettings(), OfficeCalendar()
)
FRIDAY = date(2026, 9, 18)
"""Before a weekend and three holidays."""


@pytest.mark.parametrize(
    ("reasons", "given_up"),
    [
        ([Reason.CITY_HOURS, Reason.LIVE_HOUSEHOLD], None),
        ([Reason.RECEIPTS_STALE], None),
        ([Reason.STOPPED_CITY, Reason.FLAG_REFUSES], Reason.FLAG_REFUSES),
        ([Reason.FLAG_REFUSES, Reason.NOTHING_OWED], Reason.NOTHING_OWED),
        ([Reason.PROMISE_OPEN, Reason.CITY_HOURS], Reason.PROMISE_OPEN),
        ([Reason.SMS_DAY_CAP], None),
        ([Reason.SMS_MONTH_CAP], Reason.SMS_MONTH_CAP),
    ],
)
def test_what_passes_by_itself_waits_and_the_rest_is_given_up(reasons: list[Reason], given_up: Reason | None) -> None:
    assert suppressing_reason(reasons) == given_up


def test_waiting_ends_inside_the_hours_for_texts() -> None:
    noon = at_jst(FRIDAY, 12)
    assert ask_again_at([Reason.LIVE_NUMBER], CITY, noon) == noon + timedelta(minutes=10)
    assert ask_again_at([Reason.RECEIPTS_STALE, Reason.LIVE_NUMBER], CITY, noon) == noon + timedelta(hours=1)
    assert ask_again_at([Reason.SMS_DAY_CAP], CITY, noon) == at_jst(date(2026, 9, 24), 9)
    assert ask_again_at([Reason.STOPPED_CITY], CITY, at_jst(FRIDAY, 19, 30)) == at_jst(date(2026, 9, 24), 9)


def test_the_next_opening() -> None:
    assert next_opening(CITY, at_jst(FRIDAY, 8)) == at_jst(FRIDAY, 9)
    assert next_opening(CITY, at_jst(FRIDAY, 19, 59)) == at_jst(FRIDAY, 19, 59)
    assert next_opening(CITY, at_jst(FRIDAY, 20)) == at_jst(date(2026, 9, 24), 9)

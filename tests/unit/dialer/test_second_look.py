"""When somebody whom the gate refused comes up again."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.clock import at_jst
from casefile.gate import Reason
from casefile.intake.kinds import KINDS
from dialer.messages import Candidate
from dialer.second_look import LASTING, PASSING, after_refusal

NOW = at_jst(date(2026, 10, 20), 14, 30)
PERSON = Candidate(
    campaign_id=UUID(int=1),
    purpose="dunning",
    claim_group="compulsory",
    addressee_no="1",
    household_id="H",
    phone_id=UUID(int=2),
    e164="+819000000001",
    answer_probability=0.5,
    evidence="",
)


@pytest.mark.parametrize(
    ("reasons", "back", "shown"),
    [
        ((Reason.BUSY_GAP,), NOW + timedelta(minutes=5), "busy_gap"),
        ((Reason.NUMBER_DAY_CAP,), at_jst(date(2026, 10, 21)), "number_day_cap"),
        ((Reason.PROMISE_OPEN, Reason.CITY_HOURS), at_jst(date(2026, 10, 21)), "promise_open"),
        ((Reason.FLAG_STAFF,), at_jst(date(2026, 10, 27)), "flag_staff"),
        ((Reason.NUMBER_GAP, Reason.PLAN_KEPT), at_jst(date(2026, 10, 27)), "plan_kept"),
        ((Reason.PERSON_MONTH_CAP, Reason.NUMBER_DAY_CAP), at_jst(date(2026, 11, 1)), "person_month_cap"),
        ((), at_jst(date(2026, 10, 21)), None),
    ],
)
def test_the_reason_that_keeps_away_longest_decides_and_is_shown(
    reasons: tuple[Reason, ...], back: object, shown: str | None
) -> None:
    change = after_refusal(PERSON, reasons, NOW)
    assert change is not None
    assert (change.next_at, change.state, change.reason, change.tried) == (back, "open", shown, 0)


@given(st.lists(st.sampled_from(list(Reason)), max_size=6))
def test_nobody_comes_back_before_now_nor_is_forgotten(reasons: list[Reason]) -> None:
    change = after_refusal(PERSON, reasons, NOW)
    assert change is not None
    assert change.next_at is not None
    assert NOW <= change.next_at <= NOW + timedelta(days=32)


def test_what_lasts_is_ended_by_a_file_there_is() -> None:
    assert set(LASTING.values()) <= set(KINDS)
    assert not set(LASTING) & set(PASSING)

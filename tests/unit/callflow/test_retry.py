"""When a person is tried again, by DOMAIN.md §2.8."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.bands import Band, band_of
from callflow.codes import CallResult
from callflow.retry import PastTry, TryHistory, after_attempt
from casefile.calendar import OfficeCalendar
from casefile.city import City, CitySettings
from casefile.clock import at_jst, jst, jst_date

CITY = City(
    id=119998,
    name="試験市",
    name_kana="シケンシ",
    prefecture="試験県",
    section_name="納税課",
    section_name_may_be_spoken=False,
    area_code="03",
    caller_number="+81300001111",
    settings=CitySettings(),
    calendar=OfficeCalendar(),
)
PHONE, OTHER = UUID(int=1), UUID(int=2)
TUESDAY = date(2026, 9, 8)
FRIDAY = date(2026, 9, 11)


def tried(at: datetime, result: CallResult, phone: UUID = PHONE) -> PastTry:
    return PastTry(at, result, phone, counted=result.handed_to_network)


def history(*tries: PastTry, others: int = 0) -> TryHistory:
    return TryHistory(tries, PHONE, others)


def test_busy_is_tried_again_after_five_minutes() -> None:
    now = at_jst(TUESDAY, 10)
    assert after_attempt(CallResult.BUSY, history(), now, CITY).at == now + timedelta(minutes=5)


def test_busy_for_the_fourth_time_is_treated_as_no_answer() -> None:
    now = at_jst(TUESDAY, 10, 20)
    before = [tried(now - timedelta(minutes=5 * n), CallResult.BUSY) for n in (1, 2, 3)]
    again = after_attempt(CallResult.BUSY, history(*before), now, CITY)
    assert again.at is not None
    assert again.at >= now + timedelta(hours=2)
    assert again.other_band


def test_three_busy_retries_are_made_before_that() -> None:
    now = at_jst(TUESDAY, 10, 20)
    before = [tried(now - timedelta(minutes=5 * n), CallResult.BUSY) for n in (1, 2)]
    assert after_attempt(CallResult.BUSY, history(*before), now, CITY).at == now + timedelta(minutes=5)


def test_busy_on_another_phone_does_not_count() -> None:
    now = at_jst(TUESDAY, 10, 20)
    before = [tried(now - timedelta(minutes=5 * n), CallResult.BUSY, OTHER) for n in (1, 2, 3)]
    assert after_attempt(CallResult.BUSY, history(*before), now, CITY).at == now + timedelta(minutes=5)


def test_no_answer_in_the_morning_is_tried_in_another_band_of_the_day() -> None:
    again = after_attempt(CallResult.NO_ANSWER, history(), at_jst(TUESDAY, 9, 30), CITY)
    assert again.at == at_jst(TUESDAY, 12)
    assert again.other_band
    assert not again.other_weekday


def test_two_hours_pass_even_if_the_next_band_is_nearer() -> None:
    again = after_attempt(CallResult.NO_ANSWER, history(), at_jst(TUESDAY, 11, 30), CITY)
    assert again.at == at_jst(TUESDAY, 13, 30)


def test_a_second_no_answer_of_the_day_waits_for_another_weekday() -> None:
    morning = tried(at_jst(TUESDAY, 9, 30), CallResult.NO_ANSWER)
    again = after_attempt(CallResult.NO_ANSWER, history(morning), at_jst(TUESDAY, 17, 30), CITY)
    assert again.at == at_jst(TUESDAY + timedelta(days=1), 9)
    assert again.other_weekday


def test_another_weekday_skips_those_tried_before() -> None:
    monday_before = tried(at_jst(FRIDAY - timedelta(days=4), 10), CallResult.NO_ANSWER)
    morning = tried(at_jst(FRIDAY, 9, 30), CallResult.NO_ANSWER)
    again = after_attempt(CallResult.NO_ANSWER, history(monday_before, morning), at_jst(FRIDAY, 18), CITY)
    assert again.at == at_jst(FRIDAY + timedelta(days=4), 9), "Saturday and Sunday are closed, Monday was tried"


def test_an_evening_no_answer_goes_to_another_weekday() -> None:
    again = after_attempt(CallResult.VOICEMAIL, history(), at_jst(TUESDAY, 19), CITY)
    assert again.at == at_jst(TUESDAY + timedelta(days=1), 9)


def test_congestion_comes_soon_and_later_each_time() -> None:
    now = at_jst(TUESDAY, 10)
    first = after_attempt(CallResult.CONGESTION, history(), now, CITY)
    second = after_attempt(
        CallResult.CONGESTION, history(tried(now - timedelta(minutes=2), CallResult.CONGESTION)), now, CITY
    )
    assert first.at == now + timedelta(minutes=2)
    assert second.at == now + timedelta(minutes=5)


def test_an_abandoned_call_waits_for_another_day_and_an_operator() -> None:
    again = after_attempt(CallResult.ABANDONED, history(), at_jst(FRIDAY, 10), CITY)
    assert again.at == at_jst(FRIDAY + timedelta(days=3), 9)
    assert again.reserved_only


@pytest.mark.parametrize(
    "result", [CallResult.NOT_IN_SERVICE, CallResult.NUMBER_CHANGED, CallResult.FAX, CallResult.INVALID_NUMBER]
)
def test_a_dead_number_leads_to_the_next_phone_or_to_none(result: CallResult) -> None:
    now = at_jst(TUESDAY, 10)
    with_other = after_attempt(result, history(others=1), now, CITY)
    assert (with_other.at, with_other.next_phone) == (now, True)
    assert after_attempt(result, history(), now, CITY).gives_up


def test_a_rejected_call_moves_to_another_phone_if_there_is_one() -> None:
    now = at_jst(TUESDAY, 10)
    assert after_attempt(CallResult.REJECTED, history(others=1), now, CITY).next_phone
    assert after_attempt(CallResult.REJECTED, history(), now, CITY).other_band


def test_the_sixth_call_of_a_month_is_the_last_until_the_next() -> None:
    five = [tried(at_jst(date(2026, 9, day), 10), CallResult.NO_ANSWER) for day in (1, 2, 3, 4, 7)]
    again = after_attempt(CallResult.NO_ANSWER, history(*five), at_jst(TUESDAY, 10), CITY)
    assert again.at == at_jst(date(2026, 10, 1), 9)
    assert not again.gives_up


def test_calls_of_last_month_do_not_count() -> None:
    five = [tried(at_jst(date(2026, 8, day), 10), CallResult.NO_ANSWER) for day in (3, 4, 5, 6, 7)]
    again = after_attempt(CallResult.NO_ANSWER, history(*five), at_jst(TUESDAY, 9, 30), CITY)
    assert again.at == at_jst(TUESDAY, 12)


_MOMENTS = st.builds(
    lambda minutes: at_jst(date(2026, 8, 1), 9) + timedelta(minutes=minutes),
    st.integers(min_value=0, max_value=60 * 24 * 120),
)
_TRIES = st.lists(st.tuples(st.integers(1, 60 * 24 * 40), st.sampled_from(CallResult)), max_size=8)


@given(_MOMENTS, st.sampled_from(CallResult), _TRIES, st.integers(0, 2))
def test_every_next_try_is_later_and_inside_the_hours(
    now: datetime, result: CallResult, earlier: list[tuple[int, CallResult]], others: int
) -> None:
    tries = [tried(now - timedelta(minutes=ago), past) for ago, past in earlier]
    again = after_attempt(result, history(*tries, others=others), now, CITY)
    assert (again.at is None) == again.gives_up
    if again.at is not None:
        assert again.at >= now
        assert CITY.settings.contact_hours.allow(again.at, CITY.calendar)


@given(_MOMENTS, _TRIES)
def test_no_answer_never_comes_back_within_two_hours_in_the_same_band_of_the_day(
    now: datetime, earlier: list[tuple[int, CallResult]]
) -> None:
    tries = [tried(now - timedelta(minutes=ago), past) for ago, past in earlier]
    again = after_attempt(CallResult.NO_ANSWER, history(*tries), now, CITY)
    assert again.at is not None
    assert again.at >= now + timedelta(hours=2)
    if jst_date(again.at) == jst_date(now):
        assert band_of(again.at) is not band_of(now)


@given(_MOMENTS, _TRIES)
def test_an_abandoned_call_is_never_repeated_on_its_day(now: datetime, earlier: list[tuple[int, CallResult]]) -> None:
    tries = [tried(now - timedelta(minutes=ago), past) for ago, past in earlier]
    again = after_attempt(CallResult.ABANDONED, history(*tries), now, CITY)
    assert again.at is not None
    assert jst_date(again.at) > jst_date(now)
    assert again.reserved_only


@pytest.mark.parametrize(
    ("hour", "band"),
    [
        (8, Band.MORNING),
        (9, Band.MORNING),
        (12, Band.NOON),
        (13, Band.AFTERNOON),
        (17, Band.EVENING),
        (20, Band.EVENING),
    ],
)
def test_bands_of_the_day(hour: int, band: Band) -> None:
    assert band_of(at_jst(TUESDAY, hour)) is band
    assert jst(at_jst(TUESDAY, hour)).hour == hour

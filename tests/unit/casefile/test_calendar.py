"""開庁日 and contact hours."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.calendar import OfficeCalendar
from casefile.city import Caps, CitySettings
from casefile.clock import at_jst
from casefile.errors import TsunagaruError
from casefile.hours import HARD_LIMIT, ContactHours, Window, every_day, on_weekdays

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 5, 1), True),
        (date(2026, 5, 2), False),  # Saturday
        (date(2026, 5, 4), False),  # みどりの日
        (date(2026, 5, 6), False),  # 振替休日
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
    ],
)
def test_weekends_holidays_and_the_years_end_are_closed(day: date, is_open: bool) -> None:
    assert OfficeCalendar().is_open(day) is is_open


def test_the_city_opens_and_closes_what_it_likes() -> None:
    calendar = OfficeCalendar({date(2026, 9, 20): "open", date(2026, 9, 24): "closed"})
    assert calendar.is_open(date(2026, 9, 20))
    assert not calendar.is_open(date(2026, 9, 24))


def test_counting_skips_the_silver_week() -> None:
    calendar = OfficeCalendar()
    # 2026-09-21 to 23 are holidays.
    assert calendar.next_open(date(2026, 9, 18)) == date(2026, 9, 24)
    assert calendar.add_open_days(date(2026, 9, 18), 2) == date(2026, 9, 25)
    assert calendar.add_open_days(date(2026, 9, 20), 0) == date(2026, 9, 20)
    assert calendar.open_days_between(date(2026, 9, 18), date(2026, 9, 24)) == 1
    assert calendar.open_days_between(date(2026, 9, 24), date(2026, 9, 18)) == 0


@given(DAYS, st.integers(0, 40))
def test_adding_and_counting_open_days_agree(day: date, count: int) -> None:
    calendar = OfficeCalendar()
    assert calendar.open_days_between(day, calendar.add_open_days(day, count)) == count


def test_hours_by_weekday_holiday_and_designated_sunday() -> None:
    hours = on_weekdays(range(1, 6), time(9), time(20), Window(time(9), time(16)))
    calendar = OfficeCalendar({date(2026, 9, 20): "open", date(2026, 9, 25): "closed"})
    assert hours.allow(at_jst(date(2026, 9, 18), 19, 59), calendar)
    assert not hours.allow(at_jst(date(2026, 9, 18), 20), calendar)
    assert not hours.allow(at_jst(date(2026, 9, 19), 10), calendar)
    assert hours.on(date(2026, 9, 20), calendar) == Window(time(9), time(16))
    assert hours.on(date(2026, 9, 21), calendar) is None
    assert hours.on(date(2026, 9, 25), calendar) is None


def test_hours_outside_the_hard_limit_are_refused_in_a_sentence() -> None:
    with pytest.raises(TsunagaruError, match="8:00〜21:00の中で"):
        ContactHours.from_json({"weekdays": {"1": ["07:30", "20:00"]}})
    with pytest.raises(TsunagaruError, match="曜日コード"):
        ContactHours.from_json({"weekdays": {"8": ["09:00", "20:00"]}})
    with pytest.raises(TsunagaruError, match="読めません"):
        ContactHours.from_json({"weekdays": {"1": "9-20"}})


@given(st.dates(), st.times())
def test_no_settings_reach_outside_the_hard_limit(day: date, moment: time) -> None:
    assert HARD_LIMIT.overlap(Window(time(8), time(21))) == HARD_LIMIT
    hours = every_day(time(8), time(21))
    window = hours.on(day, OfficeCalendar({day: "open"}))
    assert window is not None
    assert (moment in window) == (8 <= moment.hour < 21)


def test_settings_survive_json() -> None:
    settings = CitySettings(demand_notice_days=14, caps=Caps(number_day=1), languages=("ja", "en"))
    assert CitySettings.from_json(settings.to_json()) == settings
    assert CitySettings.from_json({}) == CitySettings()
    with pytest.raises(TsunagaruError, match="demand_notice_days"):
        CitySettings.from_json({"demand_notice_days": "many"})


CAPS = st.builds(Caps, *(st.integers(0, 300) for _ in range(9)))


@given(CAPS, CAPS)
def test_a_campaign_only_narrows(city: Caps, campaign: Caps) -> None:
    narrowed = city.narrowed(campaign)
    assert narrowed.number_day <= city.number_day
    assert narrowed.household_day <= city.household_day
    assert narrowed.person_month <= city.person_month
    assert narrowed.number_gap_minutes >= city.number_gap_minutes
    assert narrowed == narrowed.narrowed(city) == campaign.narrowed(city)

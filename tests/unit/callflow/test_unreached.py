"""The rule by which somebody who cannot be reached is texted."""

from __future__ import annotations

from datetime import date

import pytest

from callflow.bands import Band, Slot
from callflow.unreached import UnreachedFacts, UnreachedRule, due_at, sms_due_on
from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst
from tests.unit.callflow.test_retry import CITY

RULE = UnreachedRule()
MORNING, EVENING = Slot(False, Band.MORNING), Slot(False, Band.EVENING)
SATURDAY = Slot(True, Band.MORNING)
TUESDAY = date(2026, 9, 8)


def facts(*slots: Slot, mobile: bool = True, document: date | None = None) -> UnreachedFacts:
    return UnreachedFacts(slots, mobile, TUESDAY, document)


def test_three_tries_in_two_bands_lead_to_a_text_a_week_later() -> None:
    assert sms_due_on(RULE, facts(MORNING, MORNING, EVENING), OfficeCalendar()) == date(2026, 9, 15)


def test_a_saturday_morning_is_another_band_than_a_weekday_morning() -> None:
    assert sms_due_on(RULE, facts(MORNING, MORNING, SATURDAY), OfficeCalendar()) == date(2026, 9, 15)


@pytest.mark.parametrize(
    "too_little",
    [facts(MORNING, EVENING), facts(MORNING, MORNING, MORNING), facts(MORNING, MORNING, EVENING, mobile=False)],
    ids=["two tries", "one band", "no mobile of their own"],
)
def test_less_leads_to_none(too_little: UnreachedFacts) -> None:
    assert sms_due_on(RULE, too_little, OfficeCalendar()) is None


def test_the_week_begins_with_the_later_of_document_and_call() -> None:
    late_document = facts(MORNING, MORNING, EVENING, document=date(2026, 9, 10))
    early_document = facts(MORNING, MORNING, EVENING, document=date(2026, 8, 1))
    assert sms_due_on(RULE, late_document, OfficeCalendar()) == date(2026, 9, 17)
    assert sms_due_on(RULE, early_document, OfficeCalendar()) == date(2026, 9, 15)


def test_a_closed_day_moves_it_to_the_next_working_day() -> None:
    on_a_monday = UnreachedFacts((MORNING, MORNING, EVENING), True, date(2026, 9, 14), None)
    assert sms_due_on(RULE, on_a_monday, OfficeCalendar()) == date(2026, 9, 24), "21 to 23 September are holidays"


def test_it_is_sent_at_a_decent_hour() -> None:
    assert due_at(date(2026, 9, 15), CITY) == at_jst(date(2026, 9, 15), 10)
    assert due_at(date(2026, 9, 19), CITY) == at_jst(date(2026, 9, 24), 10), "a Saturday has no SMS hours"


def test_an_empty_setting_of_a_campaign_switches_the_rule_off() -> None:
    off = UnreachedRule.from_json({})
    assert sms_due_on(off, facts(MORNING, MORNING, EVENING), OfficeCalendar()) is None
    assert UnreachedRule.from_json({"channel": "sms", "attempts": 2}) == UnreachedRule(2, 2, 7)
    assert UnreachedRule.from_json(RULE.to_json()) == RULE

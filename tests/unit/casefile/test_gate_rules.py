"""The gate's rules one by one, over facts made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.calendar import OfficeCalendar
from casefile.city import Caps, City, CitySettings
from casefile.clock import at_jst
from casefile.flags import FlagCode
from casefile.gate.facts import (
    ActiveFlag,
    Facts,
    History,
    Hold,
    Moment,
    Owed,
    PastAttempt,
    PersonFacts,
    PhoneFacts,
    Stop,
)
from casefile.gate.reasons import Reason, sentence_of
from casefile.gate.request import ContactRequest
from casefile.gate.rules import refusals, warnings
from casefile.hours import every_day, on_weekdays

NOW = at_jst(date(2026, 9, 1), 10)
PHONE_ID, CAMPAIGN, RECALL, PROMISE = (UUID(int=number) for number in range(1, 5))
NUMBER = "+819000000001"

REQUEST = ContactRequest(
    request_id=UUID(int=9),
    addressee_no="A",
    phone_id=PHONE_ID,
    e164=NUMBER,
    channel="call",
    purpose="dunning",
    claim_group="compulsory",
    campaign_id=CAMPAIGN,
    mode="auto",
)
PERSON = PersonFacts("H", "person", "ja", "D1")
PHONE = PhoneFacts(PHONE_ID, NUMBER, "mobile", "mobile", "self", None, False, None)
OWED = Owed(date(2026, 6, 30), date(2026, 7, 17), None, 30000)
FACTS = Facts(PERSON, PHONE, owed=(OWED,), receipts_as_of=date(2026, 8, 31))
CITY = City(
    119998, "試験市", "シケンシ", "試験県", "納税課", False, "03", "+81300001111", CitySettings(), OfficeCalendar()
)
TEXT = replace(REQUEST, channel="sms", mode="sms")


def why(
    request: ContactRequest = REQUEST,
    facts: Facts = FACTS,
    past: list[PastAttempt] | None = None,
    city: City = CITY,
    now: datetime = NOW,
) -> set[Reason]:
    return {refusal.reason for refusal in refusals(request, facts, History(past or []), city, Moment(now))}


def past(minutes_ago: float, **changes: Any) -> PastAttempt:
    at = NOW - timedelta(minutes=minutes_ago)
    ended = PastAttempt("H", "A", NUMBER, "call", "outbound", False, True, "03", False, False, at, at)
    return ended._replace(**changes)


def of_settings(**changes: Any) -> City:
    return replace(CITY, settings=replace(CITY.settings, **changes))


def test_an_ordinary_debtor_may_be_called_and_texted() -> None:
    assert why() == set()
    assert why(TEXT) == set()


# -- debts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owed", "reason"),
    [
        ((), Reason.NOTHING_OWED),
        ((OWED._replace(yen=0),), Reason.NOTHING_OWED),
        ((OWED._replace(due_date=date(2026, 9, 1)),), Reason.NOT_DUE),
        ((OWED._replace(demand_notice_date=None),), Reason.NO_DEMAND_NOTICE),
        ((OWED._replace(demand_notice_date=date(2026, 8, 22)),), Reason.DEMAND_NOTICE_RECENT),
        ((OWED._replace(limitation_date=date(2026, 8, 31)),), Reason.LIMITATION_PASSED),
    ],
)
def test_dunning_needs_one_ripe_debt(owed: tuple[Owed, ...], reason: Reason) -> None:
    assert why(facts=replace(FACTS, owed=owed)) == {reason}
    ripe = replace(FACTS, owed=(*owed, OWED))
    assert why(facts=ripe) == set()


def test_the_eleventh_day_after_the_demand_notice_is_the_first() -> None:
    on_the_day = replace(FACTS, owed=(OWED._replace(demand_notice_date=date(2026, 8, 21)),))
    assert why(facts=on_the_day) == set()
    assert why(facts=on_the_day, city=of_settings(demand_notice_days=12)) == {Reason.DEMAND_NOTICE_RECENT}


def test_one_period_must_be_ripe_in_everything_at_once() -> None:
    due_without_notice = OWED._replace(demand_notice_date=None)
    noticed_but_not_due = OWED._replace(due_date=date(2026, 9, 30))
    assert why(facts=replace(FACTS, owed=(due_without_notice, noticed_but_not_due))) == {Reason.NO_DEMAND_NOTICE}


def test_receipts_older_than_three_open_days_stop_dunning() -> None:
    # 2026-08-26 is a Wednesday: Thursday, Friday, Monday, Tuesday are four 開庁日.
    assert why(facts=replace(FACTS, receipts_as_of=date(2026, 8, 27))) == set()
    assert why(facts=replace(FACTS, receipts_as_of=date(2026, 8, 26))) == {Reason.RECEIPTS_STALE}
    assert why(facts=replace(FACTS, receipts_as_of=None)) == {Reason.RECEIPTS_MISSING}


@pytest.mark.parametrize("purpose", ["direct_debit", "health_check", "survey"])
def test_other_purposes_ask_for_no_debt(purpose: str) -> None:
    request = replace(REQUEST, purpose=purpose, claim_group="none")
    nothing = replace(FACTS, owed=(), receipts_as_of=None, plan_no="P", promise=(PROMISE, date(2026, 12, 1)))
    assert why(request, nothing) == set()


def test_refunds_are_never_spoken_of() -> None:
    assert why(replace(REQUEST, purpose="refund")) == {Reason.PURPOSE_BARRED}


def test_the_wall_between_claims() -> None:
    assert why(replace(REQUEST, claim_group="none")) == {Reason.CLAIM_WALL}


def test_a_plan_being_kept_and_an_open_promise_rest() -> None:
    assert why(facts=replace(FACTS, plan_no="P-1")) == {Reason.PLAN_KEPT}
    promised = replace(FACTS, promise=(PROMISE, date(2026, 9, 1)))
    assert why(facts=promised) == {Reason.PROMISE_OPEN}
    assert why(replace(REQUEST, promise_id=PROMISE), promised) == set()
    assert why(facts=replace(FACTS, promise=(PROMISE, date(2026, 8, 31)))) == set()


# -- holds, stops, flags ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("claimed_paid", Reason.CLAIMED_PAID),
        ("slip_reissue", Reason.SLIP_REISSUE),
        ("direct_debit", Reason.DIRECT_DEBIT),
        ("recall", Reason.RECALL_BOOKED),
        ("staff", Reason.STAFF_HOLD),
    ],
)
def test_holds_rest(kind: str, reason: Reason) -> None:
    assert why(facts=replace(FACTS, holds=(Hold(kind, None, None),))) == {reason}


def test_only_the_booked_call_itself_passes_its_recall() -> None:
    held = replace(FACTS, holds=(Hold("recall", None, RECALL),))
    assert why(facts=held) == {Reason.RECALL_BOOKED}
    assert why(replace(REQUEST, recall_id=PROMISE), held) == {Reason.RECALL_BOOKED}
    assert why(replace(REQUEST, recall_id=RECALL), held) == set()


def test_the_booked_call_is_free_of_gap_and_live_answer_but_of_no_other_cap() -> None:
    booked = replace(REQUEST, recall_id=RECALL)
    held = replace(FACTS, holds=(Hold("recall", None, RECALL),))
    talked = past(30, person_answered=True, result="01")
    assert why(facts=FACTS, past=[talked]) == {Reason.NUMBER_GAP, Reason.LIVE_ANSWER_CAP}
    assert why(booked, held, [talked]) == set()
    assert why(booked, held, [talked, past(10)]) == {Reason.NUMBER_DAY_CAP}


def test_the_switch_stops_city_or_district() -> None:
    everywhere = Stop(None, NOW, "地震")
    elsewhere = Stop("D2", NOW, "誤データ")
    assert why(facts=replace(FACTS, stops=(everywhere,))) == {Reason.STOPPED_CITY}
    assert why(facts=replace(FACTS, stops=(elsewhere,))) == set()
    assert why(facts=replace(FACTS, stops=(elsewhere._replace(district_code="D1"),))) == {Reason.STOPPED_DISTRICT}
    survey = replace(REQUEST, purpose="survey", claim_group="none")
    assert why(survey, replace(FACTS, stops=(everywhere,))) == {Reason.STOPPED_CITY}


def flagged(effect: str | None, known: bool = True) -> Facts:
    return replace(FACTS, flags=(ActiveFlag("x", None, effect, "試験フラグ", known),))


def test_flags_refuse_leave_to_staff_warn_or_do_nothing() -> None:
    assert why(facts=flagged("refuse")) == {Reason.FLAG_REFUSES}
    assert why(facts=flagged("staff")) == {Reason.FLAG_STAFF}
    assert why(facts=flagged("warn")) == set()
    assert warnings(flagged("warn")) == ["試験フラグ"]
    assert why(facts=flagged(None)) == set()
    assert why(facts=flagged(None, known=False)) == {Reason.FLAG_STAFF}


def test_staff_may_call_by_hand_whom_flags_or_language_leave_to_them() -> None:
    for facts in (flagged("staff"), replace(FACTS, person=PERSON._replace(language="zh"))):
        by_hand = replace(REQUEST, mode="manual")
        assert why(by_hand, facts) != set()
        assert why(by_hand, replace(facts, requester_is_staff=True)) == set()
        assert why(REQUEST, replace(facts, requester_is_staff=True)) != set()
        assert why(TEXT, replace(facts, requester_is_staff=True)) != set()
    assert why(replace(REQUEST, mode="manual"), replace(flagged("refuse"), requester_is_staff=True)) == {
        Reason.FLAG_REFUSES
    }


# -- the number -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "reason"),
    [
        (None, Reason.NUMBER_NOT_ON_FILE),
        (PHONE._replace(e164="+819000000002"), Reason.NUMBER_NOT_ON_FILE),
        (PHONE._replace(ng_reason="番号違い"), Reason.NUMBER_NG),
        (PHONE._replace(dropped=True), Reason.NUMBER_DROPPED),
        (PHONE._replace(line_type="barred"), Reason.NUMBER_BARRED),
        (PHONE._replace(line_type="unknown"), Reason.NUMBER_BARRED),
        (PHONE._replace(place="work"), Reason.WORKPLACE_AUTO),
        (PHONE._replace(holder="employer"), Reason.WORKPLACE_AUTO),
    ],
)
def test_numbers_that_are_not_dialed(phone: PhoneFacts | None, reason: Reason) -> None:
    assert why(facts=replace(FACTS, phone=phone)) == {reason}


def test_a_workplace_may_be_called_by_hand_and_a_company_at_its_office() -> None:
    at_work = replace(FACTS, phone=PHONE._replace(place="work"))
    assert why(replace(REQUEST, mode="manual"), at_work) == set()
    assert why(facts=replace(at_work, person=PERSON._replace(kind="company"))) == set()


def test_no_number_and_our_own_number() -> None:
    unreadable = replace(FACTS, phone=PHONE._replace(e164=None))
    assert why(replace(REQUEST, e164=None), unreadable) == {Reason.NO_NUMBER}
    ours = PHONE._replace(e164=CITY.caller_number, line_type="landline")
    assert why(replace(REQUEST, e164=CITY.caller_number), replace(FACTS, phone=ours)) == {Reason.OWN_NUMBER}


def test_texts_go_to_the_persons_own_mobile_only() -> None:
    assert why(TEXT, replace(FACTS, phone=PHONE._replace(line_type="landline"))) == {Reason.SMS_NOT_MOBILE}
    for holder in ("spouse", "family", "unknown", "other"):
        assert why(TEXT, replace(FACTS, phone=PHONE._replace(holder=holder))) == {Reason.SMS_NOT_SELF}
    assert why(replace(TEXT, mode="auto")) == {Reason.CHANNEL_BARRED}
    assert why(replace(REQUEST, channel="letter")) == {Reason.CHANNEL_BARRED}


# -- hours ------------------------------------------------------------------------------------------------------------


def test_city_campaign_and_residents_hours() -> None:
    assert why(now=at_jst(date(2026, 9, 1), 20)) == {Reason.CITY_HOURS}
    friday = replace(FACTS, receipts_as_of=date(2026, 9, 4))
    assert why(facts=friday, now=at_jst(date(2026, 9, 5), 10)) == {Reason.OFFICE_CLOSED}
    evening = replace(REQUEST, hours=on_weekdays(range(1, 6), time(17), time(20)))
    assert why(evening) == {Reason.CAMPAIGN_HOURS}
    for hours, allowed in (
        ({"from": "18:00", "to": "20:00"}, False),
        ({"weekdays": [6, 7]}, False),
        ({"weekdays": [2], "from": "09:00", "to": "24:00"}, True),
        ({}, True),
    ):
        facts = replace(FACTS, phone=PHONE._replace(usable_hours=hours))
        assert why(facts=facts) == (set() if allowed else {Reason.PHONE_HOURS})


@given(st.dates(date(2026, 1, 1), date(2027, 1, 31)), st.times(), st.sampled_from(["auto", "manual", "preview"]))
def test_nothing_ever_passes_outside_eight_to_twentyone(day: date, local: time, mode: Any) -> None:
    moment = at_jst(day, local.hour, local.minute, local.second)
    wide = of_settings(contact_hours=every_day(time(0), time(23, 59)))
    reasons = why(replace(REQUEST, mode=mode), replace(FACTS, receipts_as_of=day), city=wide, now=moment)
    assert (Reason.HARD_HOURS in reasons) == (not 8 <= local.hour < 21)


# -- caps -------------------------------------------------------------------------------------------------------------


def test_two_calls_a_number_a_day_two_hours_apart() -> None:
    late = at_jst(date(2026, 9, 1), 16)
    assert why(past=[past(119)]) == {Reason.NUMBER_GAP}
    assert why(past=[past(30)], now=late) == set()
    assert why(past=[past(30), past(-120)], now=late) == {Reason.NUMBER_DAY_CAP}


def test_busy_calls_stand_outside_and_have_their_own_limit() -> None:
    def busy(minutes: int) -> PastAttempt:
        return past(minutes, result="02")

    assert why(past=[busy(4)]) == {Reason.BUSY_GAP}
    assert why(past=[busy(5)]) == set()
    assert why(past=[busy(40), busy(30), busy(20)]) == set()
    assert why(past=[busy(40), busy(30), busy(20), busy(10)]) == {Reason.BUSY_CAP}


def test_three_calls_a_household_a_day_over_all_its_members() -> None:
    others = [past(50 + i, addressee_no=f"B{i}", e164=f"+81900000010{i}") for i in range(3)]
    assert why(past=others[:2]) == set()
    assert why(past=others) == {Reason.HOUSEHOLD_DAY_CAP}
    assert why(past=[call._replace(counted=False, result="12") for call in others]) == set()
    assert why(past=[call._replace(direction="inbound", counted=False) for call in others]) == set()


def test_one_live_answer_a_household_a_day() -> None:
    answered = past(50, addressee_no="B", e164="+819000000109", person_answered=True)
    assert why(past=[answered]) == {Reason.LIVE_ANSWER_CAP}
    yesterday = answered._replace(intended_at=NOW - timedelta(days=1))
    assert why(past=[yesterday]) == set()


def test_after_an_abandoned_call_another_day_and_a_reserved_operator() -> None:
    abandoned = past(50, e164="+819000000109", abandoned=True, person_answered=True)
    last = replace(FACTS, last_call_abandoned=True)
    assert why(facts=last, past=[abandoned]) == {Reason.LIVE_ANSWER_CAP, Reason.ABANDONED_TODAY, Reason.RESERVED_ONLY}
    assert why(facts=last) == {Reason.RESERVED_ONLY}
    assert why(replace(REQUEST, mode="preview"), last) == set()


def test_six_calls_a_person_a_month() -> None:
    calls = [
        past(0, e164=f"+8190000002{day:02d}", household_id="OLD", intended_at=at_jst(date(2026, 9, day), 10))
        for day in range(2, 8)
    ]
    end = at_jst(date(2026, 9, 30), 10)
    fresh = replace(FACTS, receipts_as_of=date(2026, 9, 30))
    assert why(facts=fresh, past=calls[:5], now=end) == set()
    # Calls to numbers of a household the person has left count as well.
    assert why(facts=fresh, past=calls, now=end) == {Reason.PERSON_MONTH_CAP}
    assert why(facts=fresh, past=calls, now=at_jst(date(2026, 10, 1), 10)) == set()


def test_something_alive_in_the_household_or_on_the_number_waits() -> None:
    live = past(1, live=True, addressee_no="B", e164="+819000000109", ended_at=None)
    assert Reason.LIVE_HOUSEHOLD in why(past=[live])
    same_number = past(1, live=True, household_id="X", addressee_no="B", ended_at=None)
    assert Reason.LIVE_NUMBER in why(past=[same_number])
    ringing_us = live._replace(direction="inbound", counted=False)
    assert why(past=[ringing_us]) == {Reason.LIVE_HOUSEHOLD}


def test_texts_have_caps_of_their_own() -> None:
    sent = past(30, channel="sms")
    assert why(TEXT, past=[sent]) == {Reason.SMS_DAY_CAP}
    assert why(past=[sent]) == set()
    month = [past(60 * 24, channel="sms", intended_at=at_jst(date(2026, 9, 1 + i), 9)) for i in range(4)]
    later = at_jst(date(2026, 9, 30), 10)
    fresh = replace(FACTS, receipts_as_of=date(2026, 9, 29))
    assert why(TEXT, fresh, month, now=later) == {Reason.SMS_MONTH_CAP}


def test_a_campaign_narrows_caps() -> None:
    strict = replace(REQUEST, caps=Caps(household_day=1, number_day=9, number_gap_minutes=0))
    other = past(50, addressee_no="B", e164="+819000000109")
    assert why(strict, past=[other]) == {Reason.HOUSEHOLD_DAY_CAP}
    assert why(strict, past=[past(30)]) == {Reason.HOUSEHOLD_DAY_CAP, Reason.NUMBER_GAP}


# -- words ------------------------------------------------------------------------------------------------------------


def test_every_reason_is_a_japanese_sentence_of_its_own() -> None:
    sentences = [sentence_of(reason.value) for reason in Reason]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith("。") and len(sentence) > 8 for sentence in sentences)
    assert sentence_of("not_due", "納期限 2026-08-31") == "納期限がまだ過ぎていません(納期限 2026-08-31)。"
    assert sentence_of("of_a_later_version") == "of_a_later_version。"


def test_the_flag_codes_are_those_of_the_file() -> None:
    import tomllib
    from importlib.resources import files

    entries = tomllib.loads(files("casefile.data").joinpath("flags.toml").read_text(encoding="utf-8"))["flags"]
    assert {flag.value: flag.label for flag in FlagCode} == {code: entry["label"] for code, entry in entries.items()}

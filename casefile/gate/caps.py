"""How often is too often: caps per number, household and person, counted from the attempt ledger (DOMAIN.md §2.8). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from casefile.city import Caps, City
from casefile.clock import jst
from casefile.gate.facts import Facts, History, Moment, PastAttempt, is_booked_call, is_busy, is_call
from casefile.gate.reasons import Reason, Refusal
from casefile.gate.request import ContactRequest
from casefile.vocabulary import Channel

_RESERVED_MODES = ("preview", "manual")


def cap_refusals(
    request: ContactRequest, household_id: str, facts: Facts, history: History, city: City, moment: Moment
) -> Iterator[Refusal]:
    """Every cap this contact would break."""
    caps = city.settings.caps if request.caps is None else city.settings.caps.narrowed(request.caps)
    household = history.of_household(household_id)
    number = history.of_number(request.e164) if request.e164 else []
    if any(attempt.live for attempt in household):
        yield Refusal(Reason.LIVE_HOUSEHOLD)
    if any(attempt.live for attempt in number):
        yield Refusal(Reason.LIVE_NUMBER)
    if request.channel == Channel.SMS.value:
        own = [attempt for attempt in history.of_person(request.addressee_no) if _is_text(attempt)]
        yield from _text_caps(own, [attempt for attempt in number if _is_text(attempt)], caps, moment)
        return
    booked = is_booked_call(request.recall_id, facts)
    yield from _number_caps([attempt for attempt in number if is_call(attempt)], caps, moment, booked)
    calls = [attempt for attempt in household if is_call(attempt)]
    yield from _household_caps(request, calls, facts, caps, moment, booked)
    own = [attempt for attempt in history.of_person(request.addressee_no) if is_call(attempt)]
    this_month = _since(own, moment.month_start)
    if this_month >= caps.person_month:
        yield Refusal(Reason.PERSON_MONTH_CAP, _used(this_month, caps.person_month))


def _number_caps(calls: list[PastAttempt], caps: Caps, moment: Moment, booked: bool) -> Iterator[Refusal]:
    today = [attempt for attempt in calls if attempt.intended_at >= moment.day_start]
    counted = sum(not is_busy(attempt) for attempt in today)
    if counted >= caps.number_day:
        yield Refusal(Reason.NUMBER_DAY_CAP, _used(counted, caps.number_day))
    busy = len(today) - counted
    if busy > caps.busy_retries:
        yield Refusal(Reason.BUSY_CAP, _used(busy - 1, caps.busy_retries))
    if not booked:
        rung = [attempt.intended_at for attempt in calls if not is_busy(attempt)]
        yield from _gap(Reason.NUMBER_GAP, rung, caps.number_gap_minutes, moment)
    engaged = [attempt.ended_at or attempt.intended_at for attempt in calls if is_busy(attempt)]
    yield from _gap(Reason.BUSY_GAP, engaged, caps.busy_retry_minutes, moment)


def _household_caps(
    request: ContactRequest, calls: list[PastAttempt], facts: Facts, caps: Caps, moment: Moment, booked: bool
) -> Iterator[Refusal]:
    today = [attempt for attempt in calls if attempt.intended_at >= moment.day_start]
    counted = sum(not is_busy(attempt) for attempt in today)
    if counted >= caps.household_day:
        yield Refusal(Reason.HOUSEHOLD_DAY_CAP, _used(counted, caps.household_day))
    answers = sum(attempt.person_answered or attempt.abandoned for attempt in today)
    if answers >= caps.live_answers_household_day and not booked:
        yield Refusal(Reason.LIVE_ANSWER_CAP, _used(answers, caps.live_answers_household_day))
    if any(attempt.abandoned for attempt in today):
        yield Refusal(Reason.ABANDONED_TODAY)
    if facts.last_call_abandoned and request.mode not in _RESERVED_MODES:
        yield Refusal(Reason.RESERVED_ONLY)


def _text_caps(own: list[PastAttempt], to_number: list[PastAttempt], caps: Caps, moment: Moment) -> Iterator[Refusal]:
    today = max(_since(own, moment.day_start), _since(to_number, moment.day_start))
    if today >= caps.sms_person_day:
        yield Refusal(Reason.SMS_DAY_CAP, _used(today, caps.sms_person_day))
    month = _since(own, moment.month_start)
    if month >= caps.sms_person_month:
        yield Refusal(Reason.SMS_MONTH_CAP, _used(month, caps.sms_person_month))


def _is_text(attempt: PastAttempt) -> bool:
    return attempt.counted and attempt.channel == Channel.SMS.value and attempt.direction == "outbound"


def _since(attempts: list[PastAttempt], start: datetime) -> int:
    return sum(attempt.intended_at >= start for attempt in attempts)


def _gap(reason: Reason, moments: list[datetime], minutes: int, moment: Moment) -> Iterator[Refusal]:
    if moments:
        free_at = max(moments) + timedelta(minutes=minutes)
        if free_at > moment.now:
            yield Refusal(reason, f"{jst(free_at):%m月%d日 %H:%M} から")


def _used(used: int, cap: int) -> str:
    return f"{used}回、上限 {cap}回"

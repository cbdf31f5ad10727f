"""When to try a person again after a call without conversation (DOMAIN.md §2.8). Pure.

Busy: five minutes later, three times at most. No answer: at least two hours later and in another band; when the day
has no other band left, another weekday. Network trouble: soon, and it counts for nothing. 放棄呼: not the same day, and
then only with an operator waiting for that call. A dead number: the person's next phone at once. A person whose calls of this
month are used up is tried again when the next month begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from callflow.bands import Band, band_of
from callflow.codes import CallResult
from casefile.city import City
from casefile.clock import at_jst, jst, jst_date
from casefile.hours import Window

_CONGESTION_WAITS = (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))
_SUSPENDED_REST = timedelta(days=14)
_SEARCH_DAYS = 31


@dataclass(frozen=True, slots=True)
class PastTry:
    """One earlier call of this person for this purpose."""

    at: datetime
    result: CallResult
    phone_id: UUID | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class TryHistory:
    """What was tried before the call that has just ended, and how many other usable phones the person has.

    `phone_id` is the phone just called; `tries` may come in any order and does not hold the call that just ended.
    """

    tries: Sequence[PastTry] = ()
    phone_id: UUID | None = None
    other_phones: int = 0


@dataclass(frozen=True, slots=True)
class NextTry:
    """The earliest moment of the next try; the picker may choose a later one, never an earlier one.

    `at` None: no automatic try follows (a conversation decides, or it `gives_up`). `other_band` and `other_weekday`
    say what the picker should differ in. `next_phone`: this number is done with, take the person's next one.
    `reserved_only`: only with an operator reserved for this call (preview).
    """

    at: datetime | None
    other_band: bool = False
    other_weekday: bool = False
    gives_up: bool = False
    reserved_only: bool = False
    next_phone: bool = False


def after_attempt(result: CallResult, history: TryHistory, now: datetime, city: City) -> NextTry:
    """What follows a call that ended at `now` with `result`; `now` must be an aware datetime."""
    if result is CallResult.CONGESTION or result is CallResult.STOPPED_BY_RULE:
        return NextTry(_within_hours(now + _congestion_wait(history, now), city))
    if result.handed_to_network and _month_is_full(history, now, city):
        return _next_month(result, history, now, city)
    if result is CallResult.ANSWERED:
        return NextTry(_next_day(now, city), other_band=True, other_weekday=True)
    if result is CallResult.ABANDONED:
        return NextTry(_next_day(now, city), reserved_only=True)
    if result.kills_number or result is CallResult.INVALID_NUMBER:
        return _other_phone(now, city) if history.other_phones else NextTry(None, gives_up=True)
    if result is CallResult.SUSPENDED:
        return _other_phone(now, city) if history.other_phones else NextTry(_within_hours(now + _SUSPENDED_REST, city))
    if result is CallResult.REJECTED and history.other_phones:
        return _other_phone(now, city)
    if result is CallResult.BUSY and _busy_in_a_row(history, now) <= city.settings.caps.busy_retries - 1:
        return NextTry(_within_hours(now + timedelta(minutes=city.settings.caps.busy_retry_minutes), city))
    return _unanswered(history, now, city)


def _unanswered(history: TryHistory, now: datetime, city: City) -> NextTry:
    """Another band of today while the caps of the day leave room, otherwise another weekday."""
    today = [past for past in history.tries if jst_date(past.at) == jst_date(now) and past.counted]
    on_this_phone = [past for past in today if past.phone_id == history.phone_id and past.result is not CallResult.BUSY]
    if len(on_this_phone) + 1 < city.settings.caps.number_day:
        tried = {band_of(past.at) for past in today} | {band_of(now)}
        later = _later_band(now, tried, city)
        if later is not None:
            return NextTry(later, other_band=True)
    return NextTry(_other_weekday(history, now, city), other_band=True, other_weekday=True)


def _later_band(now: datetime, tried: set[Band], city: City) -> datetime | None:
    """The first moment of today at least two hours away, inside the hours, in a band not yet tried."""
    today = jst_date(now)
    earliest = now + timedelta(minutes=city.settings.caps.number_gap_minutes)
    starts = [earliest, *(at_jst(today, band.starts.hour, band.starts.minute) for band in Band)]
    for moment in sorted(start for start in starts if start >= earliest):
        if band_of(moment) not in tried and jst_date(moment) == today and _allowed(moment, city):
            return moment
    return None


def _other_weekday(history: TryHistory, now: datetime, city: City) -> datetime:
    """The opening of the next day with hours whose weekday was not tried; if all were, simply the next such day."""
    tried = {jst_date(past.at).isoweekday() for past in history.tries if past.counted} | {jst_date(now).isoweekday()}
    first: datetime | None = None
    for ahead in range(1, _SEARCH_DAYS):
        day = jst_date(now) + timedelta(days=ahead)
        window = _window(day, city)
        if window is None:
            continue
        opening = _opening(day, window)
        if ahead <= 7 and day.isoweekday() not in tried:
            return opening
        first = first or opening
    return first or now + timedelta(days=_SEARCH_DAYS)


def _other_phone(now: datetime, city: City) -> NextTry:
    return NextTry(_within_hours(now, city), next_phone=True)


def _next_day(now: datetime, city: City) -> datetime:
    return _within_hours(at_jst(jst_date(now) + timedelta(days=1)), city)


def _within_hours(moment: datetime, city: City) -> datetime:
    """`moment` itself if it lies in the contact hours, otherwise the next opening (within a month)."""
    if _allowed(moment, city):
        return moment
    for ahead in range(_SEARCH_DAYS):
        day = jst_date(moment) + timedelta(days=ahead)
        window = _window(day, city)
        if window is not None and _opening(day, window) >= moment:
            return _opening(day, window)
    return moment + timedelta(days=_SEARCH_DAYS)


def _allowed(moment: datetime, city: City) -> bool:
    return city.settings.contact_hours.allow(moment, city.calendar)


def _window(day: date, city: City) -> Window | None:
    return city.settings.contact_hours.on(day, city.calendar)


def _opening(day: date, window: Window) -> datetime:
    return at_jst(day, window.opens.hour, window.opens.minute)


def _busy_in_a_row(history: TryHistory, now: datetime) -> int:
    """How many busy tries of today on this phone came right before the one that has just ended."""
    count = 0
    for past in sorted(history.tries, key=lambda past: past.at, reverse=True):
        if past.phone_id != history.phone_id:
            continue
        if past.result is not CallResult.BUSY or jst(past.at).date() != jst(now).date():
            break
        count += 1
    return count


def _congestion_wait(history: TryHistory, now: datetime) -> timedelta:
    """Longer with every network failure of the last hour, so that a dead trunk is not hammered."""
    recent = sum(past.result is CallResult.CONGESTION and now - past.at <= timedelta(hours=1) for past in history.tries)
    return _CONGESTION_WAITS[min(recent, len(_CONGESTION_WAITS) - 1)]


def _month_is_full(history: TryHistory, now: datetime, city: City) -> bool:
    """Whether the call that just ended was the last the person may bear in this calendar month of Japan."""
    this_month = jst_date(now).replace(day=1)
    counted = sum(past.counted and jst_date(past.at) >= this_month for past in history.tries)
    return counted + 1 >= city.settings.caps.person_month


def _next_month(result: CallResult, history: TryHistory, now: datetime, city: City) -> NextTry:
    first = (jst_date(now).replace(day=1) + timedelta(days=32)).replace(day=1)
    at = _within_hours(at_jst(first), city)
    if result.kills_number:
        return NextTry(at, next_phone=True) if history.other_phones else NextTry(None, gives_up=True)
    return NextTry(at, other_band=True, reserved_only=result is CallResult.ABANDONED)

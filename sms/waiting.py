"""What a refusal of the gate means for a text that is due: wait and ask again, or never send it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from casefile.city import City
from casefile.clock import at_jst, jst, jst_date
from casefile.gate import Reason

_SOON = timedelta(minutes=10)
_LATER = timedelta(hours=1)
_SEARCH_DAYS = 30

_AT_NEXT_OPENING = frozenset(
    {Reason.HARD_HOURS, Reason.OFFICE_CLOSED, Reason.CITY_HOURS, Reason.CAMPAIGN_HOURS, Reason.SMS_DAY_CAP}
)
_WAIT: dict[Reason, timedelta] = {
    Reason.LIVE_HOUSEHOLD: _SOON,
    Reason.LIVE_NUMBER: _SOON,
    Reason.HOUSEHOLD_CHANGED: _SOON,
    Reason.STOPPED_CITY: _LATER,
    Reason.STOPPED_DISTRICT: _LATER,
    Reason.RECEIPTS_MISSING: _LATER,
    Reason.RECEIPTS_STALE: _LATER,
    Reason.PHONE_HOURS: _LATER,
}
"""Reasons that pass by themselves. Every other one is about the person or the debt, and the occasion is over."""


def suppressing_reason(reasons: Iterable[Reason]) -> Reason | None:
    """The reason for which the text is given up, the paid-up one first; None: every reason passes by itself."""
    lasting = [reason for reason in reasons if reason not in _WAIT and reason not in _AT_NEXT_OPENING]
    return Reason.NOTHING_OWED if Reason.NOTHING_OWED in lasting else next(iter(lasting), None)


def ask_again_at(reasons: Iterable[Reason], city: City, now: datetime) -> datetime:
    """When to ask the gate again after refusals that pass: inside the city's hours for texts."""
    reasons = list(reasons)
    at = max((now + _WAIT[reason] for reason in reasons if reason in _WAIT), default=now + _SOON)
    if Reason.SMS_DAY_CAP in reasons:
        at = max(at, at_jst(jst_date(now) + timedelta(days=1)))
    return next_opening(city, at)


def next_opening(city: City, moment: datetime) -> datetime:
    """`moment` itself while texts may be sent, otherwise when that begins again."""
    day = jst_date(moment)
    for _ in range(_SEARCH_DAYS):
        window = city.settings.sms_hours.on(day, city.calendar)
        if window is not None:
            opens = at_jst(day, window.opens.hour, window.opens.minute)
            if moment <= opens:
                return opens
            if jst_date(moment) == day and jst(moment).time() in window:
                return moment
        day += timedelta(days=1)
    return moment + timedelta(days=_SEARCH_DAYS)

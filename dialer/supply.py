"""Bringing candidates: whoever is open and due in a campaign's list, on the best number, best first.

One read of the list for hundreds of dials. It leaves out early what the gate would refuse for today at any rate
(nothing owed, a promise kept open, a hold), and has the gate look at the rest ahead of their turn, so that operators do not
wait for refusals. The gate decides all the same when the turn comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, select

from callflow import recall
from casefile.city import Caps, City
from casefile.clock import JST, jst, jst_date
from casefile.hours import ContactHours
from casefile.vocabulary import Purpose
from dialer.asterisk.detection.policy import Detection
from dialer.messages import CampaignTerms, Candidate, Expected, Mode, PastTimings, Supplied
from dialer.past_timings import past_timings
from dialer.reach.book import ReachBook
from dialer.reach.order import Listed, Weigher
from dialer.tables import PacingDay

LOOK_AGAIN = timedelta(minutes=10)
"""An exhausted list is read again after this time at the latest: files come in, flags end."""
_SEARCH_DAYS = 31
_DAYS_AHEAD = 7
"""So far is looked ahead for a better hour."""
_BROKEN_LATELY = timedelta(days=30)
"""Whoever broke a promise within this time is called before others."""

_DUE = """
SELECT e.addressee_no, e.household_id, e.seq, e.reserved_only, p.phone_id, p.e164, p.position, p.usable_hours
  FROM campaign_entry e
  JOIN phone p ON p.municipality_id = e.municipality_id AND p.addressee_no = e.addressee_no
 WHERE e.municipality_id = %(city)s AND e.campaign_id = %(campaign)s AND e.state = 'open' AND e.next_at <= %(now)s
   AND p.e164 IS NOT NULL AND p.ng_reason IS NULL AND p.dropped_at IS NULL AND p.line_type <> 'barred'
   AND p.place <> 'work'
"""
_STILL_OWING = """
   AND EXISTS (
        SELECT 1 FROM arrears a WHERE a.municipality_id = e.municipality_id AND a.addressee_no = e.addressee_no
           AND a.claim_group = %(claim_group)s AND a.outstanding_yen > 0)
   AND NOT EXISTS (
        SELECT 1 FROM promise m WHERE m.municipality_id = e.municipality_id AND m.addressee_no = e.addressee_no
           AND m.claim_group = %(claim_group)s AND m.state = 'open')
   AND NOT EXISTS (
        SELECT 1 FROM contact_hold h WHERE h.municipality_id = e.municipality_id AND h.addressee_no = e.addressee_no
           AND h.claim_group = %(claim_group)s AND h.purpose = %(purpose)s AND h.released_at IS NULL
           AND (h.until IS NULL OR h.until > %(now)s))
"""
_IN_ORDER = " ORDER BY e.seq, e.addressee_no, p.position, p.phone_id"
_CANDIDATES = {True: _DUE + _STILL_OWING + _IN_ORDER, False: _DUE + _IN_ORDER}
"""By whether it is about 催告."""
_BROKEN = """
SELECT DISTINCT b.addressee_no FROM promise b
 WHERE b.municipality_id = %(city)s AND b.state = 'broken' AND b.judge_on >= %(since)s
   AND b.claim_group = %(claim_group)s
 ORDER BY b.addressee_no
"""
_NEXT_DUE = """
SELECT min(e.next_at) FROM campaign_entry e
 WHERE e.municipality_id = %(city)s AND e.campaign_id = %(campaign)s AND e.state = 'open' AND e.next_at > %(now)s
"""
_RUNNING = """
SELECT campaign_id, purpose, claim_group, mode, hours, caps, follow_up, ring_seconds, wrapup_seconds,
       target_abandonment, detection, timed_wrapup
  FROM campaign WHERE floor_id = %(floor)s AND state = 'running' ORDER BY created_at, campaign_id
"""


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A running campaign as it stands in its row."""

    campaign_id: UUID
    purpose: str
    claim_group: str
    mode: Mode
    hours: ContactHours | None
    caps: Caps | None
    follow_up: dict[str, Any]
    ring_seconds: int
    wrapup_seconds: int
    target_abandonment: float
    detection: Detection
    timed_wrapup: bool

    def terms(self, live_answers: int, abandoned: int, past: PastTimings) -> CampaignTerms:
        """As the engine needs it, with the budget of the day so far."""
        return CampaignTerms(
            self.campaign_id,
            self.mode,
            self.ring_seconds,
            self.wrapup_seconds,
            self.target_abandonment,
            live_answers,
            abandoned,
            self.timed_wrapup,
            past,
        )


def running_campaigns(conn: Connection, floor_id: UUID) -> dict[UUID, CampaignFacts]:
    """The campaigns that run on a floor, the oldest first."""
    rows = conn.exec_driver_sql(_RUNNING, {"floor": floor_id})
    return {row.campaign_id: _facts(row) for row in rows}


def _facts(row: Any) -> CampaignFacts:
    return CampaignFacts(
        row.campaign_id,
        row.purpose,
        row.claim_group,
        row.mode,
        ContactHours.from_json(row.hours) if row.hours else None,
        Caps.from_json(row.caps) if row.caps else None,
        row.follow_up,
        row.ring_seconds,
        row.wrapup_seconds,
        float(row.target_abandonment),
        Detection(row.detection),
        row.timed_wrapup,
    )


def terms_of(
    conn: Connection, city_id: int, campaigns: Iterable[CampaignFacts], now: datetime
) -> tuple[CampaignTerms, ...]:
    """The campaigns with what today's budget has already been spent on."""
    rows = conn.execute(
        select(PacingDay.campaign_id, PacingDay.live_answers, PacingDay.abandoned)
        .where(PacingDay.day == jst(now).date())
        .order_by(PacingDay.campaign_id)
    )
    spent = {row.campaign_id: (row.live_answers, row.abandoned) for row in rows}
    return tuple(
        facts.terms(
            *spent.get(facts.campaign_id, (0, 0)), past_timings(conn, city_id, facts.campaign_id, facts.purpose, now)
        )
        for facts in campaigns
    )


def supply(
    conn: Connection,
    city: City,
    facts: CampaignFacts,
    weigher: Weigher,
    now: datetime,
    limit: int,
    without: frozenset[str],
) -> Supplied:
    """The best `limit` candidates of a campaign for this hour; the room makes about as many calls in one."""
    closes = closing(city, facts.hours, now)
    if closes is None:
        opens = next_opening(city, facts.hours, now)
        return Supplied(now, facts.campaign_id, (), now, opens)
    next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    good_until = min(closes, next_hour)
    asked = {
        "city": city.id,
        "campaign": facts.campaign_id,
        "now": now,
        "purpose": facts.purpose,
        "claim_group": facts.claim_group,
    }
    rows = conn.exec_driver_sql(_CANDIDATES[facts.purpose == Purpose.DUNNING], asked).all()
    found = [row for row in rows if row.household_id not in without and usable(row.usable_hours, now)]
    broken = _broke_promises(conn, city, facts, now)
    listed = _in_order(found, broken, city, facts, weigher, now, limit)
    chosen = tuple(_candidate(entry, found[entry.place], facts, weigher.book, now) for entry in listed)
    more_at = None
    if len(listed) < limit:
        due = conn.exec_driver_sql(_NEXT_DUE, asked).scalar()
        more_at = min(moment for moment in (due, now + LOOK_AGAIN, good_until) if moment is not None)
    return Supplied(now, facts.campaign_id, chosen, good_until, more_at)


def _broke_promises(conn: Connection, city: City, facts: CampaignFacts, now: datetime) -> frozenset[str]:
    if facts.purpose != Purpose.DUNNING:
        return frozenset()
    since = jst_date(now - _BROKEN_LATELY)
    asked = {"city": city.id, "since": since, "claim_group": facts.claim_group}
    return frozenset(row.addressee_no for row in conn.exec_driver_sql(_BROKEN, asked))


def _in_order(
    rows: Sequence[Any],
    broken: frozenset[str],
    city: City,
    facts: CampaignFacts,
    weigher: Weigher,
    now: datetime,
    limit: int,
) -> list[Listed]:
    """Whom of these to call now; everybody alike but those who broke a promise lately, who come first."""
    day = np.array([jst_date(now).toordinal()])
    candidates = weigher.book.candidates(
        [row.addressee_no for row in rows],
        [row.household_id for row in rows],
        [row.e164 for row in rows],
        np.repeat(day, len(rows)),
    )
    caps = city.settings.caps if facts.caps is None else city.settings.caps.narrowed(facts.caps)
    return weigher.listed(
        facts.campaign_id,
        candidates,
        [row.addressee_no in broken for row in rows],
        now,
        hours_ahead(city, facts.hours, now),
        float(limit),
        caps.person_month,
        limit,
    )


def _candidate(entry: Listed, row: Any, facts: CampaignFacts, book: ReachBook, now: datetime) -> Candidate:
    return Candidate(
        campaign_id=facts.campaign_id,
        purpose=facts.purpose,
        claim_group=facts.claim_group,
        addressee_no=row.addressee_no,
        household_id=row.household_id,
        phone_id=row.phone_id,
        e164=row.e164,
        answer_probability=entry.p_live,
        evidence=book.evidence(row.e164, now),
        reserved=row.reserved_only or facts.mode == "preview",
        expected=Expected(entry.p_right_party, entry.propensity, entry.eligible, entry.by_chance),
    )


def due_recalls(
    conn: Connection, city: City, floor_campaigns: Iterable[UUID], now: datetime
) -> tuple[tuple[Candidate, ...], datetime | None]:
    """Booked recalls whose time has come, earliest first, and when the next one's will have.

    Those of this floor's campaigns and of none in particular; those of the room and those of single operators alike.
    """
    mine = {*floor_campaigns, None}
    waiting, next_at = recall.due_and_next(conn, city.id, now)
    due = tuple(
        Candidate(
            campaign_id=call.campaign_id,
            purpose=call.purpose,
            claim_group=call.claim_group,
            addressee_no=call.addressee_no,
            household_id=call.household_id,
            phone_id=call.phone_id,
            e164=call.e164,
            answer_probability=0.8,
            evidence="再コール予約",
            recall_id=call.recall_id,
            operator_id=call.operator_id if now < call.call_at + recall.OWN_GRACE else None,
            reserved=True,
        )
        for call in waiting
        if call.campaign_id in mine and call.e164 is not None
    )
    return due, next_at


def usable(hours: dict[str, Any] | None, now: datetime) -> bool:
    """Whether a number's own hours allow this moment: {"weekdays": [1..7], "from": "HH:MM", "to": "HH:MM"}."""
    if not hours:
        return True
    local = jst(now)
    weekdays = hours.get("weekdays")
    if weekdays and local.isoweekday() not in weekdays:
        return False
    opens = time.fromisoformat(hours["from"]) if hours.get("from") else time.min
    closes = time.fromisoformat(hours["to"]) if hours.get("to") else time.max
    return opens <= local.time() < closes


def closing(city: City, hours: ContactHours | None, now: datetime) -> datetime | None:
    """When today's window of city and campaign closes; None outside of it."""
    local = jst(now)
    windows = [asked.on(local.date(), city.calendar) for asked in (city.settings.contact_hours, hours) if asked]
    closes = []
    for window in windows:
        if window is None or local.time() not in window:
            return None
        closes.append(window.closes)
    return datetime.combine(local.date(), min(closes), JST).astimezone(now.tzinfo)


def hours_ahead(city: City, hours: ContactHours | None, now: datetime) -> list[datetime]:
    """The hours of calling in the week to come, this one first, in which both windows are open at the full hour."""
    found = [now]
    begin = now.replace(minute=0, second=0, microsecond=0)
    asked = [window for window in (city.settings.contact_hours, hours) if window]
    for ahead in range(1, 24 * _DAYS_AHEAD):
        moment = begin + timedelta(hours=ahead)
        if all(window.allow(moment, city.calendar) for window in asked):
            found.append(moment)
    return found


def next_opening(city: City, hours: ContactHours | None, now: datetime) -> datetime:
    """The next moment at which both windows are open; a month ahead if there is none."""
    local = jst(now)
    for ahead in range(_SEARCH_DAYS):
        day = local.date() + timedelta(days=ahead)
        windows = [asked.on(day, city.calendar) for asked in (city.settings.contact_hours, hours) if asked]
        if any(window is None for window in windows):
            continue
        opens = max(window.opens for window in windows if window is not None)
        moment = datetime.combine(day, opens, JST).astimezone(now.tzinfo)
        if moment > now and all(opens in window for window in windows if window is not None):
            return moment
    return now + timedelta(days=_SEARCH_DAYS)

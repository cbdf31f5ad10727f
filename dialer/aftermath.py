"""What a call leaves behind in the room's lists, in the transaction that closes it: record, retry, recall, budget."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from callflow import recall
from callflow.codes import CallResult, Contact, Outcome
from callflow.follow_up import AttemptClose, UnreachedRule, close_calls
from callflow.retry import NextTry, PastTry, TryHistory, after_attempt
from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.db import rows_as_json
from casefile.ids import Ids
from dialer.messages import Candidate, StoreEnded, StoreSkip, StoreWrappedUp
from dialer.supply import CampaignFacts

_HISTORY = timedelta(days=60)
RECALL_AGAIN = timedelta(minutes=5)

_TRIES = """
SELECT a.addressee_no, a.attempt_id, a.purpose, a.intended_at, a.result, a.phone_id, a.counted, a.attempt_no,
       true AS tried
  FROM attempt a
 WHERE a.municipality_id = %(city)s AND a.addressee_no = ANY(%(persons)s::text[]) AND a.channel = 'call'
   AND a.direction = 'outbound' AND a.state = 'ended' AND a.intended_at >= %(since)s AND a.result IS NOT NULL
UNION ALL
SELECT p.addressee_no, NULL, NULL, NULL, NULL, p.phone_id, NULL, NULL, false FROM phone p
 WHERE p.municipality_id = %(city)s AND p.addressee_no = ANY(%(persons)s::text[]) AND p.e164 IS NOT NULL
   AND p.ng_reason IS NULL AND p.dropped_at IS NULL AND p.line_type <> 'barred' AND p.place <> 'work'
 ORDER BY 1, 4, 2, 6
"""
_ENTRIES = """
UPDATE campaign_entry e
   SET attempts = e.attempts + n.tried, next_at = n.next_at, state = n.state, state_reason = n.reason,
       reserved_only = n.reserved_only, changed_at = %(now)s
  FROM jsonb_to_recordset(%(entries)s::jsonb)
       AS n(campaign_id uuid, addressee_no text, tried int, next_at timestamptz, state text, reason text,
            reserved_only boolean)
 WHERE e.municipality_id = %(city)s AND e.campaign_id = n.campaign_id AND e.addressee_no = n.addressee_no
   AND e.campaign_id = ANY(%(campaigns)s) AND e.addressee_no = ANY(%(persons)s) AND e.state <> 'closed'
"""
_BUDGET = """
INSERT INTO pacing_day (municipality_id, campaign_id, day, live_answers, abandoned)
SELECT %(city)s, b.campaign_id, b.day, b.live, b.lost
  FROM unnest(%(campaigns)s::uuid[], %(days)s::date[], %(live)s::int[], %(lost)s::int[])
       AS b(campaign_id, day, live, lost)
ON CONFLICT (municipality_id, campaign_id, day) DO UPDATE
   SET live_answers = pacing_day.live_answers + excluded.live_answers,
       abandoned = pacing_day.abandoned + excluded.abandoned
"""
# Whoever has called back and was the right person needs no call of ours about the same.
_CALLED_BACK = """
UPDATE campaign_entry e
   SET next_at = NULL, state = 'reached', state_reason = %(reason)s, changed_at = %(now)s
  FROM campaign c
 WHERE e.municipality_id = %(city)s AND e.addressee_no = %(person)s AND e.state = 'open'
   AND c.municipality_id = e.municipality_id AND c.campaign_id = e.campaign_id
   AND c.purpose = %(purpose)s AND c.claim_group = %(claim_group)s
"""
_RECORDS = """
SELECT DISTINCT ON (r.attempt_id) r.attempt_id, r.contact, r.outcome, r.addressee_no, r.purpose, r.claim_group
  FROM contact_record r
 WHERE r.municipality_id = %(city)s AND r.attempt_id = ANY(%(attempts)s)
 ORDER BY r.attempt_id, r.recorded_at DESC, r.version DESC
"""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What becomes of one person's place in a campaign's list."""

    campaign_id: UUID
    addressee_no: str
    tried: int
    next_at: datetime | None
    state: str
    reason: str | None
    reserved_only: bool = False


@dataclass(frozen=True, slots=True)
class _Tried:
    """What is known of silent calls, by attempt: the tries before them, and their own number in the campaign."""

    histories: Mapping[UUID, TryHistory]
    numbers: Mapping[UUID, int]


@dataclass(slots=True)
class Aftermath:
    """What the caller needs to know: the changes of lists, people who moved to the SMS queue, and who was on the line.

    `spoken`: by attempt, whether it was the right party.
    """

    entries: list[EntryChange] = field(default_factory=list)
    spoken: dict[UUID, bool] = field(default_factory=dict)
    follow_ups: int = 0

    def earliest(self) -> dict[UUID, datetime]:
        """By campaign, the earliest moment at which somebody is due again."""
        found: dict[UUID, datetime] = {}
        for entry in self.entries:
            if entry.next_at is not None and entry.state == "open":
                other = found.get(entry.campaign_id)
                found[entry.campaign_id] = entry.next_at if other is None else min(other, entry.next_at)
        return found


def follow(
    conn: Connection,
    city: City,
    campaigns: Mapping[UUID, CampaignFacts],
    ended: Sequence[StoreEnded],
    wrapped_up: Sequence[StoreWrappedUp],
    skipped: Sequence[StoreSkip],
    now: datetime,
    ids: Ids,
) -> Aftermath:
    """Write the aftermath of calls whose lines are free, of finished wrap-ups and of skipped cases."""
    after = Aftermath()
    if ended:
        _after_calls(conn, city, campaigns, ended, now, ids, after)
    if wrapped_up:
        _after_talks(conn, city, wrapped_up, after)
    for skip in skipped:
        _after_skip(conn, city, skip, now, after)
    write_entries(conn, city.id, after.entries, now)
    return after


def write_entries(conn: Connection, municipality_id: int, entries: Sequence[EntryChange], now: datetime) -> None:
    """Store changes of campaign lists."""
    if not entries:
        return
    plain = [{name: getattr(entry, name) for name in EntryChange.__slots__} for entry in entries]
    values = {
        "city": municipality_id,
        "now": now,
        "entries": rows_as_json(plain),
        # Beside the rows, so that the list is found by key whatever the planner thinks of the rows.
        "campaigns": list({entry.campaign_id for entry in entries}),
        "persons": list({entry.addressee_no for entry in entries}),
    }
    conn.exec_driver_sql(_ENTRIES, values)


def _after_calls(
    conn: Connection,
    city: City,
    campaigns: Mapping[UUID, CampaignFacts],
    ended: Sequence[StoreEnded],
    now: datetime,
    ids: Ids,
    after: Aftermath,
) -> None:
    silent = [call for call in ended if not call.connected]
    tried = _tried(conn, city, silent)
    closes = [_close_of(call, campaigns, tried) for call in silent if call.result != CallResult.STOPPED_BY_RULE]
    if closes:
        written = close_calls(conn, city, closes, now, ids)
        after.follow_ups = sum(closed.follow_up_id is not None for closed in written)
    histories = tried.histories
    for call in ended:
        campaign_id = call.candidate.campaign_id
        if campaign_id is not None:
            after.entries.append(_entry_of(call, campaign_id, histories.get(call.attempt_id), city))
        if call.candidate.recall_id is not None:
            _settle_recall(conn, city, call, call.candidate.recall_id, now)
    _spend_budget(conn, city, ended)


def _close_of(call: StoreEnded, campaigns: Mapping[UUID, CampaignFacts], tried: _Tried) -> AttemptClose:
    candidate = call.candidate
    facts = campaigns.get(candidate.campaign_id) if candidate.campaign_id else None
    rule = UnreachedRule.from_json(facts.follow_up) if facts and facts.follow_up else None
    return AttemptClose(
        attempt_id=call.attempt_id,
        addressee_no=candidate.addressee_no,
        household_id=candidate.household_id,
        phone_id=candidate.phone_id,
        e164=candidate.e164,
        purpose=candidate.purpose,
        claim_group=candidate.claim_group,
        campaign_id=candidate.campaign_id,
        result=CallResult(call.result),
        started_at=call.handed_at or call.intended_at,
        ended_at=call.at,
        counted=call.counted,
        rule=rule,
        attempt_no=tried.numbers.get(call.attempt_id),
    )


def _entry_of(call: StoreEnded, campaign_id: UUID, history: TryHistory | None, city: City) -> EntryChange:
    """A talk waits for its record; everything else is tried again by the rules, or given up."""
    person = call.candidate.addressee_no
    if call.connected or history is None:
        return EntryChange(campaign_id, person, 1, None, "open", "talk")
    following = after_attempt(CallResult(call.result), history, call.at, city)
    return _change(campaign_id, person, int(call.counted), following, call.result)


def _change(campaign_id: UUID, person: str, tried: int, following: NextTry, reason: str) -> EntryChange:
    state = "unreachable" if following.gives_up else "open"
    return EntryChange(campaign_id, person, tried, following.at, state, reason, following.reserved_only)


def _tried(conn: Connection, city: City, calls: Sequence[StoreEnded]) -> _Tried:
    """The earlier tries of each call's person for the same purpose, how many other numbers there are, and its 架電回次."""
    if not calls:
        return _Tried({}, {})
    persons = sorted({call.candidate.addressee_no for call in calls})
    since = min(call.at for call in calls) - _HISTORY
    tries: dict[str, list[Any]] = defaultdict(list)
    phones: dict[str, list[UUID]] = defaultdict(list)
    numbers: dict[UUID, int] = {}
    for row in conn.exec_driver_sql(_TRIES, {"city": city.id, "persons": persons, "since": since}):
        if row.tried:
            tries[row.addressee_no].append(row)
            numbers[row.attempt_id] = row.attempt_no
        else:
            phones[row.addressee_no].append(row.phone_id)
    return _Tried({call.attempt_id: _history(call, tries, phones) for call in calls}, numbers)


def _history(call: StoreEnded, tries: Mapping[str, list[Any]], phones: Mapping[str, list[UUID]]) -> TryHistory:
    candidate = call.candidate
    past = tuple(
        PastTry(row.intended_at, CallResult(row.result), row.phone_id, row.counted)
        for row in tries.get(candidate.addressee_no, ())
        if row.attempt_id != call.attempt_id and row.purpose == candidate.purpose
    )
    others = sum(phone != candidate.phone_id for phone in phones.get(candidate.addressee_no, ()))
    return TryHistory(past, candidate.phone_id, others)


def _settle_recall(conn: Connection, city: City, call: StoreEnded, recall_id: UUID, now: datetime) -> None:
    if call.connected:
        recall.done(conn, city.id, recall_id, now)
    elif call.result in (CallResult.BUSY, CallResult.CONGESTION, CallResult.STOPPED_BY_RULE):
        recall.put_back(conn, city.id, recall_id, now + RECALL_AGAIN)
    else:
        recall.missed(conn, city.id, recall_id, now)


def _spend_budget(conn: Connection, city: City, ended: Iterable[StoreEnded]) -> None:
    live: Counter[tuple[UUID, Any]] = Counter()
    lost: Counter[tuple[UUID, Any]] = Counter()
    for call in ended:
        if call.candidate.campaign_id is not None and call.person_answered:
            key = (call.candidate.campaign_id, jst_date(call.answered_at or call.at))
            live[key] += 1
            lost[key] += call.abandoned
    if live:
        keys = sorted(live)
        conn.exec_driver_sql(
            _BUDGET,
            {
                "city": city.id,
                "campaigns": [campaign for campaign, _ in keys],
                "days": [day for _, day in keys],
                "live": [live[key] for key in keys],
                "lost": [lost[key] for key in keys],
            },
        )


# -- after a talk ---------------------------------------------------------------------------------------------------


def _after_talks(conn: Connection, city: City, done: Sequence[StoreWrappedUp], after: Aftermath) -> None:
    """Whom we spoke with decides: the right person settles the entry, others leave it open for another day."""
    attempts = [talk.attempt_id for talk in done]
    rows = conn.exec_driver_sql(_RECORDS, {"city": city.id, "attempts": attempts})
    records = {row.attempt_id: row for row in rows}
    for talk in done:
        record = records.get(talk.attempt_id)
        if talk.candidate is None:
            _after_call_back(conn, city, record, talk.at)
            continue
        if record is not None and record.contact is not None:
            after.spoken[talk.attempt_id] = Contact(record.contact).is_right_party
        if (campaign_id := talk.candidate.campaign_id) is not None:
            contact, outcome = (record.contact, record.outcome) if record else (None, None)
            after.entries.append(_entry_after_talk(campaign_id, talk.candidate, contact, outcome, talk.at, city))


def _after_call_back(conn: Connection, city: City, record: Any, at: datetime) -> None:
    if record is None or record.contact is None or record.outcome == Outcome.RECALL:
        return
    if Contact(record.contact).is_right_party:
        about = {name: getattr(record, name) for name in ("purpose", "claim_group")}
        reason = record.outcome or record.contact
        values = {"city": city.id, "person": record.addressee_no, "reason": reason, "now": at, **about}
        conn.exec_driver_sql(_CALLED_BACK, values)


def _entry_after_talk(
    campaign_id: UUID, candidate: Candidate, contact: str | None, outcome: str | None, at: datetime, city: City
) -> EntryChange:
    person = candidate.addressee_no
    if outcome == Outcome.RECALL:
        return EntryChange(campaign_id, person, 0, at_jst(jst_date(at) + timedelta(days=1)), "open", outcome)
    if contact is not None and Contact(contact).is_right_party:
        return EntryChange(campaign_id, person, 0, None, "reached", outcome or contact)
    if outcome == Outcome.DECEASED:
        return EntryChange(campaign_id, person, 0, None, "closed", outcome)
    following = after_attempt(CallResult.ANSWERED, TryHistory((), candidate.phone_id), at, city)
    return _change(campaign_id, person, 0, following, outcome or contact or CallResult.ANSWERED)


def _after_skip(conn: Connection, city: City, skip: StoreSkip, now: datetime, after: Aftermath) -> None:
    """A skipped case waits until the next office day; a skipped recall is missed."""
    tomorrow = at_jst(city.calendar.next_open(jst_date(skip.at)))
    if skip.candidate.campaign_id is not None:
        reason = f"スキップ: {skip.reason}"
        after.entries.append(
            EntryChange(
                skip.candidate.campaign_id,
                skip.candidate.addressee_no,
                0,
                tomorrow,
                "open",
                reason,
                skip.candidate.reserved,
            )
        )
    if skip.candidate.recall_id is not None:
        recall.missed(conn, city.id, skip.candidate.recall_id, now)

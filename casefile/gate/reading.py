"""Reading what the gate decides by: one statement for a batch, whatever its size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
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
    earliest_history,
)
from casefile.gate.request import ContactRequest
from casefile.roles import Right

# Every attempt that may count toward a cap of one of the requests. One branch for each index, so that no plan walks through
# everybody's calls of the month; and not in the words of the indexes of live calls, which keep every call until a vacuum.
_COUNTS = "(intended_at >= %(since)s OR state <> 'ended')"
_ATTEMPTS = f"""
SELECT attempt_id FROM attempt
 WHERE municipality_id = %(city)s AND household_id = ANY(ARRAY(
       SELECT household_id FROM taxpayer WHERE municipality_id = %(city)s AND addressee_no = ANY(%(persons)s))) AND {_COUNTS}
UNION
SELECT attempt_id FROM attempt WHERE municipality_id = %(city)s AND e164 = ANY(%(numbers)s) AND {_COUNTS}
UNION
SELECT attempt_id FROM attempt WHERE municipality_id = %(city)s AND addressee_no = ANY(%(persons)s) AND {_COUNTS}
"""  # noqa: S608  (every part is ours)
# One row for each request, every subquery an index lookup, all of one snapshot: what is committed is what counts. The
# attempts are the same for all requests, and stand in the first row.
_FACTS_AS_READ = f"""
SELECT CASE WHEN r.nr = 0 THEN (
           SELECT jsonb_agg(jsonb_build_array(household_id, addressee_no, e164, channel, direction, live, counted, result,
                                              person_answered, abandoned, intended_at, ended_at)
                            ORDER BY intended_at, attempt_id)
             FROM attempt WHERE municipality_id = %(city)s AND attempt_id = ANY(ARRAY({_ATTEMPTS}))) END,
       t.household_id, t.kind, t.language, t.district_code,
       p.phone_id, p.e164, p.line_type, p.place, p.holder, p.ng_reason, p.dropped_at IS NOT NULL, p.usable_hours,
       (SELECT jsonb_agg(jsonb_build_array(f.flag_code, f.valid_to, l.effect, l.label, EXISTS (
                   SELECT FROM flag_rule k WHERE k.municipality_id = %(city)s AND k.flag_code = f.flag_code))
               ORDER BY f.flag_code, f.valid_from, f.flag_id)
          FROM taxpayer_flag f
          LEFT JOIN flag_rule l ON l.municipality_id = %(city)s AND l.flag_code = f.flag_code
               AND l.channel = r.channel AND l.purpose = r.purpose
         WHERE f.municipality_id = %(city)s AND f.addressee_no = r.addressee_no
           AND f.valid_from <= %(today)s AND (f.valid_to IS NULL OR f.valid_to >= %(today)s)),
       (SELECT jsonb_agg(jsonb_build_array(due_date, demand_notice_date, limitation_date, outstanding_yen)
               ORDER BY arrears_id)
          FROM arrears a
         WHERE a.municipality_id = %(city)s AND a.addressee_no = r.addressee_no
           AND a.claim_group = r.claim_group AND a.outstanding_yen > 0),
       (SELECT min(i.plan_no) FROM instalment_plan i
         WHERE i.municipality_id = %(city)s AND i.addressee_no = r.addressee_no
           AND i.claim_group = r.claim_group AND i.state = 'kept'),
       (SELECT jsonb_build_array(pr.promise_id, pr.judge_on) FROM promise pr
         WHERE pr.municipality_id = %(city)s AND pr.addressee_no = r.addressee_no
           AND pr.claim_group = r.claim_group AND pr.state = 'open'),
       (SELECT jsonb_agg(jsonb_build_array(h.kind, h.until, h.exempt_id) ORDER BY h.since, h.hold_id)
          FROM contact_hold h
         WHERE h.municipality_id = %(city)s AND h.addressee_no = r.addressee_no AND h.released_at IS NULL
           AND h.purpose = r.purpose AND h.claim_group = r.claim_group
           AND h.since <= %(now)s AND (h.until IS NULL OR h.until > %(now)s)),
       (SELECT abandoned FROM attempt
         WHERE municipality_id = %(city)s AND household_id = t.household_id
           AND channel = 'call' AND direction = 'outbound' AND counted
         ORDER BY intended_at DESC, attempt_id DESC LIMIT 1),
       (SELECT count(*) FROM attempt n
         WHERE n.municipality_id = %(city)s AND n.addressee_no = r.addressee_no AND n.channel = r.channel
           AND direction = 'outbound' AND counted AND n.purpose = r.purpose
           AND n.campaign_id IS NOT DISTINCT FROM r.campaign_id),
       r.requested_by IS NOT NULL AND EXISTS (
           SELECT FROM user_role JOIN role o USING (municipality_id, role_code)
            WHERE municipality_id = %(city)s AND user_id = r.requested_by AND o.rights @> %(staff_right)s::jsonb),
       (SELECT max(as_of) FROM import_run WHERE municipality_id = %(city)s AND file_kind = 'receipts'),
       (SELECT jsonb_agg(jsonb_build_array(district_code, started_at, reason) ORDER BY started_at, stop_id)
          FROM contact_stop WHERE municipality_id = %(city)s AND ended_at IS NULL)
  FROM jsonb_to_recordset(%(requests)s::jsonb) AS r(nr int, addressee_no text, phone_id uuid, e164 text, channel text,
       purpose text, claim_group text, campaign_id uuid, requested_by uuid)
  LEFT JOIN taxpayer t ON t.municipality_id = %(city)s AND t.addressee_no = r.addressee_no
  LEFT JOIN LATERAL (
       SELECT * FROM phone q
        WHERE q.municipality_id = %(city)s AND q.addressee_no = r.addressee_no
          AND (q.phone_id = r.phone_id OR (r.phone_id IS NULL AND q.e164 = r.e164))
        ORDER BY q.dropped_at NULLS FIRST, q.position, q.phone_id LIMIT 1) p ON true
 ORDER BY r.nr
"""  # noqa: S608  (the attempts above are ours)
_FACTS = " ".join(_FACTS_AS_READ.split())
"""Without the line breaks, because psycopg remembers only how texts of up to 4,096 characters are parsed."""

_STAFF_RIGHT = json.dumps([Right.COLLECTOR_CASES.value])


def read(
    conn: Connection, city: City, requests: Sequence[ContactRequest], moment: Moment
) -> tuple[list[Facts], History]:
    """The facts of each request, in the order asked, and every attempt that may count toward a cap of one of them."""
    rows = conn.exec_driver_sql(
        _FACTS,
        {
            "city": city.id,
            "today": moment.day,
            "now": moment.now,
            "since": earliest_history(moment),
            "staff_right": _STAFF_RIGHT,
            "persons": sorted({request.addressee_no for request in requests}),
            "numbers": sorted({request.e164 for request in requests if request.e164 is not None}),
            "requests": json.dumps([_asked(nr, request) for nr, request in enumerate(requests)]),
        },
    ).all()
    return [_facts(tuple(row[1:])) for row in rows], History(_past(entry) for entry in rows[0][0] or ())


def _past(entry: list[Any]) -> PastAttempt:
    *told, intended_at, ended_at = entry
    began, ended = datetime.fromisoformat(intended_at), datetime.fromisoformat(ended_at) if ended_at else None
    return PastAttempt._make([*told, began, ended])


def _asked(nr: int, request: ContactRequest) -> dict[str, int | str | None]:
    return {
        "nr": nr,
        "addressee_no": request.addressee_no,
        "phone_id": as_text(request.phone_id),
        "e164": request.e164,
        "channel": request.channel,
        "purpose": request.purpose,
        "claim_group": request.claim_group,
        "campaign_id": as_text(request.campaign_id),
        "requested_by": as_text(request.requested_by),
    }


def as_text(value: UUID | None) -> str | None:
    """A key as it is written in JSON."""
    return None if value is None else str(value)


def _facts(row: tuple[Any, ...]) -> Facts:
    flags, owed, plan_no, promise, holds, abandoned, before, is_staff, receipts_as_of, stops = row[12:]
    return Facts(
        person=PersonFacts(*row[:4]) if row[0] is not None else None,
        phone=PhoneFacts(*row[4:12]) if row[4] is not None else None,
        flags=tuple(_flag(*entry) for entry in flags or ()),
        owed=tuple(_owed(*entry) for entry in owed or ()),
        plan_no=plan_no,
        promise=(UUID(promise[0]), date.fromisoformat(promise[1])) if promise else None,
        holds=tuple(_hold(*entry) for entry in holds or ()),
        stops=tuple(Stop(entry[0], datetime.fromisoformat(entry[1]), entry[2]) for entry in stops or ()),
        receipts_as_of=receipts_as_of,
        last_call_abandoned=bool(abandoned),
        attempts_before=before,
        requester_is_staff=is_staff,
    )


def _flag(code: str, valid_to: str | None, effect: str | None, label: str | None, known: bool) -> ActiveFlag:
    return ActiveFlag(code, _day(valid_to), effect, label or code, known)


def _owed(due: str, notice: str | None, limitation: str | None, yen: int) -> Owed:
    return Owed(date.fromisoformat(due), _day(notice), _day(limitation), yen)


def _hold(kind: str, until: str | None, exempt_id: str | None) -> Hold:
    return Hold(kind, datetime.fromisoformat(until) if until else None, UUID(exempt_id) if exempt_id else None)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

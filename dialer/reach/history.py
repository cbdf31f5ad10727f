"""The reach model's evidence in the attempt ledger, and what is on file of the people called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from callflow.codes import Contact
from casefile.city import City
from casefile.clock import jst_date
from dialer.reach.book import Call, Person, ReachBook

HISTORY_DAYS = 400
"""Older tries tell little of where somebody is at home now."""
PART = timedelta(days=31)
"""So much of history is read at a time."""
LETTER_TAKES_DAYS = 2
"""A letter comes so long after it was sent."""

_CALLS = """
SELECT a.intended_at, a.addressee_no, a.household_id, a.e164, a.result, a.person_answered, c.contact
  FROM attempt a
  LEFT JOIN (
        SELECT DISTINCT ON (r.attempt_id, r.addressee_no) r.attempt_id, r.addressee_no, r.contact
          FROM contact_record r
         WHERE r.municipality_id = %(city)s AND r.attempt_id IS NOT NULL AND r.contact IS NOT NULL
           AND r.started_at >= %(since)s AND r.started_at < %(until)s::timestamptz + interval '1 day'
         ORDER BY r.attempt_id, r.addressee_no, r.recorded_at DESC, r.version DESC
       ) c ON c.attempt_id = a.attempt_id AND c.addressee_no = a.addressee_no
 WHERE a.municipality_id = %(city)s AND a.channel = 'call' AND a.direction = 'outbound' AND a.state = 'ended'
   AND a.counted AND a.result IS NOT NULL AND a.intended_at >= %(since)s AND a.intended_at < %(until)s
   AND a.ended_at <= %(over)s
 ORDER BY a.intended_at, a.attempt_id
"""
_PEOPLE = """
SELECT t.addressee_no, t.kind, extract(year FROM t.birth_date)::int AS birth_year, t.district_code
  FROM taxpayer t
 WHERE t.municipality_id = %(city)s
   AND EXISTS (SELECT 1 FROM phone p WHERE p.municipality_id = t.municipality_id AND p.addressee_no = t.addressee_no)
 ORDER BY t.addressee_no
"""
_NUMBERS = """
SELECT t.household_id, p.addressee_no, p.e164
  FROM phone p
  JOIN taxpayer t ON t.municipality_id = p.municipality_id AND t.addressee_no = p.addressee_no
 WHERE p.municipality_id = %(city)s AND p.e164 IS NOT NULL AND p.dropped_at IS NULL AND p.place <> 'work'
 ORDER BY p.addressee_no, p.position, p.phone_id
"""
# All periods, paid ones too: what somebody owes now would tell who was reached before.
_TAXES = """
SELECT DISTINCT ON (n.addressee_no) n.addressee_no, n.tax_code
  FROM (SELECT addressee_no, tax_code, count(*) AS periods FROM arrears WHERE municipality_id = %(city)s GROUP BY 1, 2) n
 ORDER BY n.addressee_no, n.periods DESC, n.tax_code
"""
_LETTERS = """
SELECT d.addressee_no, l.sent_on
  FROM document d
  JOIN document_lot l ON l.municipality_id = d.municipality_id AND l.lot_no = d.lot_no
 WHERE d.municipality_id = %(city)s AND d.withdrawn_on IS NULL AND l.sent_on >= %(since)s
 ORDER BY d.addressee_no, l.sent_on
"""
_TEXTS = """
SELECT a.e164, a.intended_at
  FROM attempt a
 WHERE a.municipality_id = %(city)s AND a.channel = 'sms' AND a.direction = 'outbound' AND a.state = 'ended'
   AND a.intended_at >= %(since)s
 ORDER BY a.intended_at, a.attempt_id
"""


def read_file(conn: Connection, city: City, book: ReachBook, now: datetime) -> None:
    """Enter what is on file of everybody with a number, and the letters and texts of the last HISTORY_DAYS."""
    since = now - timedelta(days=HISTORY_DAYS)
    book.enter([Person(*row) for row in conn.exec_driver_sql(_PEOPLE, {"city": city.id})])
    book.enter_taxes((row.addressee_no, row.tax_code) for row in conn.exec_driver_sql(_TAXES, {"city": city.id}))
    book.enter_homes(tuple(row) for row in conn.exec_driver_sql(_NUMBERS, {"city": city.id}))
    letters = conn.exec_driver_sql(_LETTERS, {"city": city.id, "since": jst_date(since)})
    book.enter_letters((row.addressee_no, row.sent_on.toordinal() + LETTER_TAKES_DAYS) for row in letters)
    read_texts(conn, city, book, since)


def read_texts(conn: Connection, city: City, book: ReachBook, since: datetime) -> None:
    """Enter the texts sent since."""
    rows = conn.exec_driver_sql(_TEXTS, {"city": city.id, "since": since})
    book.enter_texts((row.e164, row.intended_at) for row in rows)


def parts(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The last HISTORY_DAYS in parts, the oldest first."""
    begin = now - timedelta(days=HISTORY_DAYS)
    while begin < now:
        yield begin, min(begin + PART, now)
        begin += PART


def read_calls(conn: Connection, city: City, since: datetime, until: datetime, over: datetime) -> list[Call]:
    """Calls intended from `since` and before `until`, and over by `over`, in order of time."""
    rows = conn.exec_driver_sql(_CALLS, {"city": city.id, "since": since, "until": until, "over": over})
    return [_call(row) for row in rows]


def _call(row: Any) -> Call:
    right = None if row.contact is None else Contact(row.contact).is_right_party
    return Call(row.intended_at, row.addressee_no, row.household_id, row.e164, row.result, row.person_answered, right)

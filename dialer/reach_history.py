"""Reading the picker's evidence from the attempt ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.clock import jst_date
from dialer.picker import DayKind, HourSlot, ReachBook

HISTORY_DAYS = 400
"""Older tries tell little of where somebody is at home now."""

_TRIES = """
SELECT a.phone_id,
       CASE WHEN (a.intended_at AT TIME ZONE 'Asia/Tokyo')::date = ANY(%(holidays)s)
              OR extract(isodow FROM a.intended_at AT TIME ZONE 'Asia/Tokyo') = 7 THEN 'holiday'
            WHEN extract(isodow FROM a.intended_at AT TIME ZONE 'Asia/Tokyo') = 6 THEN 'saturday'
            ELSE 'weekday' END AS day_kind,
       extract(hour FROM a.intended_at AT TIME ZONE 'Asia/Tokyo')::int AS hour,
       count(*)::int AS tries,
       count(*) FILTER (WHERE a.person_answered)::int AS answers
  FROM attempt a
 WHERE a.municipality_id = %(city)s AND a.channel = 'call' AND a.direction = 'outbound' AND a.state = 'ended'
   AND a.counted AND a.phone_id IS NOT NULL AND a.intended_at >= %(since)s
   AND (%(person)s::text IS NULL OR a.addressee_no = %(person)s)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class PhoneEvidence:
    """「平日18時台 4回中3回応答」 of one number; `slots` best first (I2)."""

    phone_id: UUID
    slots: tuple[tuple[str, int, int], ...]
    sentence: str


def read_book(conn: Connection, city: City, now: datetime, addressee_no: str | None = None) -> ReachBook:
    """The tries of the last HISTORY_DAYS, of everybody or of one person."""
    since = now - timedelta(days=HISTORY_DAYS)
    holidays = _holidays(city.calendar, since, now)
    rows = conn.exec_driver_sql(_TRIES, {"city": city.id, "since": since, "person": addressee_no, "holidays": holidays})
    book = ReachBook()
    for phone_id, day_kind, hour, tries, answers in rows:
        book.add(phone_id, HourSlot(DayKind(day_kind), hour), tries, answers)
    return book


def evidence(conn: Connection, city: City, addressee_no: str, now: datetime) -> list[PhoneEvidence]:
    """When each of a person's numbers was answered; numbers never tried are not listed."""
    book = read_book(conn, city, now, addressee_no)
    found = []
    for phone_id in book.phones():
        slots = tuple((slot.label, tally.tries, tally.answers) for slot, tally, _ in book.best_slots(phone_id))
        sentence = "、".join(f"{label} {tries}回中{answers}回応答" for label, tries, answers in slots)
        found.append(PhoneEvidence(phone_id, slots, sentence))
    return found


def _holidays(calendar: OfficeCalendar, since: datetime, until: datetime) -> list[date]:
    first, last = jst_date(since), jst_date(until)
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return [day for day in days if calendar.is_holiday(day)]

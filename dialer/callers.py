"""Who calls back: found by the number they show, entered in the ledger, and what an operator needs to serve them.

A number is a household's as often as a person's. Where several people have it on file nobody is chosen for the operator:
the caller says who they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from casefile import ledger
from casefile.city import City
from casefile.clock import jst_date
from casefile.roles import Right
from casefile.vocabulary import ClaimGroup, Effect, Purpose
from dialer.messages import Caller, Identify
from dialer.recording_terms import terms_at

COLLECTOR = "collector"
"""The skill of a 徴税吏員, who has it by the right and not by a row."""
_KNOWN_FOR = timedelta(days=90)
"""How long a caller is taken back to the operator who spoke with them."""

_PERSONS = """
SELECT p.addressee_no, t.household_id, t.language, p.phone_id, p.line_type,
       (SELECT array_agg(DISTINCT a.tax_code ORDER BY a.tax_code) FROM arrears a
         WHERE a.municipality_id = %(city)s AND a.addressee_no = p.addressee_no AND a.outstanding_yen > 0) AS taxes,
       EXISTS (SELECT FROM taxpayer_flag f
                 JOIN flag_rule l ON l.municipality_id = %(city)s AND l.flag_code = f.flag_code
                      AND l.channel = 'call' AND l.effect = %(staff)s
                WHERE f.municipality_id = %(city)s AND f.addressee_no = p.addressee_no
                  AND f.valid_from <= %(today)s AND (f.valid_to IS NULL OR f.valid_to >= %(today)s)) AS for_staff
  FROM phone p
  JOIN taxpayer t ON t.municipality_id = p.municipality_id AND t.addressee_no = p.addressee_no
 WHERE p.municipality_id = %(city)s AND p.e164 = %(number)s AND p.dropped_at IS NULL
 ORDER BY p.addressee_no, p.position, p.phone_id
"""
# What we last called about, and who spoke with them last; whichever of the people with this number it was.
_LAST = """
SELECT a.purpose, a.claim_group, a.operator_id, a.connected_at FROM attempt a
 WHERE a.municipality_id = %(city)s AND a.channel = 'call' AND a.intended_at >= %(since)s
   AND (a.e164 = %(number)s OR a.addressee_no = ANY(%(persons)s))
 ORDER BY a.intended_at DESC, a.attempt_id DESC LIMIT 50
"""
_SKILLS = """
SELECT s.operator_id, s.skill FROM operator_skill s WHERE s.municipality_id = %(city)s
UNION
SELECT u.user_id, %(collector)s FROM user_role u
  JOIN role r ON r.municipality_id = u.municipality_id AND r.role_code = u.role_code
 WHERE u.municipality_id = %(city)s AND r.rights @> jsonb_build_array(%(right)s::text)
 ORDER BY 1, 2
"""


def language_skill(language: str) -> str:
    """The skill of whoever speaks it; `language` as ISO 639-1."""
    return f"language:{language}"


def tax_skill(tax_code: str) -> str:
    return f"tax:{tax_code}"


def take_up(
    conn: Connection, city: City, asked: Identify, now: datetime, floor_id: UUID, epoch: int, known: frozenset[str]
) -> Caller | None:
    """Find the caller and enter the call-back in the ledger; None where it is there already. `known`: skills somebody of
    this city has. A skill nobody has is not asked for: such a caller would only wait longer for the same room.
    """
    persons = _persons(conn, city, asked.e164, now)
    caller = _caller(conn, city, asked, persons, now, known)
    entered = ledger.take_inbound(
        conn,
        city.id,
        asked.attempt_id,
        asked.at,
        e164=asked.e164,
        purpose=caller.purpose,
        claim_group=caller.claim_group,
        addressee_no=caller.addressee_no,
        household_id=caller.household_id,
        phone_id=caller.phone_id,
        line_type=persons[0].line_type if persons else None,
        floor_id=floor_id,
        epoch=epoch,
    )
    if not entered:
        return None
    ledger.answered(conn, asked.attempt_id, asked.at, speech_at=asked.at, person=True)
    return caller


def operator_skills(conn: Connection, city: City) -> dict[UUID, frozenset[str]]:
    """What each operator can do beside what everybody can."""
    asked = {"city": city.id, "collector": COLLECTOR, "right": Right.COLLECTOR_CASES.value}
    found: dict[UUID, set[str]] = defaultdict(set)
    for operator_id, skill in conn.exec_driver_sql(_SKILLS, asked):
        found[operator_id].add(skill)
    return {operator_id: frozenset(skills) for operator_id, skills in found.items()}


def _persons(conn: Connection, city: City, e164: str | None, now: datetime) -> list[Any]:
    if e164 is None:
        return []
    asked = {"city": city.id, "number": e164, "today": jst_date(now), "staff": Effect.STAFF.value}
    by_person: dict[str, Any] = {}
    for row in conn.exec_driver_sql(_PERSONS, asked):
        by_person.setdefault(row.addressee_no, row)
    return list(by_person.values())


def _caller(
    conn: Connection, city: City, asked: Identify, persons: Sequence[Any], now: datetime, known: frozenset[str]
) -> Caller:
    last = _last(conn, city, asked.e164, [person.addressee_no for person in persons], now)
    only = persons[0] if len(persons) == 1 else None
    return Caller(
        purpose=last[0].purpose if last else Purpose.DUNNING.value,
        claim_group=last[0].claim_group if last else ClaimGroup.COMPULSORY.value,
        e164=asked.e164,
        addressee_no=only.addressee_no if only else None,
        household_id=only.household_id if only else None,
        phone_id=only.phone_id if only else None,
        persons=len(persons),
        last_operator=next((row.operator_id for row in last if row.connected_at is not None), None),
        skills=_needed(only, city) & known if only else frozenset(),
        recording=terms_at(conn, city, None, asked.at).mode,
    )


def _last(conn: Connection, city: City, e164: str | None, persons: Sequence[str], now: datetime) -> list[Any]:
    if e164 is None:
        return []
    asked = {"city": city.id, "number": e164, "persons": list(persons), "since": now - _KNOWN_FOR}
    return list(conn.exec_driver_sql(_LAST, asked).all())


def _needed(person: Any, city: City) -> frozenset[str]:
    skills = {tax_skill(code) for code in person.taxes or ()}
    if person.language not in city.settings.languages:
        skills.add(language_skill(person.language))
    if person.for_staff:
        skills.add(COLLECTOR)
    return frozenset(skills)

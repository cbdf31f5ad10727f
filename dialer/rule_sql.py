# ruff: noqa: S608 -- every piece of text is our own; values are bound
"""A selection rule as one statement. Every value is bound; the text holds nothing but our own words.

Conditions about debts, calls, promises and records look inside the rule's claim group only (DOMAIN.md §2.6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from callflow.codes import Contact
from casefile.clock import at_jst, jst_date
from casefile.vocabulary import ClaimGroup
from dialer.rule import Rule

_DIALABLE = """p.municipality_id = t.municipality_id AND p.addressee_no = t.addressee_no AND p.e164 IS NOT NULL
           AND p.ng_reason IS NULL AND p.dropped_at IS NULL AND p.line_type <> 'barred' AND p.place <> 'work'"""
_OWED = """
SELECT a.addressee_no, sum(a.outstanding_yen)::bigint AS yen, count(*) AS periods, min(a.due_date) AS oldest
  FROM arrears a
 WHERE a.municipality_id = %(city)s AND a.claim_group = %(claim_group)s AND a.outstanding_yen > 0{narrower}
 GROUP BY a.addressee_no
"""
_PEOPLE = """
SELECT t.addressee_no, t.household_id, {yen} AS yen,
       EXISTS (SELECT 1 FROM phone p WHERE {dialable}) AS has_phone
  FROM taxpayer t{owed}
 WHERE t.municipality_id = %(city)s{conditions}
"""
# The newest version of a record is the one that counts.
_NEWEST_VERSION = """NOT EXISTS (SELECT 1 FROM contact_record v WHERE v.municipality_id = r.municipality_id
                AND v.record_id = r.record_id AND v.version > r.version)"""
_RECORD = f"""r.municipality_id = t.municipality_id AND r.addressee_no = t.addressee_no AND r.purpose = %(purpose)s
           AND r.claim_group = %(claim_group)s AND {_NEWEST_VERSION}"""
_PROMISE = """m.municipality_id = t.municipality_id AND m.addressee_no = t.addressee_no
           AND m.claim_group = %(claim_group)s"""
_FLAG = """f.municipality_id = t.municipality_id AND f.addressee_no = t.addressee_no AND f.valid_from <= %(today)s
           AND (f.valid_to IS NULL OR f.valid_to >= %(today)s)"""
_RETURNED = """SELECT 1 FROM document d JOIN document_lot l ON l.municipality_id = d.municipality_id AND l.lot_no = d.lot_no
         WHERE d.municipality_id = t.municipality_id AND d.addressee_no = t.addressee_no
           AND l.claim_group = %(claim_group)s AND d.returned_on IS NOT NULL"""
_UNANSWERED_LOT = f"""SELECT 1 FROM document d JOIN document_lot l ON l.municipality_id = d.municipality_id AND l.lot_no = d.lot_no
         WHERE d.municipality_id = t.municipality_id AND d.addressee_no = t.addressee_no AND d.lot_no = %(lot_no)s
           AND l.claim_group = %(claim_group)s AND d.withdrawn_on IS NULL AND l.sent_on <= %(lot_before)s
           AND NOT EXISTS (
               SELECT 1 FROM receipt c JOIN tax_item i ON i.municipality_id = c.municipality_id AND i.tax_code = c.tax_code
                WHERE c.municipality_id = d.municipality_id AND c.addressee_no = d.addressee_no
                  AND i.claim_group = %(claim_group)s AND c.received_on >= l.sent_on AND c.cancelled_on IS NULL)
           AND NOT EXISTS (
               SELECT 1 FROM contact_record r
                WHERE {_RECORD} AND r.started_at >= (l.sent_on::timestamp AT TIME ZONE 'Asia/Tokyo')
                  AND (r.direction IN ('inbound', 'counter', 'visit') OR r.contact = ANY(%(contacts)s)))"""


@dataclass(frozen=True, slots=True)
class Found:
    """A statement that gives addressee_no, household_id, yen and has_phone of everybody the rule finds."""

    sql: str
    values: dict[str, Any]


def found_by(rule: Rule, municipality_id: int, now: datetime) -> Found:
    """The statement for a rule at a moment; ages and delays count from the Japanese day of `now`."""
    today = jst_date(now)
    values: dict[str, Any] = {
        "city": municipality_id,
        "claim_group": rule.claim_group.value,
        "purpose": rule.purpose.value,
        "today": today,
        "contacts": [contact.value for contact in Contact if contact.is_contact],
    }
    conditions = [clause for write in _CLAUSES for clause in write(rule, today, values)]
    owed, yen = _owed(rule, values)
    sql = _PEOPLE.format(
        yen=yen, dialable=_DIALABLE, owed=owed, conditions="".join(f"\n   AND {clause}" for clause in conditions)
    )
    return Found(sql, values)


def _owed(rule: Rule, values: dict[str, Any]) -> tuple[str, str]:
    if rule.claim_group is ClaimGroup.NONE:
        return "", "0::bigint"
    narrower = ""
    if rule.tax_codes:
        narrower += " AND a.tax_code = ANY(%(tax_codes)s)"
        values["tax_codes"] = list(rule.tax_codes)
    if rule.categories:
        narrower += " AND a.category = ANY(%(categories)s)"
        values["categories"] = [category.value for category in rule.categories]
    return f"\n  JOIN ({_OWED.format(narrower=narrower)}) AS o ON o.addressee_no = t.addressee_no", "o.yen"


Clauses = list[str]


def _debts(rule: Rule, today: date, values: dict[str, Any]) -> Clauses:
    clauses = []
    bounds = (
        ("o.yen >= ", "yen_min", rule.yen_min),
        ("o.yen <= ", "yen_max", rule.yen_max),
        ("o.periods >= ", "periods_min", rule.periods_min),
        ("o.periods <= ", "periods_max", rule.periods_max),
        ("o.oldest <= ", "due_until", _days_ago(today, rule.delinquent_days_min)),
        ("o.oldest >= ", "due_from", _days_ago(today, rule.delinquent_days_max)),
    )
    for text, name, bound in bounds:
        if bound is not None:
            clauses.append(f"{text}%({name})s")
            values[name] = bound
    return clauses


def _person(rule: Rule, today: date, values: dict[str, Any]) -> Clauses:
    clauses = []
    lists = (
        ("t.district_code", "districts", rule.districts),
        ("t.language", "languages", rule.languages),
        ("t.addressee_no", "addressee_nos", rule.addressee_nos),
    )
    for column, name, wanted in lists:
        if wanted:
            clauses.append(f"{column} = ANY(%({name})s)")
            values[name] = list(wanted)
    if rule.outside_city is not None:
        clauses.append("t.outside_city = %(outside_city)s")
        values["outside_city"] = rule.outside_city
    if rule.kind is not None:
        clauses.append("t.kind = %(kind)s")
        values["kind"] = rule.kind.value
    if rule.age_min is not None:
        clauses.append("t.birth_date <= %(born_until)s")
        values["born_until"] = _years_before(today, rule.age_min)
    if rule.age_max is not None:
        clauses.append("t.birth_date > %(born_after)s")
        values["born_after"] = _years_before(today, rule.age_max + 1)
    return clauses


def _phones(rule: Rule, _: date, __: dict[str, Any]) -> Clauses:
    clauses = []
    for wanted, line in ((rule.has_mobile, "mobile"), (rule.has_landline, "landline")):
        if wanted is not None:
            found = f"EXISTS (SELECT 1 FROM phone p WHERE {_DIALABLE} AND p.line_type = '{line}')"
            clauses.append(found if wanted else f"NOT {found}")
    return clauses


def _contacts(rule: Rule, today: date, values: dict[str, Any]) -> Clauses:
    clauses = []
    if rule.months_without_contact is not None:
        values["silent_since"] = at_jst(_months_before(today, rule.months_without_contact))
        clauses.append(
            f"NOT EXISTS (SELECT 1 FROM contact_record r WHERE {_RECORD}"
            " AND r.contact = ANY(%(contacts)s) AND r.started_at >= %(silent_since)s)"
        )
    if rule.last_results:
        values["last_results"] = list(rule.last_results)
        clauses.append(
            "(SELECT k.result FROM attempt k WHERE k.municipality_id = t.municipality_id"
            " AND k.addressee_no = t.addressee_no AND k.channel = 'call' AND k.direction = 'outbound'"
            " AND k.state = 'ended' AND k.purpose = %(purpose)s AND k.claim_group = %(claim_group)s"
            " ORDER BY k.intended_at DESC, k.attempt_id DESC LIMIT 1) = ANY(%(last_results)s)"
        )
    if rule.last_outcomes:
        values["last_outcomes"] = list(rule.last_outcomes)
        clauses.append(
            f"(SELECT r.outcome FROM contact_record r WHERE {_RECORD} AND r.outcome IS NOT NULL"
            " ORDER BY r.started_at DESC, r.record_id DESC LIMIT 1) = ANY(%(last_outcomes)s)"
        )
    return clauses


def _promises(rule: Rule, _: date, __: dict[str, Any]) -> Clauses:
    if rule.promise_broken is None:
        return []
    broken = (
        f"COALESCE((SELECT m.state IN ('broken', 'partly') FROM promise m WHERE {_PROMISE}"
        " AND m.state NOT IN ('cancelled', 'superseded') ORDER BY m.made_at DESC, m.promise_id DESC LIMIT 1), false)"
    )
    return [broken if rule.promise_broken else f"NOT {broken}"]


def _documents(rule: Rule, today: date, values: dict[str, Any]) -> Clauses:
    clauses = []
    if rule.lot_no is not None and rule.lot_days is not None:
        values["lot_no"] = rule.lot_no
        values["lot_before"] = today - timedelta(days=rule.lot_days)
        clauses.append(f"EXISTS ({_UNANSWERED_LOT})")
    if rule.mail_returned is not None:
        clauses.append(f"{'' if rule.mail_returned else 'NOT '}EXISTS ({_RETURNED})")
    return clauses


def _flags(rule: Rule, _: date, values: dict[str, Any]) -> Clauses:
    clauses = []
    for name, codes, word in (("with_flags", rule.with_flags, ""), ("without_flags", rule.without_flags, "NOT ")):
        if codes:
            values[name] = list(codes)
            clauses.append(
                f"{word}EXISTS (SELECT 1 FROM taxpayer_flag f WHERE {_FLAG} AND f.flag_code = ANY(%({name})s))"
            )
    return clauses


_CLAUSES: tuple[Callable[[Rule, date, dict[str, Any]], Clauses], ...] = (
    _debts,
    _person,
    _phones,
    _contacts,
    _promises,
    _documents,
    _flags,
)


def _days_ago(today: date, days: int | None) -> date | None:
    return None if days is None else today - timedelta(days=days)


def _years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February becomes the 28th (民法143)."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _months_before(day: date, months: int) -> date:
    """The same day `months` earlier, or the last day of a shorter month."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    return min(first + timedelta(days=day.day - 1), next_month - timedelta(days=1))

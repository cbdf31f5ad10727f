"""A city of just enough people for measuring: each one a household, a mobile number, one arrears and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from casefile.city import load_city
from casefile.clock import at_jst
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import Ids, stable_id
from casefile.tables import Arrears, Household, ImportRun, Phone, TaxItem, Taxpayer, UserAccount
from casefile.vocabulary import ClaimGroup, Purpose
from dialer import campaigns, selection
from dialer.campaigns import Draft
from dialer.rule import Rule

MUNICIPALITY = 119995
DAY = date(2026, 10, 5)
FLOOR = stable_id("bench", "floor")
OWNER = stable_id("bench", "owner")
_CHUNK = 2000


def operators(count: int) -> list[UUID]:
    """The people of the floor, the same ones in every run."""
    return [stable_id("bench", "operator", number) for number in range(count)]


def login_of(number: int) -> str:
    """The sign-in name of an operator by place in `operators`."""
    return f"bench{number}"


def found_trial_city(
    conn: Connection, people: int, operators: list[UUID], now: datetime, ids: Ids, **campaign: Any
) -> None:
    """Municipality, people, floor and one running campaign with everybody on its list, in the caller's transaction.

    `campaign`: fields of its `Draft`.
    """
    profile = MunicipalityProfile(MUNICIPALITY, "測定市", "ソクテイシ", "測定県", "納税課", "03", "+81300003333")
    found_municipality(conn, profile, now, ids)
    _write_city(conn, people)
    _write_users(conn, operators, now)
    campaigns.open_floor(conn, MUNICIPALITY, FLOOR, "測定")
    city = load_city(conn, MUNICIPALITY)
    rule = Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY)
    draft = Draft("測定", rule, OWNER, FLOOR, **campaign)
    campaign_id = campaigns.create(conn, city, draft, now, ids)
    selection.freeze(conn, city, campaign_id, now)
    campaigns.start(conn, MUNICIPALITY, campaign_id, now)


def _write_city(conn: Connection, people: int) -> None:
    now = at_jst(DAY)
    conn.execute(
        insert(TaxItem),
        {
            "municipality_id": MUNICIPALITY,
            "tax_code": "01",
            "name": "市県民税",
            "short_name": "市県民税",
            "claim_class": "local_tax",
            "claim_group": "compulsory",
            "limitation_years": 5,
            "interest_rule": "local_tax",
            "interest_terms": {},
        },
    )
    conn.execute(
        insert(ImportRun),
        {
            "municipality_id": MUNICIPALITY,
            "import_id": stable_id("bench", "receipts"),
            "file_kind": "receipts",
            "file_name": "receipts.csv",
            "sha256": "0",
            "encoding": "utf-8",
            "extent": "all",
            "as_of": DAY,
            "row_count": 0,
            "amount_yen": 0,
            "inserted": 0,
            "changed": 0,
            "unchanged": 0,
            "closed": 0,
            "rejected": 0,
            "detail": {},
            "applied_at": now,
            "applied_by": None,
        },
    )
    for first in range(0, people, _CHUNK):
        numbers = range(first, min(first + _CHUNK, people))
        for model, row in ((Household, _household), (Taxpayer, _taxpayer), (Phone, _phone), (Arrears, _arrears)):
            conn.execute(insert(model), [{"municipality_id": MUNICIPALITY} | row(number) for number in numbers])


def _household(number: int) -> dict[str, Any]:
    return {"household_id": f"H{number:08d}", "kind": "resident", "head_addressee_no": None, "import_id": None}


def _taxpayer(number: int) -> dict[str, Any]:
    return {
        "addressee_no": f"{number:08d}",
        "kind": "person",
        "name": f"測定{number}",
        "name_kana": "ソクテイ",
        "kana_key": "そくてい",
        "address": "測定市1",
        "outside_city": False,
        "household_id": f"H{number:08d}",
        "language": "ja",
        "whereabouts": "known",
        "as_of": DAY,
    }


def _phone(number: int) -> dict[str, Any]:
    return {
        "phone_id": stable_id("bench", "phone", number),
        "addressee_no": f"{number:08d}",
        "position": 1,
        "raw": f"0900{number:07d}",
        "raw_digits": f"0900{number:07d}",
        "e164": f"+81900{number:07d}",
        "line_type": "mobile",
        "place": "mobile",
        "holder": "self",
        "source": "import",
        "as_of": DAY,
    }


def _arrears(number: int) -> dict[str, Any]:
    return {
        "addressee_no": f"{number:08d}",
        "tax_code": "01",
        "claim_group": "compulsory",
        "levy_year": 2026,
        "assessed_year": 2026,
        "period": 1,
        "notice_no": "",
        "category": "current",
        "assessed_yen": 30000,
        "unpaid_yen": 30000,
        "provisional_paid_yen": 0,
        "demand_fee_yen": 0,
        "interest_yen": 0,
        "interest_base_yen": 30000,
        "due_date": date(2026, 6, 30),
        "demand_notice_date": date(2026, 7, 17),
        "as_of": DAY,
    }


def _write_users(conn: Connection, operators: list[UUID], now: datetime) -> None:
    conn.execute(
        insert(UserAccount),
        [
            {
                "municipality_id": MUNICIPALITY,
                "user_id": user_id,
                "login": login_of(number),
                "display_name": f"測定{number}",
                "password_hash": "-",
                "active": True,
                "session_key": str(user_id),
                "failed_count": 0,
                "locked_until": None,
                "password_changed_at": now,
                "created_at": now,
            }
            for number, user_id in enumerate([*operators, OWNER])
        ],
    )

"""Persons, phones, debts and everything else the gate looks at, written in one line each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, insert

from casefile.clock import at_jst, jst_date
from casefile.gate import ContactRequest
from casefile.tables import (
    Arrears,
    ContactHold,
    District,
    Household,
    ImportRun,
    InstalmentPlan,
    Phone,
    Promise,
    TaxItem,
    Taxpayer,
    TaxpayerFlag,
)

_SPACE = UUID("0d9cf2c9-0c4d-5d5d-9d6a-5a8a3a1c7e00")
TAX = "01"
FEE = "91"
"""A local tax and a private claim: the two sides of the wall (I35)."""


def key(*parts: object) -> UUID:
    """The same UUID for the same words."""
    return uuid5(_SPACE, "/".join(map(str, parts)))


def mobile(nr: int) -> str:
    """A synthetic mobile number, 090-0NNN-NNNN."""
    return f"+81900{nr:07d}"


def landline(nr: int) -> str:
    """A synthetic number of the form 03-0NNN-NNNN."""
    return f"+8130{nr:07d}"


@dataclass
class People:
    """Writes rows for one municipality; every default makes a person whom 催告 may call at a usual hour."""

    conn: Connection
    municipality_id: int
    as_of: date
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def city_data(self, receipts_as_of: date | None = None) -> None:
        """One tax, one fee, two districts and fresh receipts."""
        for code, name, claim_class, group in (
            (TAX, "市県民税", "local_tax", "compulsory"),
            (FEE, "学校給食費", "private", "ordinary"),
        ):
            self._insert(
                TaxItem,
                tax_code=code,
                name=name,
                short_name=name,
                claim_class=claim_class,
                claim_group=group,
                limitation_years=5,
                interest_rule="local_tax",
                interest_terms={},
            )
        for code in ("D1", "D2"):
            self._insert(District, district_code=code, branch="", area="", town=code, source="試験")
        self.receipts(receipts_as_of or self.as_of)

    def receipts(self, as_of: date) -> None:
        """A receipts file applied that morning."""
        self.imported("receipts", at_jst(as_of))

    def imported(self, kind: str, applied_at: datetime) -> None:
        """A file of this kind was applied."""
        as_of = jst_date(applied_at)
        self._insert(
            ImportRun,
            import_id=key(kind, applied_at),
            file_kind=kind,
            file_name=f"{kind}.csv",
            sha256=str(key(kind, applied_at)),
            encoding="utf-8",
            extent="all",
            as_of=as_of,
            row_count=0,
            inserted=0,
            changed=0,
            unchanged=0,
            closed=0,
            rejected=0,
            detail={},
            applied_at=applied_at,
        )

    def person(self, no: str, household: str | None = None, **changes: Any) -> str:
        """A person with a household of his own unless one is named; give a name that exists to join it."""
        if household is None:
            household = f"S-{no}"
            self.household(household)
        values = {
            "kind": "person",
            "name": f"試験 {no}",
            "name_kana": "シケン",
            "kana_key": "しけん",
            "address": "試験市1",
            "district_code": "D1",
            "outside_city": False,
            "household_id": household,
            "language": "ja",
            "whereabouts": "known",
            "as_of": self.as_of,
        }
        self._insert(Taxpayer, addressee_no=no, **(values | changes))
        return no

    def household(self, household_id: str, kind: str = "single") -> str:
        self._insert(Household, household_id=household_id, kind=kind)
        return household_id

    def phone(self, no: str, e164: str | None, **changes: Any) -> UUID:
        line_type = "mobile" if e164 and e164.startswith("+8190") else "landline"
        values = {
            "phone_id": key("phone", no, e164),
            "position": next(self._numbers),
            "raw": e164 or "不明",
            "raw_digits": e164 or "不明",
            "e164": e164,
            "line_type": line_type,
            "place": "mobile" if line_type == "mobile" else "home",
            "holder": "self",
            "source": "import",
            "as_of": self.as_of,
        } | changes
        self._insert(Phone, addressee_no=no, **values)
        phone_id = values["phone_id"]
        assert isinstance(phone_id, UUID)
        return phone_id

    def owes(self, no: str, yen: int = 30000, **changes: Any) -> None:
        values = {
            "tax_code": TAX,
            "claim_group": "compulsory",
            "levy_year": 2026,
            "assessed_year": 2026,
            "period": next(self._numbers),
            "notice_no": "",
            "category": "current",
            "assessed_yen": yen,
            "unpaid_yen": yen,
            "provisional_paid_yen": 0,
            "demand_fee_yen": 0,
            "interest_yen": 0,
            "interest_base_yen": yen,
            "due_date": date(2026, 6, 30),
            "demand_notice_date": date(2026, 7, 17),
            "as_of": self.as_of,
        }
        self._insert(Arrears, addressee_no=no, **(values | changes))

    def debtor(self, no: str, e164: str, household: str | None = None) -> ContactRequest:
        """A person with one phone and one debt, and the request to call."""
        self.person(no, household)
        self.phone(no, e164)
        self.owes(no)
        return call(no, e164)

    def flag(self, no: str, code: str, **changes: Any) -> None:
        values = {
            "flag_id": key("flag", no, code, next(self._numbers)),
            "flag_code": code,
            "valid_from": date(2026, 1, 1),
            "source": "import",
            "set_at": at_jst(date(2026, 1, 1)),
            "as_of": self.as_of,
        }
        self._insert(TaxpayerFlag, addressee_no=no, **(values | changes))

    def hold(self, no: str, kind: str, since: datetime, **changes: Any) -> None:
        values = {"hold_id": key("hold", no, kind), "purpose": "dunning", "claim_group": "compulsory"}
        self._insert(ContactHold, addressee_no=no, kind=kind, since=since, **(values | changes))

    def promise(self, no: str, made_on: date, due_on: date, judge_on: date, **changes: Any) -> UUID:
        promise_id = key("promise", no, made_on)
        values = {
            "promise_id": promise_id,
            "claim_group": "compulsory",
            "made_on": made_on,
            "made_at": at_jst(made_on),
            "promised_yen": 10000,
            "last_due_on": due_on,
            "judge_on": judge_on,
            "state": "open",
            "paid_yen": 0,
            "source": "room",
        }
        self._insert(Promise, addressee_no=no, **(values | changes))
        return promise_id

    def plan(self, no: str, state: str = "kept", claim_group: str = "compulsory") -> None:
        self._insert(
            InstalmentPlan,
            plan_no=f"P-{no}",
            addressee_no=no,
            claim_group=claim_group,
            pledged_on=date(2026, 7, 1),
            pledged_yen=10000,
            state=state,
            as_of=self.as_of,
        )

    def _insert(self, table: Any, **values: Any) -> None:
        self.conn.execute(insert(table).values(municipality_id=self.municipality_id, **values))


def call(no: str, e164: str | None, **changes: Any) -> ContactRequest:
    """A request of the dialer to call for 催告 in 地方税."""
    request = ContactRequest(
        request_id=key("request", no, e164),
        addressee_no=no,
        phone_id=key("phone", no, e164),
        e164=e164,
        channel="call",
        purpose="dunning",
        claim_group="compulsory",
        campaign_id=None,
        mode="auto",
    )
    return replace(request, **changes)


def text(no: str, e164: str | None, **changes: Any) -> ContactRequest:
    """A request to text the same."""
    return call(no, e164, **({"channel": "sms", "mode": "sms"} | changes))

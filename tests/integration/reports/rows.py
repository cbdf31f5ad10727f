"""A few days of a small city, written as the rooms write them: decision, intent, end; record; promise; receipt."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, update

from callflow.tables import FollowUp, Recall
from casefile.clock import VirtualClock, at_jst
from casefile.db import Base
from casefile.ids import TimeOrderedIds
from casefile.tables import (
    Arrears,
    Attempt,
    ContactRecord,
    District,
    Document,
    DocumentLot,
    GateDecision,
    Household,
    LevyTotal,
    Phone,
    Promise,
    PromisePart,
    PromiseTarget,
    Receipt,
    TaxItem,
    Taxpayer,
    TaxpayerFlag,
)
from sms.tables import Message

FILE_DAY = date(2026, 7, 1)
DUE = date(2026, 5, 31)


@dataclass
class SmallCity:
    """Writes rows of one municipality."""

    conn: Connection
    municipality_id: int

    def __post_init__(self) -> None:
        self.ids = TimeOrderedIds(VirtualClock(at_jst(FILE_DAY)).now, random.Random(1))
        self.arrears: dict[str, int] = {}
        self.phones: dict[str, tuple[UUID, str]] = {}
        self.homes: dict[str, str] = {}

    def add(self, table: type[Base], **values: Any) -> None:
        self.conn.execute(insert(table).values(municipality_id=self.municipality_id, **values))

    def taxes_and_districts(self) -> None:
        self.add(
            TaxItem, tax_code="11", name="市県民税", short_name="市県民", claim_class="local_tax",
            claim_group="compulsory", limitation_years=5, interest_rule="tax", interest_terms={},
        )  # fmt: skip
        for code, branch, area, town in (
            ("01", "本庁", "中央", "中央一丁目"), ("02", "本庁", "中央", "中央二丁目"), ("03", "東", "東", "東一丁目"),
        ):  # fmt: skip
            self.add(District, district_code=code, branch=branch, area=area, town=town, source="試験")
        for month, levied, received in ((6, 1000, 300), (7, 0, 200), (13, 0, 50)):
            self.add(
                LevyTotal, fiscal_year=2026, tax_code="11", period=1, category="current", month=month,
                levied_yen=levied, received_yen=received, refund_due_yen=1, written_off_yen=0, as_of=FILE_DAY,
            )  # fmt: skip

    def person(
        self, name: str, yen: int, *, district: str | None = "01", outside: bool = False, household: str | None = None
    ) -> None:
        """Somebody who owes one overdue period, with a mobile number."""
        home = household or f"H-{name}"
        if household is None or name == household.removeprefix("H-"):
            self.add(Household, household_id=home, kind="resident")
        self.add(
            Taxpayer, addressee_no=name, kind="person", name="試験", name_kana="シケン", kana_key="シケン", address="",
            district_code=district, outside_city=outside, household_id=home, language="ja", whereabouts="known",
            as_of=FILE_DAY,
        )  # fmt: skip
        number = f"+81900000{len(self.phones) + 1:05}"
        phone_id = self.ids.new()
        self.phones[name] = (phone_id, number)
        self.homes[name] = home
        self.add(
            Phone, phone_id=phone_id, addressee_no=name, position=1, raw=number, raw_digits=number, e164=number,
            line_type="mobile", place="mobile", holder="self", source="import", as_of=FILE_DAY,
        )  # fmt: skip
        self.arrears[name] = len(self.arrears) + 1
        self.add(
            Arrears, arrears_id=self.arrears[name], addressee_no=name, tax_code="11", claim_group="compulsory",
            levy_year=2026, assessed_year=2026, period=1, notice_no="", category="current", assessed_yen=yen,
            unpaid_yen=yen, provisional_paid_yen=0, demand_fee_yen=0, interest_yen=0, interest_base_yen=yen,
            due_date=DUE, demand_notice_date=DUE + timedelta(days=20), as_of=FILE_DAY,
        )  # fmt: skip

    def call(
        self, name: str, at: datetime, result: str, *, talk: int | None = None,
        live: bool = False, abandoned: bool = False, line: str = "mobile", nth: int = 1,
    ) -> UUID:  # fmt: skip
        """An outbound call from its decision to its end. `talk` seconds: an operator was joined."""
        number, home = self.ids.new(), self.homes[name]
        phone_id, e164 = self.phones[name]
        common: dict[str, Any] = {
            "channel": "call", "purpose": "dunning", "claim_group": "compulsory", "addressee_no": name,
            "household_id": home, "phone_id": phone_id, "e164": e164,
        }  # fmt: skip
        self.add(
            GateDecision, decision_id=number, allowed=True, reasons=[], detail={}, mode="auto", decided_at=at, **common
        )
        self.add(
            Attempt, attempt_id=number, direction="outbound", line_type=line, decision_id=number, gate_allowed=True,
            attempt_no=nth, mode="auto", state="intended", live=True, counted=True, intended_at=at,
            person_answered=False, abandoned=False, **common,
        )  # fmt: skip
        heard = at + timedelta(seconds=10)
        joined = heard + timedelta(seconds=1) if talk is not None else None
        ended = heard + timedelta(seconds=talk + 1 if talk is not None else 5)
        self.conn.execute(
            update(Attempt)
            .where(Attempt.attempt_id == number)
            .values(
                state="ended",
                live=False,
                result=result,
                counted=result != "12",
                handed_at=at,
                ended_at=ended,
                answered_at=heard if live or talk is not None else None,
                speech_at=heard if live or talk is not None else None,
                person_answered=live or talk is not None,
                connected_at=joined,
                abandoned=abandoned,
                wrapped_up_at=ended + timedelta(seconds=30) if talk is not None else None,
            )
        )
        return number

    def record(
        self, name: str, at: datetime, contact: str | None, attempt: UUID | None = None, *, record_id: UUID | None = None,
        version: int = 1, direction: str = "outbound", recorded_at: datetime | None = None,
    ) -> UUID:  # fmt: skip
        number = record_id or self.ids.new()
        self.add(
            ContactRecord, record_id=number, version=version, addressee_no=name, household_id=self.homes[name],
            purpose="dunning", claim_group="compulsory", direction=direction, started_at=at, attempt_id=attempt,
            result="01", contact=contact, identity_items=[], remarks="", complaint=False, recorded_at=recorded_at or at,
            correction_reason="誤り" if version > 1 else None,
        )  # fmt: skip
        return number

    def promise(self, name: str, at: datetime, yen: int, due: date, judge_on: date, attempt: UUID | None) -> UUID:
        number = self.ids.new()
        day = at.date()
        self.add(
            Promise, promise_id=number, addressee_no=name, claim_group="compulsory", made_on=day, made_at=at,
            promised_yen=yen, last_due_on=due, judge_on=judge_on, state="open", paid_yen=0, attempt_id=attempt,
            source="room",
        )  # fmt: skip
        self.add(
            PromisePart, promise_id=number, part_no=1, due_on=due, judge_on=judge_on, promised_yen=yen, paid_yen=0,
            state="open",
        )  # fmt: skip
        self.add(PromiseTarget, promise_id=number, arrears_id=self.arrears[name])
        return number

    def receipt(self, number: str, name: str, day: date, yen: int, *, method: str = "bank", **more: Any) -> None:
        """A 確報 loaded two days after the payment."""
        values: dict[str, Any] = {
            "receipt_no": number, "arrears_id": self.arrears[name], "addressee_no": name, "tax_code": "11",
            "levy_year": 2026, "assessed_year": 2026, "period": 1, "notice_no": "", "received_on": day,
            "posted_on": None, "principal_yen": yen, "interest_yen": 0, "demand_fee_yen": 0, "stage": "final",
            "method": method, "fiscal_year": 2026, "as_of": day + timedelta(days=1),
            "loaded_at": at_jst(day + timedelta(days=2), 6),
        }  # fmt: skip
        self.add(Receipt, **(values | more))

    def lot(self, number: str, sent_on: date, persons: dict[str, dict[str, Any]]) -> None:
        self.add(
            DocumentLot, lot_no=number, kind="reminder", sent_on=sent_on, wording="=A案", purpose="dunning",
            claim_group="compulsory", unit_cost_yen=110, as_of=sent_on,
        )  # fmt: skip
        for name, more in persons.items():
            self.add(Document, lot_no=number, document_no=name, addressee_no=name, target_yen=10_000, **more)

    def delivered_text(self, name: str, at: datetime) -> None:
        """A text that arrived, with the follow-up it came from."""
        follow_up = self.follow_up(name, at - timedelta(hours=2), None)
        decision = self.ids.new()
        phone_id, e164 = self.phones[name]
        common: dict[str, Any] = {
            "channel": "sms", "purpose": "dunning", "claim_group": "compulsory", "addressee_no": name,
            "household_id": self.homes[name], "phone_id": phone_id, "e164": e164,
        }  # fmt: skip
        self.add(
            GateDecision, decision_id=decision, allowed=True, reasons=[], detail={}, mode="sms", decided_at=at, **common
        )
        self.add(
            Attempt, attempt_id=decision, direction="outbound", decision_id=decision, gate_allowed=True, attempt_no=1,
            mode="sms", state="intended", live=True, counted=True, intended_at=at, person_answered=False,
            abandoned=False, **common,
        )  # fmt: skip
        message = self.ids.new()
        self.add(
            Message, message_id=message, follow_up_id=follow_up, addressee_no=name, e164=e164, state="scheduled",
            due_at=at, changed_at=at,
        )  # fmt: skip
        for step in (
            {"state": "sending", "attempt_id": decision, "sent_at": at},
            {"state": "sent"},
            {"state": "delivered", "delivered_at": at},
        ):
            self.conn.execute(update(Message).where(Message.message_id == message).values(**step))
        self.conn.execute(
            update(Attempt)
            .where(Attempt.attempt_id == decision)
            .values(state="ended", live=False, handed_at=at, ended_at=at)
        )

    def follow_up(self, name: str, at: datetime, attempt: UUID | None) -> UUID:
        number = self.ids.new()
        self.add(
            FollowUp, follow_up_id=number, channel="sms", purpose="dunning", claim_group="compulsory",
            addressee_no=name, trigger="unreached", occasion=str(number), attempt_id=attempt, due_at=at,
            state="waiting", created_at=at,
        )  # fmt: skip
        return number

    def recall(self, name: str, at: datetime, record_id: UUID) -> None:
        self.add(
            Recall, recall_id=self.ids.new(), addressee_no=name, phone_id=self.phones[name][0], purpose="dunning",
            claim_group="compulsory", call_at=at + timedelta(days=1), note="", record_id=record_id, state="booked",
            created_at=at,
        )  # fmt: skip

    def grace(self, name: str, since: date) -> None:
        self.add(
            TaxpayerFlag, flag_id=self.ids.new(), addressee_no=name, flag_code="grace", valid_from=since,
            source="import", set_at=at_jst(since), as_of=since,
        )  # fmt: skip

"""What a case shows: the case file's read models in the shape of JSON. Nothing is here that they do not give."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from agent_ui.signin.schemas import Shown


class Caution(Shown):
    code: str
    label: str
    effect: str
    effect_label: str
    note: str
    until: date | None


class SearchForm(BaseModel):
    """A 宛名番号, the beginning of a reading or name, or a telephone number."""

    query: str = Field(min_length=1, max_length=100)


class Hit(Shown):
    addressee_no: str
    name: str
    name_kana: str
    kind_label: str
    birth_date: date | None
    address: str
    protected: bool


class Hits(Shown):
    hits: list[Hit]
    more: bool


class RepresentativeView(Shown):
    kind: str
    name: str
    phone: str
    delegation_confirmed: bool


class BandView(Shown):
    sentence: str
    tries: int
    answers: int


class PhoneView(Shown):
    """One number in dialing order with the hours at which it was answered (I2, I9)."""

    phone_id: UUID
    number: str
    dialable: bool
    takes_sms: bool
    line_type_label: str
    place_label: str
    holder_label: str
    learned: bool
    usable_hours: str
    ng_reason: str | None
    tries: int
    answers: int
    evidence: list[BandView]


class PersonView(Shown):
    """滞納者情報 (first pane)."""

    addressee_no: str
    kind: str
    kind_label: str
    name: str
    name_kana: str
    birth_date: date | None
    age: int | None
    postal_code: str
    address: str
    delivery_name: str
    delivery_address: str
    district: str
    outside_city: bool
    relation_to_head: str
    contact_person_name: str
    contact_person_post: str
    language: str
    whereabouts: str
    protected: bool
    representatives: list[RepresentativeView]
    cautions: list[Caution]
    phones: list[PhoneView]
    best_hours: str


class TaxTotalView(Shown):
    """滞納情報 (second pane): one tax."""

    tax_code: str
    tax_name: str
    periods: int
    current_yen: int
    carried_yen: int
    outstanding_yen: int
    interest_estimate_yen: int
    demand_fee_yen: int
    oldest_due_date: date


class ArrearsLineView(Shown):
    """One 期別. The estimate is 概算 as of `calculated_on`; the core system has the last word."""

    arrears_id: int
    tax_code: str
    tax_name: str
    levy_year_label: str
    period_name: str
    category_label: str
    notice_no: str
    due_date: date
    demand_notice_date: date | None
    limitation_date: date | None
    assessed_yen: int
    outstanding_yen: int
    provisional_paid_yen: int
    interest_estimate_yen: int | None
    demand_fee_yen: int
    calculated_on: date
    in_promise: bool
    in_plan: bool


class MemberView(Shown):
    """世帯情報 (third pane): relation and telephone; the name once this member was confirmed; never arrears (§2.6)."""

    addressee_no: str
    name: str | None
    relation: str
    is_head: bool
    phones: list[str]


class RecordView(Shown):
    """One line of 交渉記録 (fourth pane), over every channel, newest first."""

    at: datetime
    on: date
    day_only: bool
    kind: str
    kind_label: str
    title: str
    detail: str
    yen: int | None
    direction_label: str
    result_label: str
    contact_label: str
    outcome_label: str
    reason_label: str
    complaint: bool
    remarks: str
    operator: str
    attempt_id: UUID | None
    version: int


class ReceiptView(Shown):
    receipt_no: str
    received_on: date
    tax_name: str
    levy_year_label: str
    period_name: str
    principal_yen: int
    interest_yen: int
    total_yen: int
    stage: str
    stage_label: str
    method: str
    cancelled_on: date | None


class PartView(Shown):
    part_no: int
    due_on: date
    judge_on: date | None
    promised_yen: int
    paid_yen: int
    state: str
    state_label: str


class PromiseView(Shown):
    promise_id: UUID
    made_on: date
    promised_yen: int
    last_due_on: date
    judge_on: date
    method: str
    state: str
    state_label: str
    paid_yen: int
    targets: list[str]
    parts: list[PartView]


class PlanView(Shown):
    plan_no: str
    pledged_on: date
    pledged_yen: int
    state: str
    state_label: str
    paid_yen: int
    parts: list[PartView]


class DocumentView(Shown):
    lot_no: str
    document_no: str
    kind_label: str
    sent_on: date
    wording: str
    target_yen: int
    withdrawn_on: date | None
    returned_on: date | None
    return_reason: str


class CaseView(Shown):
    """The four panes of I16 and the four tabs of I17."""

    claim_group: str
    claim_group_label: str
    card: PersonView
    outstanding_yen: int
    interest_estimate_yen: int
    totals: list[TaxTotalView]
    arrears: list[ArrearsLineView]
    household: list[MemberView]
    history: list[RecordView]
    receipts: list[ReceiptView]
    promises: list[PromiseView]
    plans: list[PlanView]
    documents: list[DocumentView]


class PersonPage(Shown):
    """The person page: `cases` are there only for those whose rights include tax outside a call."""

    person: PersonView
    cases: list[CaseView]
    may_dial: bool


class ExplainedWay(Shown):
    """What the gate answers now for one number, channel, purpose and 債権の別."""

    number: str
    channel_label: str
    purpose_label: str
    claim_group_label: str
    allowed: bool
    sentences: list[str]


class PastRefusalView(Shown):
    decided_at: datetime
    number: str
    channel_label: str
    purpose_label: str
    sentences: list[str]


class ExplainView(Shown):
    """なぜ架電されないか."""

    addressee_no: str
    at: datetime
    summary: str
    ways: list[ExplainedWay]
    past: list[PastRefusalView]

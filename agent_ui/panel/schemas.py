"""What the operator's desk sends and shows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from agent_ui.cases.schemas import CaseView, Caution
from agent_ui.signin.schemas import Shown


class SeatView(Shown):
    """The operator's own seat. `since` is UTC."""

    state: Literal["offline", "ready", "paused", "reserved", "talking", "wrapup"]
    state_label: str
    since: datetime | None
    pause_reason: str | None
    pause_label: str | None
    attempt_id: UUID | None
    pausing_label: str | None
    put_off: UUID | None
    """The call whose wrap-up follows later."""


class PullView(Shown):
    """受電への同意: whether calls may come in the middle of this operator's wrap-up, and whether any campaign would ask for it."""

    asked: bool
    agreed: bool


class PullInput(BaseModel):
    agreed: bool


class TodayFigures(Shown):
    """The operator's own day, from facts: calls joined, right parties, promises and yen promised."""

    talks: int
    right_party: int
    promises: int
    promised_yen: int
    talk_seconds: int


class IdentityItem(Shown):
    code: str
    label: str


class CallCard(Shown):
    """A call before identity is confirmed: nothing of tax, of amounts or of why we call is in here."""

    attempt_id: UUID
    direction: str
    state: str
    live: bool
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    result: str | None
    addressee_no: str | None
    name: str
    name_kana: str
    kind: str
    language: str
    birth_date: date | None
    address: str
    contact_person: str
    phone_display: str
    phone_place: str
    phone_holder: str
    greeting: str
    family_script: str
    simple_script: str
    cautions: list[Caution]
    recall_note: str | None
    wish: str
    best_hours: str
    identity_options: list[IdentityItem]
    identity_rule: str
    recorded: bool


class CallerChoice(Shown):
    """Somebody who has the caller's number on file: what tells the people of one number apart."""

    addressee_no: str
    name: str
    name_kana: str
    kind_label: str
    phone_place: str
    phone_holder: str


class CallerChoices(Shown):
    callers: list[CallerChoice]


class CallerInput(BaseModel):
    """Whose call-back it is."""

    addressee_no: str = Field(min_length=1, max_length=40)


class PreviewCard(Shown):
    """Look first, then call or skip: a case on offer, before it is dialed."""

    addressee_no: str
    phone_id: UUID
    name: str
    name_kana: str
    kind_label: str
    phone_display: str
    phone_place: str
    cautions: list[Caution]
    recall_note: str | None
    best_hours: str


class PauseReason(Shown):
    code: str
    label: str


class RecallLine(Shown):
    recall_id: UUID
    call_at: datetime
    addressee_no: str
    name: str
    note: str
    own: bool


class Confirmed(Shown):
    """Whose identity this desk has confirmed for the call at hand, kept in the signed session: items, no content."""

    attempt_id: UUID
    contact: str
    items: list[str]


class ConfirmedMembers(Shown):
    """Other members of the household confirmed in the call at hand, kept in the signed session: items by 宛名番号."""

    attempt_id: UUID
    items: dict[str, list[str]]


class MemberTab(Shown):
    """A member whose case is open in this call; `recorded`: what was said with this member is saved."""

    addressee_no: str
    relation: str
    recorded: bool


class TransferView(Shown):
    """取次 of the call at hand. `mine`: this desk has asked. `confirmed_items`: what the resident had said by then."""

    stage: Literal["ringing", "consulting", "three_way", "taken_over", "handed_over", "left"]
    mine: bool
    from_name: str
    to_name: str
    note: str
    confirmed_items: list[str]


class ListenerView(Shown):
    """A supervisor on this operator's line."""

    name: str
    how: Literal["listen", "whisper", "barge"]
    how_label: str


class Colleague(Shown):
    """Somebody who may be asked in; `free`: now."""

    operator_id: UUID
    name: str
    roles: str
    state: str
    state_label: str
    pause_label: str | None
    since: datetime
    free: bool


class Colleagues(Shown):
    colleagues: list[Colleague]


class ConsultInput(BaseModel):
    """Whom to ask in, and what to tell them of the call."""

    colleague_id: UUID
    note: str = Field(default="", max_length=400)


class PanelState(Shown):
    """Everything the desk needs after a reload, in one round trip."""

    now: datetime
    seat: SeatView
    pull: PullView
    call: CallCard | None
    preview: PreviewCard | None
    today: TodayFigures | None
    recalls: list[RecallLine]
    pause_reasons: list[PauseReason]
    engine_running: bool
    confirmed: Confirmed | None
    members: list[MemberTab]
    transfer: TransferView | None
    listeners: list[ListenerView]


class Code(Shown):
    """One choice of a pulldown: `key` is what the operator types."""

    code: str
    key: str
    label: str


class ContactChoices(Shown):
    """Which outcomes a contact may have, before and after identity was confirmed; `right_party`: 本人接触."""

    contact: str
    right_party: bool
    neutral: list[str]
    confirmed: list[str]


class FormCodes(Shown):
    """The pulldowns of the result form and what each result fills in by itself."""

    results: list[Code]
    contacts: list[Code]
    outcomes: list[Code]
    reasons: list[Code]
    methods: list[Code]
    holders: list[Code]
    places: list[Code]
    skip_reasons: list[Code]
    choices: list[ContactChoices]


class SpeechLine(Shown):
    second: float
    speaker: str
    text: str


class SpeechView(Shown):
    """`rehearsed`: lines may still come; false on a real line."""

    rehearsed: bool
    lines: list[SpeechLine]


class Pause(BaseModel):
    reason: str = Field(max_length=40)


class IdentityTicks(BaseModel):
    """Which items the resident said; never what was said."""

    items: list[str] = Field(max_length=8)
    contact: str = Field(max_length=20)


class MemberTicks(BaseModel):
    """Which items another member of the household said; a member speaks for himself alone."""

    items: list[str] = Field(max_length=8)


class PromisePartInput(BaseModel):
    due_on: date
    yen: int = Field(ge=1, le=10_000_000_000)


class ResultInput(BaseModel):
    """The result form as typed. Codes are those of FormCodes; `form_id` is made once when the form is opened."""

    form_id: UUID
    result: str = Field(max_length=10)
    contact: str | None = Field(default=None, max_length=20)
    outcome: str | None = Field(default=None, max_length=20)
    reason: str | None = Field(default=None, max_length=20)
    method: str | None = Field(default=None, max_length=20)
    promise: list[PromisePartInput] = Field(default_factory=list, max_length=12)
    recall_at: AwareDatetime | None = None
    recall_mine: bool = False
    recall_note: str = Field(default="", max_length=400)
    remarks: str = Field(default="", max_length=4000)
    complaint: bool = False
    refuses_calls: bool = False
    refuses_sms: bool = False
    learned_phone: str = Field(default="", max_length=40)
    learned_place: str | None = Field(default=None, max_length=20)
    learned_holder: str | None = Field(default=None, max_length=20)
    whereabouts: str = Field(default="", max_length=400)
    language: str | None = Field(default=None, max_length=20)


class FormProblem(Shown):
    """`blocking` false: a caution; the form may be saved all the same."""

    field: str
    message: str
    blocking: bool


class CheckedView(Shown):
    problems: list[FormProblem]


class SubmittedView(Shown):
    record_id: UUID
    summary: list[str]
    cautions: list[str]


class OpenedCase(Shown):
    """The case, once identity is confirmed."""

    call: CallCard
    case: CaseView


class MemberChoice(Shown):
    """Somebody of the household who may be on the line, by relation and age: no name and nothing of what is owed."""

    addressee_no: str
    relation: str
    age: int | None
    confirmed: bool
    recorded: bool


class MemberChoices(Shown):
    members: list[MemberChoice]


class OpenedMember(Shown):
    """The case of another member, once that member's own identity is confirmed."""

    relation: str
    opened: OpenedCase


class SkipInput(BaseModel):
    reason: str = Field(max_length=40)


class ManualDial(BaseModel):
    addressee_no: str = Field(max_length=40)
    phone_id: UUID

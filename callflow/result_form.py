"""The one form an operator fills in after a talk (I11): result, contact, identity, outcome, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from callflow.codes import CallResult, Contact, DelinquencyReason, Outcome
from callflow.identity import IdentityItem
from callflow.recall import RecallWish
from casefile.promises import PromiseDraft
from casefile.vocabulary import ClaimGroup, ContactDirection, PhoneHolder, PhonePlace, Purpose


@dataclass(frozen=True, slots=True)
class UsableHours:
    """When a phone may be called, as the resident asked. `weekdays` by GIF (1 Monday … 7 Sunday); empty: every day."""

    opens: str
    closes: str
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LearnedPhone:
    """A new number as it was heard."""

    raw: str
    place: PhonePlace
    holder: PhoneHolder
    hours: UsableHours | None = None


@dataclass(frozen=True, slots=True)
class LearnedHours:
    """Hours asked for on a number we already have."""

    phone_id: UUID
    hours: UsableHours


@dataclass(frozen=True, slots=True)
class ClaimedPayment:
    """What a resident said of a payment we do not see yet (納付済・行き違い)."""

    paid_on: date | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class ResultForm:
    """One filled-in form. `form_id` is made by the screen when it opens the form: sending it twice saves it once.

    `attempt_id` None: a talk without a call of ours (窓口, 訪問). `phone_id` and `e164` default to the attempt's.
    `learned_flags` are codes of form_rules.FLAGS_AN_OPERATOR_MAY_SET. `language`: what the resident speaks, if not Japanese.
    """

    form_id: UUID
    addressee_no: str
    purpose: Purpose
    claim_group: ClaimGroup
    started_at: datetime
    ended_at: datetime | None
    result: CallResult
    attempt_id: UUID | None = None
    direction: ContactDirection = ContactDirection.OUTBOUND
    phone_id: UUID | None = None
    e164: str | None = None
    contact: Contact | None = None
    identity_items: tuple[IdentityItem, ...] = ()
    outcome: Outcome | None = None
    reason: DelinquencyReason | None = None
    promise: PromiseDraft | None = None
    recall: RecallWish | None = None
    remarks: str = ""
    complaint: bool = False
    refuses_calls: bool = False
    refuses_sms: bool = False
    learned_phone: LearnedPhone | None = None
    learned_hours: LearnedHours | None = None
    learned_flags: tuple[str, ...] = ()
    claimed_payment: ClaimedPayment | None = None
    new_whereabouts: str = ""
    language: str | None = None

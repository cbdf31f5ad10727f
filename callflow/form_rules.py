"""What may be saved from a talk: the checks of the result form, pure, each with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callflow.codes import Contact, Outcome
from callflow.result_form import ResultForm
from casefile.city import City
from casefile.problems import Problem
from casefile.vocabulary import Purpose, TaxpayerKind


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The attempt a form belongs to, as the ledger has it."""

    attempt_id: UUID
    addressee_no: str | None
    household_id: str | None
    phone_id: UUID | None
    e164: str | None
    campaign_id: UUID | None
    recall_id: UUID | None


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a form is checked against. `phones`: usable phones of this person, e164 by id; `outstanding`: yen by period."""

    city: City
    now: datetime
    kind: TaxpayerKind
    household_id: str
    call: CallFacts | None
    phones: Mapping[UUID, str | None]
    outstanding: Mapping[int, int]
    may_see_purpose: bool = True


def check(form: ResultForm, facts: FormFacts) -> list[Problem]:
    """Everything that keeps the form from being saved, and cautions (`blocking` false)."""
    raise NotImplementedError


def outcomes_for(contact: Contact | None, purpose: Purpose, *, identity_confirmed: bool) -> tuple[Outcome, ...]:
    """Which 交渉結果 the screen may offer for a contact, in order; empty where nobody was spoken to."""
    raise NotImplementedError

"""From a result form to everything it means, in one transaction (DESIGN.md §2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from callflow.form_rules import FormFacts, check
from callflow.result_form import (
    ClaimedPayment,
    LearnedHours,
    LearnedPhone,
    ResultForm,
    UsableHours,
)
from casefile.accounts import User
from casefile.city import City
from casefile.ids import Ids
from casefile.problems import EntryRefused, Problem

__all__ = [
    "ClaimedPayment",
    "EntryRefused",
    "FormFacts",
    "LearnedHours",
    "LearnedPhone",
    "Problem",
    "ResultForm",
    "Submitted",
    "UsableHours",
    "check",
    "load_facts",
    "submit",
]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the form brought about. `repeated`: it was saved before; nothing was written this time."""

    record_id: UUID
    promise_id: UUID | None
    recall_id: UUID | None
    holds: tuple[UUID, ...]
    requests: tuple[UUID, ...]
    flags: tuple[str, ...]
    cautions: tuple[Problem, ...]
    repeated: bool


def load_facts(conn: Connection, city: City, form: ResultForm, now: datetime, user: User | None) -> FormFacts:
    """What `check` needs to know of the case, the phones and the call, as it stands now."""
    raise NotImplementedError


def submit(conn: Connection, city: City, form: ResultForm, now: datetime, ids: Ids, user: User | None) -> Submitted:
    """Save a form with all its consequences, or raise EntryRefused and write nothing.

    Idempotent by (attempt_id, form_id): sending it again, after a lost answer or from a second window, gives the
    first answer. `user` None is a robot operator of a rehearsal.
    """
    raise NotImplementedError

"""What the gate is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from casefile.city import Caps
from casefile.gate.reasons import Reason, Refusal
from casefile.hours import ContactHours

Mode = Literal["auto", "preview", "manual", "sms"]
"""`auto`: the pacer dials; `preview`: an operator sees the case first; `manual`: a person decided; `sms`: a text."""


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """May this person be contacted on this channel and number now?

    `request_id` becomes the id of the stored decision and of the attempt. `caps` and `hours` are the campaign's own and
    can only narrow the city's. `recall_id` names the booked 再コール this call is; `promise_id` the open promise of
    which it is the reminder; `requested_by` the user who pressed the button, if somebody did.
    """

    request_id: UUID
    addressee_no: str
    phone_id: UUID | None
    e164: str | None
    channel: str
    purpose: str
    claim_group: str
    campaign_id: UUID | None
    mode: Mode
    recall_id: UUID | None = None
    promise_id: UUID | None = None
    requested_by: UUID | None = None
    caps: Caps | None = None
    hours: ContactHours | None = None


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The answer to one request: allowed exactly when nothing refuses. `warnings` are sentences for the operator."""

    request_id: UUID
    refusals: tuple[Refusal, ...]
    warnings: tuple[str, ...]
    household_id: str
    attempt_no: int
    line_type: str | None

    @property
    def allowed(self) -> bool:
        return not self.refusals

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(refusal.reason for refusal in self.refusals)

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(refusal.sentence for refusal in self.refusals)


@dataclass(frozen=True, slots=True)
class Admission(GateAnswer):
    """A stored answer. `attempt_id` is the attempt that now stands in the ledger (the request's id), None if refused.

    `attempt_no` is the 架電回次 of this person in this campaign, from 1.
    """

    attempt_id: UUID | None = None

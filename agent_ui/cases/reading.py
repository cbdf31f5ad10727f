"""From the case file's read models to what a screen gets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection

from agent_ui.cases import schemas
from agent_ui.labels import label_of
from callflow.codes import CallResult, Contact, DelinquencyReason, Outcome
from casefile import person
from casefile.city import City
from casefile.flags import FlagCode
from casefile.history import TimelineItem
from casefile.vocabulary import ClaimGroup, ContactDirection

NEUTRAL_CAUTIONS = frozenset(
    {
        FlagCode.DV_SUPPORT,
        FlagCode.DECEASED,
        FlagCode.LAWYER,
        FlagCode.RETURNED_MAIL,
        FlagCode.CALL_REFUSAL,
        FlagCode.SMS_REFUSAL,
        FlagCode.FOREIGN_LANGUAGE,
        FlagCode.HEARING,
        "hold.recall",
        "hold.staff",
    }
)
"""Cautions that tell nothing of tax; the others (差押中, 分納, 徴収猶予, 高額 …) wait for the identity (DOMAIN.md §2.7)."""


def neutral_cautions(cautions: Iterable[person.Caution]) -> list[schemas.Caution]:
    """Cautions that may be seen before identity, the gravest first as they came."""
    return [schemas.Caution.model_validate(each) for each in cautions if each.code in NEUTRAL_CAUTIONS]


def case_view(
    conn: Connection,
    city: City,
    addressee_no: str,
    *,
    purpose: str,
    claim_group: str,
    disclosure: person.Disclosure,
    now: datetime,
    verified: Collection[str] = (),
) -> schemas.CaseView:
    """The four panes and four tabs of one case. Raises TsunagaruError when the number is unknown.

    `verified`: other members of the household who were confirmed on the line of this call.
    """
    screen = person.case_screen(
        conn,
        city,
        addressee_no,
        purpose=purpose,
        claim_group=claim_group,
        disclosure=disclosure,
        now=now,
        verified=verified,
    )
    return schemas.CaseView(
        claim_group=claim_group,
        claim_group_label=label_of(ClaimGroup, claim_group),
        card=schemas.PersonView.model_validate(screen.card),
        outstanding_yen=screen.outstanding_yen or 0,
        interest_estimate_yen=screen.interest_estimate_yen or 0,
        totals=[schemas.TaxTotalView.model_validate(total) for total in screen.totals],
        arrears=[schemas.ArrearsLineView.model_validate(line) for line in screen.arrears],
        household=[schemas.MemberView.model_validate(member) for member in screen.household],
        history=[_record(item) for item in screen.history],
        receipts=[schemas.ReceiptView.model_validate(receipt) for receipt in screen.receipts],
        promises=[schemas.PromiseView.model_validate(promise) for promise in screen.promises],
        plans=[schemas.PlanView.model_validate(plan) for plan in screen.plans],
        documents=[schemas.DocumentView.model_validate(document) for document in screen.documents],
    )


def _record(item: TimelineItem) -> schemas.RecordView:
    return schemas.RecordView(
        at=item.at,
        on=item.on,
        day_only=item.day_only,
        kind=item.kind.value,
        kind_label=item.kind.label,
        title=item.title,
        detail=item.detail,
        yen=item.yen,
        direction_label=label_of(ContactDirection, item.direction),
        result_label=label_of(CallResult, item.result),
        contact_label=label_of(Contact, item.contact),
        outcome_label=label_of(Outcome, item.outcome),
        reason_label=label_of(DelinquencyReason, item.reason),
        complaint=item.complaint,
        remarks=item.remarks,
        operator=item.operator or "",
        attempt_id=item.attempt_id,
        version=item.version,
    )

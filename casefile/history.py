"""One timeline per person over all channels, newest first (I1, Z15): talks, tries, texts, letters, promises, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from casefile.clock import at_jst, jst_date
from casefile.tables import (
    Attempt,
    ContactRecord,
    Document,
    DocumentLot,
    Promise,
    Receipt,
    TaxItem,
    UserAccount,
)
from casefile.vocabulary import (
    ClaimGroup,
    ContactDirection,
    DocumentKind,
    Labelled,
    PromiseState,
    Purpose,
    ReceiptStage,
)


class TimelineKind(Labelled):
    """Where an item comes from."""

    RECORD = "record", "交渉記録"
    CALL = "call", "架電"
    SMS = "sms", "SMS"
    LETTER = "letter", "文書"
    RETURNED = "returned", "返戻"
    PROMISE = "promise", "納付約束"
    RECEIPT = "receipt", "収納"


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened. `at` is the start of its Japanese day where only the day is known (`day_only`).

    `direction`, `result`, `contact`, `outcome` and `reason` are stored codes; the rooms that own them have the labels.
    `version` above 1: the record was corrected.
    """

    at: datetime
    on: date
    day_only: bool
    kind: TimelineKind
    title: str
    detail: str = ""
    yen: int | None = None
    direction: str | None = None
    result: str | None = None
    contact: str | None = None
    outcome: str | None = None
    reason: str | None = None
    complaint: bool = False
    remarks: str = ""
    e164: str | None = None
    operator: str | None = None
    record_id: UUID | None = None
    attempt_id: UUID | None = None
    promise_id: UUID | None = None
    version: int = 1


def history(
    conn: Connection,
    municipality_id: int,
    addressee_no: str,
    *,
    purpose: str,
    claim_group: str,
    limit: int = 200,
    before: datetime | None = None,
) -> list[TimelineItem]:
    """What happened with a person in one case, newest first; `before` pages on.

    Never crosses the wall between claim groups, nor between purposes: a 健診 clerk sees no word of tax.
    """
    case = _Case(municipality_id, addressee_no, purpose, claim_group)
    items = [*_records(conn, case), *_bare_attempts(conn, case), *_letters(conn, case)]
    if claim_group != ClaimGroup.NONE and purpose == Purpose.DUNNING:
        items += [*_promises(conn, case), *_receipts(conn, case)]
    items.sort(key=lambda item: (item.at, item.kind.value, str(item.record_id or item.attempt_id or "")), reverse=True)
    return [item for item in items if before is None or item.at < before][:limit]


@dataclass(frozen=True, slots=True)
class _Case:
    municipality_id: int
    addressee_no: str
    purpose: str
    claim_group: str


def _records(conn: Connection, case: _Case) -> list[TimelineItem]:
    """The newest version of each record of the case."""
    latest = (
        select(*ContactRecord.__table__.columns)
        .where(
            ContactRecord.municipality_id == case.municipality_id,
            ContactRecord.addressee_no == case.addressee_no,
            ContactRecord.purpose == case.purpose,
            ContactRecord.claim_group == case.claim_group,
        )
        .ext(distinct_on(ContactRecord.record_id))
        .order_by(ContactRecord.record_id, ContactRecord.version.desc())
        .subquery()
    )
    rows = conn.execute(
        select(*latest.c, UserAccount.display_name)
        .outerjoin(
            UserAccount,
            (UserAccount.municipality_id == latest.c.municipality_id) & (UserAccount.user_id == latest.c.operator_id),
        )
        .order_by(latest.c.started_at, latest.c.record_id)
    )
    return [
        TimelineItem(
            at=row.started_at,
            on=jst_date(row.started_at),
            day_only=False,
            kind=TimelineKind.RECORD,
            title=ContactDirection(row.direction).label,
            detail="" if row.version == 1 else f"訂正{row.version - 1}回: {row.correction_reason}",
            direction=row.direction,
            result=row.result,
            contact=row.contact,
            outcome=row.outcome,
            reason=row.delinquency_reason,
            complaint=row.complaint,
            remarks=row.remarks,
            e164=row.e164,
            operator=row.display_name,
            record_id=row.record_id,
            attempt_id=row.attempt_id,
            promise_id=row.promise_id,
            version=row.version,
        )
        for row in rows
    ]


def _bare_attempts(conn: Connection, case: _Case) -> list[TimelineItem]:
    """Calls and texts of which no record tells: those still going on, and texts."""
    told = (
        select(ContactRecord.record_id)
        .where(
            ContactRecord.municipality_id == Attempt.municipality_id,
            ContactRecord.attempt_id == Attempt.attempt_id,
            ContactRecord.addressee_no == case.addressee_no,
        )
        .exists()
    )
    rows = conn.execute(
        select(
            Attempt.attempt_id, Attempt.channel, Attempt.direction, Attempt.intended_at, Attempt.result, Attempt.e164
        )
        .where(
            Attempt.municipality_id == case.municipality_id,
            Attempt.addressee_no == case.addressee_no,
            Attempt.purpose == case.purpose,
            Attempt.claim_group == case.claim_group,
            ~told,
        )
        .order_by(Attempt.intended_at, Attempt.attempt_id)
    )
    return [
        TimelineItem(
            at=row.intended_at,
            on=jst_date(row.intended_at),
            day_only=False,
            kind=TimelineKind.SMS if row.channel == "sms" else TimelineKind.CALL,
            title="SMS送信" if row.channel == "sms" else ContactDirection(row.direction).label,
            direction="sms" if row.channel == "sms" else row.direction,
            result=row.result,
            e164=row.e164,
            attempt_id=row.attempt_id,
        )
        for row in rows
    ]


def _letters(conn: Connection, case: _Case) -> list[TimelineItem]:
    rows = conn.execute(
        select(DocumentLot.kind, DocumentLot.sent_on, DocumentLot.wording, Document.returned_on, Document.return_reason)
        .join(
            DocumentLot,
            (DocumentLot.municipality_id == Document.municipality_id) & (DocumentLot.lot_no == Document.lot_no),
        )
        .where(
            Document.municipality_id == case.municipality_id,
            Document.addressee_no == case.addressee_no,
            Document.withdrawn_on.is_(None),
            DocumentLot.purpose == case.purpose,
            DocumentLot.claim_group == case.claim_group,
        )
        .order_by(DocumentLot.sent_on, Document.lot_no, Document.document_no)
    )
    items = []
    for row in rows:
        name = DocumentKind(row.kind).label
        items.append(_on_day(row.sent_on, TimelineKind.LETTER, f"{name} 発送", row.wording, direction="letter"))
        if row.returned_on is not None:
            items.append(_on_day(row.returned_on, TimelineKind.RETURNED, f"{name} 返戻", row.return_reason or ""))
    return items


def _promises(conn: Connection, case: _Case) -> list[TimelineItem]:
    rows = conn.execute(
        select(
            Promise.promise_id,
            Promise.made_at,
            Promise.promised_yen,
            Promise.last_due_on,
            Promise.state,
            Promise.record_id,
            Promise.attempt_id,
        )
        .where(
            Promise.municipality_id == case.municipality_id,
            Promise.addressee_no == case.addressee_no,
            Promise.claim_group == case.claim_group,
        )
        .order_by(Promise.made_at, Promise.promise_id)
    )
    return [
        TimelineItem(
            at=row.made_at,
            on=jst_date(row.made_at),
            day_only=False,
            kind=TimelineKind.PROMISE,
            title="納付約束",
            detail=f"{row.last_due_on:%Y-%m-%d}まで {PromiseState(row.state).label}",
            yen=row.promised_yen,
            record_id=row.record_id,
            attempt_id=row.attempt_id,
            promise_id=row.promise_id,
        )
        for row in rows
    ]


def _receipts(conn: Connection, case: _Case) -> list[TimelineItem]:
    paid = func.sum(Receipt.principal_yen + Receipt.interest_yen + Receipt.demand_fee_yen)
    rows = conn.execute(
        select(Receipt.received_on, Receipt.stage, Receipt.method, paid.label("yen"), func.count().label("periods"))
        .join(TaxItem, (TaxItem.municipality_id == Receipt.municipality_id) & (TaxItem.tax_code == Receipt.tax_code))
        .where(
            Receipt.municipality_id == case.municipality_id,
            Receipt.addressee_no == case.addressee_no,
            Receipt.cancelled_on.is_(None),
            TaxItem.claim_group == case.claim_group,
        )
        .group_by(Receipt.received_on, Receipt.stage, Receipt.method)
        .order_by(Receipt.received_on, Receipt.stage, Receipt.method)
    )
    return [
        _on_day(
            row.received_on,
            TimelineKind.RECEIPT,
            f"収納({ReceiptStage(row.stage).label})",
            f"{row.method} {row.periods}件",
            yen=int(row.yen),
        )
        for row in rows
    ]


def _on_day(
    day: date, kind: TimelineKind, title: str, detail: str, *, yen: int | None = None, direction: str | None = None
) -> TimelineItem:
    """An item of which only the day is known."""
    return TimelineItem(
        at=at_jst(day), on=day, day_only=True, kind=kind, title=title, detail=detail, yen=yen, direction=direction
    )

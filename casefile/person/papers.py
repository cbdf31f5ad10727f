"""収納履歴 and 発送管理: what came in, and what was sent out and perhaps came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from casefile.person.arrears import fiscal_year_label
from casefile.tables import Document, DocumentLot, Receipt, TaxItem, TaxPeriod
from casefile.vocabulary import DocumentKind, ReceiptStage


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One payment line, in yen. A cancelled one stays in the list, marked."""

    receipt_no: str
    received_on: date
    posted_on: date | None
    tax_name: str
    levy_year_label: str
    period_name: str
    principal_yen: int
    interest_yen: int
    demand_fee_yen: int
    total_yen: int
    stage: str
    stage_label: str
    method: str
    cancelled_on: date | None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One envelope. `kind_label` is the document's Japanese name."""

    lot_no: str
    document_no: str
    kind: str
    kind_label: str
    sent_on: date
    wording: str
    target_yen: int
    withdrawn_on: date | None
    returned_on: date | None
    return_reason: str


def receipt_history(
    conn: Connection, municipality_id: int, addressee_no: str, claim_group: str, *, limit: int = 300
) -> tuple[ReceiptLine, ...]:
    """Payments of a person to the taxes of one claim group, newest first, in arrears or not."""
    rows = conn.execute(
        select(
            *Receipt.__table__.columns,
            TaxItem.name.label("tax_name"),
            TaxPeriod.name.label("period_name"),
        )
        .join(TaxItem, (TaxItem.municipality_id == Receipt.municipality_id) & (TaxItem.tax_code == Receipt.tax_code))
        .outerjoin(
            TaxPeriod,
            (TaxPeriod.municipality_id == Receipt.municipality_id)
            & (TaxPeriod.tax_code == Receipt.tax_code)
            & (TaxPeriod.levy_year == Receipt.levy_year)
            & (TaxPeriod.period == Receipt.period),
        )
        .where(
            Receipt.municipality_id == municipality_id,
            Receipt.addressee_no == addressee_no,
            TaxItem.claim_group == claim_group,
        )
        .order_by(Receipt.received_on.desc(), Receipt.receipt_no.desc())
        .limit(limit)
    )
    return tuple(
        ReceiptLine(
            receipt_no=row.receipt_no,
            received_on=row.received_on,
            posted_on=row.posted_on,
            tax_name=row.tax_name,
            levy_year_label=fiscal_year_label(row.levy_year),
            period_name=row.period_name or f"{row.period}期",
            principal_yen=row.principal_yen,
            interest_yen=row.interest_yen,
            demand_fee_yen=row.demand_fee_yen,
            total_yen=row.principal_yen + row.interest_yen + row.demand_fee_yen,
            stage=row.stage,
            stage_label=ReceiptStage(row.stage).label,
            method=row.method,
            cancelled_on=row.cancelled_on,
        )
        for row in rows
    )


def documents(
    conn: Connection, municipality_id: int, addressee_no: str, *, purpose: str, claim_group: str, limit: int = 200
) -> tuple[DocumentLine, ...]:
    """Envelopes of one case, newest first, withdrawn and returned ones included."""
    rows = conn.execute(
        select(
            Document.lot_no,
            Document.document_no,
            Document.target_yen,
            Document.withdrawn_on,
            Document.returned_on,
            Document.return_reason,
            DocumentLot.kind,
            DocumentLot.sent_on,
            DocumentLot.wording,
        )
        .join(
            DocumentLot,
            (DocumentLot.municipality_id == Document.municipality_id) & (DocumentLot.lot_no == Document.lot_no),
        )
        .where(
            Document.municipality_id == municipality_id,
            Document.addressee_no == addressee_no,
            DocumentLot.purpose == purpose,
            DocumentLot.claim_group == claim_group,
        )
        .order_by(DocumentLot.sent_on.desc(), Document.lot_no.desc(), Document.document_no.desc())
        .limit(limit)
    )
    return tuple(
        DocumentLine(
            lot_no=row.lot_no,
            document_no=row.document_no,
            kind=row.kind,
            kind_label=DocumentKind(row.kind).label,
            sent_on=row.sent_on,
            wording=row.wording,
            target_yen=row.target_yen,
            withdrawn_on=row.withdrawn_on,
            returned_on=row.returned_on,
            return_reason=row.return_reason or "",
        )
        for row in rows
    )

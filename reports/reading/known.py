"""What "known by the report's moment" means in SQL, table by table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Text, and_, cast, func, literal, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from casefile.tables import Arrears, ContactRecord, Receipt
from casefile.vocabulary import ClaimGroup, ReceiptStage

JAPAN = "Asia/Tokyo"
_YEAR_ONE = date(1, 1, 1)

AnyColumn = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Known:
    """Whose facts, known by which moment; receipts as of the 収納基準日 `as_of`."""

    municipality_id: int
    moment: datetime
    as_of: date
    claim_group: ClaimGroup | None

    def of_claims(self, column: AnyColumn) -> ColumnElement[bool]:
        """The condition on the side of the claim wall, if one was asked for."""
        return column == self.claim_group.value if self.claim_group is not None else literal(True)

    def receipt(self) -> ColumnElement[bool]:
        """A 確報 loaded by the moment and not cancelled by the as-of day."""
        return and_(
            Receipt.municipality_id == self.municipality_id,
            Receipt.stage == ReceiptStage.FINAL.value,
            Receipt.loaded_at <= self.moment,
            Receipt.as_of <= self.as_of,
            or_(Receipt.cancelled_on.is_(None), Receipt.cancelled_on > self.as_of),
        )

    def latest_record(self) -> ColumnElement[bool]:
        """The last version of a 交渉記録 that was recorded by the moment."""
        newer = aliased(ContactRecord)
        return and_(
            ContactRecord.municipality_id == self.municipality_id,
            ContactRecord.recorded_at <= self.moment,
            ~select(newer.version)
            .where(
                newer.municipality_id == ContactRecord.municipality_id,
                newer.record_id == ContactRecord.record_id,
                newer.version > ContactRecord.version,
                newer.recorded_at <= self.moment,
            )
            .exists(),
        )

    def unpaid_at_end_of(self, day: ColumnElement[Any]) -> ColumnElement[int]:
        """本税(料) of an arrears row unpaid at the end of `day`, by 領収日; for a query that groups receipts by row.

        The row says what was unpaid on its own date, after the receipts posted (消込日) by then. Receipts of later
        days are put back on it, receipts it does not know yet are taken off.
        """
        in_row = Receipt.posted_on <= Arrears.as_of
        known = and_(Receipt.receipt_no.is_not(null()), self.receipt())
        put_back = and_(in_row, or_(Receipt.received_on > day, and_(Arrears.as_of > self.as_of, ~known)))
        take_off = and_(known, or_(Receipt.posted_on.is_(None), ~in_row), Receipt.received_on <= day)
        balance = (
            func.max(Arrears.unpaid_yen)
            + func.coalesce(func.sum(Receipt.principal_yen).filter(put_back), 0)
            - func.coalesce(func.sum(Receipt.principal_yen).filter(take_off), 0)
        )
        return func.greatest(balance, 0)


def as_text(column: AnyColumn) -> ColumnElement[str]:
    """A key as text, far cheaper to fetch than a UUID object."""
    return cast(column, Text)


def japanese_day(column: AnyColumn) -> ColumnElement[int]:
    """The Japanese calendar day of a moment as a proleptic ordinal."""
    return ordinal(cast(func.timezone(JAPAN, column), Date))


def japanese_hour(column: AnyColumn) -> ColumnElement[int]:
    """GIF 時間帯コード of a moment: 8 is 08:00 to 09:00."""
    return cast(func.date_part("hour", func.timezone(JAPAN, column)), Integer)


def ordinal(column: AnyColumn) -> ColumnElement[int]:
    """A date as a proleptic ordinal (date.toordinal)."""
    return column.op("-", return_type=Integer())(cast(literal(_YEAR_ONE), Date)) + 1


def seconds_between(begin: AnyColumn, end: AnyColumn) -> ColumnElement[float]:
    """Seconds from one moment to another."""
    return func.date_part("epoch", end - begin)


def epoch(column: AnyColumn) -> ColumnElement[float]:
    return func.date_part("epoch", column)

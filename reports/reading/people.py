"""Who owed, where they live, and whether a number of theirs was known; mail that came back."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, Connection, Date, Text, and_, bindparam, cast, func, literal, or_, select

from casefile.tables import Arrears, District, Document, DocumentLot, Phone, Receipt, Taxpayer
from casefile.vocabulary import LineType, Purpose
from reports.reading.known import Known
from reports.request import Period


class Debtor(NamedTuple):
    """A person in arrears at some time of the period.

    `owed_yen`: 本税(料) unpaid when the period began, and of periods that fell due during it when they did.
    `left_yen`: what of it was unpaid at the end of the 収納基準日.
    """

    addressee_no: str
    household_id: str
    owed_yen: int
    left_yen: int


class Place(NamedTuple):
    """Where a person lives: a district of the master, outside the city, or not known."""

    addressee_no: str
    district_code: str | None
    outside_city: bool


class DistrictName(NamedTuple):
    """支所, 地区 and 大字・町丁目 of one district code."""

    code: str
    branch: str
    area: str
    town: str


class Returned(NamedTuple):
    """One letter that came back."""

    id: str
    addressee_no: str


def read_debtors(conn: Connection, known: Known, period: Period) -> list[Debtor]:
    """Everybody in arrears at some time of the period, by 宛名番号."""
    day_before = literal(period.first - timedelta(days=1), Date)
    by_row = (
        select(
            Arrears.addressee_no,
            known.unpaid_at_end_of(func.greatest(day_before, Arrears.due_date)).label("owed"),
            func.max(Arrears.closed_on).label("closed_on"),
            known.unpaid_at_end_of(cast(literal(known.as_of), Date)).label("left"),
        )
        .outerjoin(
            Receipt,
            and_(Receipt.municipality_id == Arrears.municipality_id, Receipt.arrears_id == Arrears.arrears_id),
        )
        .where(
            Arrears.municipality_id == known.municipality_id,
            known.of_claims(Arrears.claim_group),
            Arrears.due_date <= min(period.last, known.as_of),
            or_(Arrears.closed_on.is_(None), Arrears.closed_on > func.greatest(day_before, Arrears.due_date)),
        )
        .group_by(Arrears.addressee_no, Arrears.arrears_id)
        .subquery()
    )
    open_still = or_(by_row.c.closed_on.is_(None), by_row.c.closed_on > known.as_of)
    query = (
        select(
            by_row.c.addressee_no,
            Taxpayer.household_id,
            func.sum(by_row.c.owed),
            func.coalesce(func.sum(by_row.c.left).filter(open_still), 0),
        )
        .join(
            Taxpayer,
            and_(Taxpayer.municipality_id == known.municipality_id, Taxpayer.addressee_no == by_row.c.addressee_no),
        )
        .group_by(by_row.c.addressee_no, Taxpayer.household_id)
        .having(func.sum(by_row.c.owed) > 0)
        .order_by(by_row.c.addressee_no)
    )
    return [
        Debtor(person, household, int(owed), int(left)) for person, household, owed, left in conn.execute(query).all()
    ]


def read_reachable(conn: Connection, known: Known, period: Period) -> dict[str, bool]:
    """Who had a usable number at some time of the period, and whether one of them was a mobile."""
    query = (
        select(Phone.addressee_no, func.bool_or(Phone.line_type == LineType.MOBILE.value))
        .where(
            Phone.municipality_id == known.municipality_id,
            Phone.e164.is_not(None),
            Phone.line_type != LineType.BARRED.value,
            or_(Phone.learned_at.is_(None), Phone.learned_at <= known.moment),
            or_(Phone.ng_reason.is_(None), Phone.ng_at.is_(None), Phone.ng_at >= period.begins),
            or_(Phone.dropped_at.is_(None), Phone.dropped_at >= period.begins),
        )
        .group_by(Phone.addressee_no)
        .order_by(Phone.addressee_no)
    )
    return {addressee_no: bool(mobile) for addressee_no, mobile in conn.execute(query).all()}


def read_places(conn: Connection, known: Known, persons: list[str]) -> list[Place]:
    """Where these persons live."""
    query = (
        select(Taxpayer.addressee_no, Taxpayer.district_code, Taxpayer.outside_city)
        .where(
            Taxpayer.municipality_id == known.municipality_id,
            Taxpayer.addressee_no == func.any(bindparam("persons", type_=ARRAY(Text))),
        )
        .order_by(Taxpayer.addressee_no)
    )
    return [Place._make(row) for row in conn.execute(query, {"persons": persons}).all()]


def read_district_sources(conn: Connection, known: Known) -> list[str]:
    """Whom the names and places of the districts are owed to; their licences ask for the credit."""
    query = (
        select(District.source)
        .where(District.municipality_id == known.municipality_id, District.source != "")
        .distinct()
        .order_by(District.source)
    )
    return list(conn.scalars(query))


def read_districts(conn: Connection, known: Known) -> list[DistrictName]:
    query = (
        select(District.district_code, District.branch, District.area, District.town)
        .where(District.municipality_id == known.municipality_id)
        .order_by(District.district_code)
    )
    return [DistrictName._make(row) for row in conn.execute(query).all()]


def read_returned(conn: Connection, known: Known, period: Period, purpose: Purpose) -> list[Returned]:
    """返戻 of the period, known by the as-of day."""
    query = (
        select(Document.lot_no + ":" + Document.document_no, Document.addressee_no)
        .join(
            DocumentLot,
            and_(DocumentLot.municipality_id == Document.municipality_id, DocumentLot.lot_no == Document.lot_no),
        )
        .where(
            Document.municipality_id == known.municipality_id,
            DocumentLot.purpose == purpose.value,
            known.of_claims(DocumentLot.claim_group),
            Document.returned_on.between(period.first, min(period.last, known.as_of)),
        )
        .order_by(Document.lot_no, Document.document_no)
    )
    return [Returned._make(row) for row in conn.execute(query).all()]

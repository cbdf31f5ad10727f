"""滞納者情報: who it is, how to know it is really they, what to mind, and where to reach them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from casefile.city import City
from casefile.clock import jst_date
from casefile.errors import TsunagaruError
from casefile.person.cautions import Caution, cautions, is_protected
from casefile.person.phones import PhoneLine, phones
from casefile.tables import District, Representative, Taxpayer
from casefile.vocabulary import Labelled, TaxpayerKind

_HIDDEN = "(支援措置のため非表示)"


class Disclosure(Labelled):
    """How much may be shown. The panel raises it only when the identity check has been ticked, or four eyes agreed."""

    NEUTRAL = "neutral", "本人確認前"
    CONFIRMED = "confirmed", "本人確認済"
    OPENED = "opened", "支援措置対象の開示済"

    @property
    def shows_tax(self) -> bool:
        return self is not Disclosure.NEUTRAL

    @property
    def shows_protected(self) -> bool:
        """Address and phones of a protected person, once an authorised member of staff opened them with a second."""
        return self is Disclosure.OPENED


@dataclass(frozen=True, slots=True)
class RepresentativeLine:
    """納税管理人, 相続人代表者, 税理士, 弁護士 or 成年後見人."""

    kind: str
    name: str
    phone: str
    delegation_confirmed: bool


@dataclass(frozen=True, slots=True)
class PersonCard:
    """The neutral card. Birth date, address, location and contact person are there for comparing with what is said."""

    addressee_no: str
    kind: TaxpayerKind
    kind_label: str
    name: str
    name_kana: str
    birth_date: date | None
    age: int | None
    postal_code: str
    address: str
    delivery_name: str
    delivery_address: str
    district: str
    outside_city: bool
    household_id: str
    relation_to_head: str
    contact_person_name: str
    contact_person_post: str
    language: str
    whereabouts: str
    protected: bool
    representatives: tuple[RepresentativeLine, ...]
    cautions: tuple[Caution, ...]
    phones: tuple[PhoneLine, ...]
    best_hours: str


def person_card(
    conn: Connection, city: City, addressee_no: str, *, purpose: str, disclosure: Disclosure, now: datetime
) -> PersonCard:
    """The card of one person or company. Raises TsunagaruError when the number is unknown.

    A protected person's address, phones and household stay hidden below Disclosure.OPENED.
    """
    today = jst_date(now)
    row = conn.execute(
        select(*Taxpayer.__table__.columns, District.area, District.town)
        .outerjoin(
            District,
            (District.municipality_id == Taxpayer.municipality_id) & (District.district_code == Taxpayer.district_code),
        )
        .where(Taxpayer.municipality_id == city.id, Taxpayer.addressee_no == addressee_no)
    ).one_or_none()
    if row is None:
        raise TsunagaruError(
            f"宛名番号 {addressee_no} は登録されていません。番号を確かめて、もう一度検索してください。"
        )
    protected = is_protected(conn, city.id, addressee_no, today)
    hidden = protected and not disclosure.shows_protected
    lines = phones(conn, city, addressee_no, masked=hidden)
    return PersonCard(
        addressee_no=row.addressee_no,
        kind=TaxpayerKind(row.kind),
        kind_label=TaxpayerKind(row.kind).label,
        name=row.name,
        name_kana=row.name_kana,
        birth_date=row.birth_date,
        age=age_on(row.birth_date, today),
        postal_code="" if hidden else row.postal_code or "",
        address=_HIDDEN if hidden else row.address,
        delivery_name="" if hidden else row.delivery_name or "",
        delivery_address="" if hidden else row.delivery_address or "",
        district="" if hidden else f"{row.area or ''}{row.town or ''}",
        outside_city=row.outside_city,
        household_id=row.household_id,
        relation_to_head=row.relation_to_head or "",
        contact_person_name=row.contact_person_name or "",
        contact_person_post=row.contact_person_post or "",
        language=row.language,
        whereabouts=row.whereabouts,
        protected=protected,
        representatives=() if hidden else _representatives(conn, city.id, addressee_no, today),
        cautions=cautions(conn, city.id, addressee_no, purpose, now),
        phones=lines,
        best_hours=_best_hours(lines),
    )


def _representatives(
    conn: Connection, municipality_id: int, addressee_no: str, today: date
) -> tuple[RepresentativeLine, ...]:
    rows = conn.execute(
        select(*Representative.__table__.columns)
        .where(Representative.municipality_id == municipality_id, Representative.addressee_no == addressee_no)
        .order_by(Representative.seq)
    )
    return tuple(
        RepresentativeLine(row.kind, row.name, row.phone_raw or "", row.delegation_confirmed)
        for row in rows
        if (row.valid_from is None or row.valid_from <= today) and (row.valid_to is None or row.valid_to >= today)
    )


def _best_hours(lines: tuple[PhoneLine, ...]) -> str:
    """The most promising band over all usable numbers, as a sentence; empty without a single answer."""
    bands = [(band, line) for line in lines if line.dialable for band in line.evidence if band.answers]
    if not bands:
        return ""
    band, line = max(bands, key=lambda found: (found[0].shrunken_rate, -found[1].position))
    return f"{line.place_label} {band.sentence}"


def age_on(born: date | None, today: date) -> int | None:
    """Years completed on a day; None where the birthday is not known."""
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

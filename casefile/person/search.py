"""Finding a person by 宛名番号, by the reading of the name, or by a phone number (I4)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from casefile.city import City
from casefile.clock import jst_date
from casefile.flags import FlagCode
from casefile.kana import kana_key
from casefile.phone_number import read_phone
from casefile.tables import Phone, Taxpayer, TaxpayerFlag
from casefile.vocabulary import TaxpayerKind

_KANA = re.compile(r"[ぁ-ゖァ-ヺーｦ-ﾟ\s・]+")
_LATIN = re.compile(r"[!-~]")
_LEAST_KANA = 2


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One line of the result list; nothing taxable. A protected person's address is not shown."""

    addressee_no: str
    name: str
    name_kana: str
    kind_label: str
    birth_date: date | None
    address: str
    household_id: str
    protected: bool


def search(conn: Connection, city: City, query: str, now: datetime, *, limit: int = 50) -> tuple[FoundPerson, ...]:
    """People whose 宛名番号 or phone is `query`, or whose reading or name begins with it; by reading, then number.

    Hiragana, katakana and half-width katakana find the same; a phone may be written in any way. An empty query, or a
    single kana, finds nobody.
    """
    conditions = _conditions(city, unicodedata.normalize("NFKC", query).strip())
    if not conditions:
        return ()
    today = jst_date(now)
    protected = (
        select(TaxpayerFlag.flag_id)
        .where(
            TaxpayerFlag.municipality_id == Taxpayer.municipality_id,
            TaxpayerFlag.addressee_no == Taxpayer.addressee_no,
            TaxpayerFlag.flag_code == FlagCode.DV_SUPPORT,
            TaxpayerFlag.valid_from <= today,
            or_(TaxpayerFlag.valid_to.is_(None), TaxpayerFlag.valid_to >= today),
        )
        .exists()
    )
    rows = conn.execute(
        select(
            Taxpayer.addressee_no,
            Taxpayer.name,
            Taxpayer.name_kana,
            Taxpayer.kind,
            Taxpayer.birth_date,
            Taxpayer.address,
            Taxpayer.household_id,
            protected.label("protected"),
        )
        .where(Taxpayer.municipality_id == city.id, or_(*conditions))
        .order_by(Taxpayer.kana_key, Taxpayer.addressee_no)
        .limit(limit)
    )
    return tuple(
        FoundPerson(
            addressee_no=row.addressee_no,
            name=row.name,
            name_kana=row.name_kana,
            kind_label=TaxpayerKind(row.kind).label,
            birth_date=row.birth_date,
            address="(支援措置のため非表示)" if row.protected else row.address,
            household_id=row.household_id,
            protected=row.protected,
        )
        for row in rows
    )


def _conditions(city: City, query: str) -> list[ColumnElement[bool]]:
    if not query:
        return []
    if _KANA.fullmatch(query):
        key = kana_key(query)
        return [Taxpayer.kana_key.startswith(key, autoescape=True)] if len(key) >= _LEAST_KANA else []
    conditions: list[ColumnElement[bool]] = [Taxpayer.addressee_no == query]
    number = read_phone(query, city.area_code).e164
    if number is not None:
        conditions.append(
            Taxpayer.addressee_no.in_(
                select(Phone.addressee_no).where(
                    Phone.municipality_id == city.id, Phone.e164 == number, Phone.dropped_at.is_(None)
                )
            )
        )
    if not _LATIN.search(query):
        # Names are kept as they came, with whatever space stands between family and given name.
        written = func.replace(func.replace(Taxpayer.name, " ", ""), "\u3000", "")
        conditions.append(written.startswith("".join(query.split()), autoescape=True))
    return conditions

"""返電 (I4): whose number a caller shows, and whose call it is once they have said so. A match once made stays."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from casefile import ledger
from casefile.city import City
from casefile.problems import EntryRefused, Problem
from casefile.tables import Attempt, Phone, Taxpayer

_GONE = "この返電はもう席にありません。画面を再読み込みしてください。"
_UNKNOWN = "この宛名番号の人は登録されていません。検索し直して選んでください。"
_MATCHED = "この返電はもう別の人のものとして登録されています。画面を再読み込みしてください。"


@dataclass(frozen=True, slots=True)
class OnFile:
    """Somebody whose number it may be: what tells people of one household apart, and nothing of tax."""

    addressee_no: str
    name: str
    name_kana: str
    kind: str
    holder: str
    place: str


def on_file(conn: Connection, city: City, attempt_id: UUID) -> list[OnFile]:
    """Everybody who has the caller's number on file, in order of 宛名番号; nobody for a withheld or unknown number."""
    number = select(Attempt.e164).where(Attempt.municipality_id == city.id, Attempt.attempt_id == attempt_id)
    rows = conn.execute(
        select(Taxpayer.addressee_no, Taxpayer.name, Taxpayer.name_kana, Taxpayer.kind, Phone.holder, Phone.place)
        .join(Phone, (Phone.municipality_id == city.id) & (Phone.addressee_no == Taxpayer.addressee_no))
        .where(
            Taxpayer.municipality_id == city.id,
            Phone.e164 == number.scalar_subquery(),
            Phone.dropped_at.is_(None),
        )
        .order_by(Taxpayer.addressee_no, Phone.position, Phone.phone_id)
    )
    found: dict[str, OnFile] = {}
    for row in rows:
        found.setdefault(row.addressee_no, OnFile(*row))
    return list(found.values())


def match(conn: Connection, city: City, attempt_id: UUID, addressee_no: str) -> None:
    """Say whose call-back it is. The same person twice is as good as once.

    Raises EntryRefused for somebody who is not on file, and for a call that is somebody else's already.
    """
    call = conn.execute(
        select(Attempt.addressee_no, Attempt.e164, Attempt.direction).where(
            Attempt.municipality_id == city.id, Attempt.attempt_id == attempt_id
        )
    ).one_or_none()
    if call is None or call.direction != "inbound":
        raise EntryRefused([Problem("addressee_no", _GONE)])
    household_id = conn.scalar(
        select(Taxpayer.household_id).where(Taxpayer.municipality_id == city.id, Taxpayer.addressee_no == addressee_no)
    )
    if household_id is None:
        raise EntryRefused([Problem("addressee_no", _UNKNOWN)])
    if call.addressee_no == addressee_no:
        return
    phone_id = conn.scalar(
        select(Phone.phone_id)
        .where(Phone.municipality_id == city.id, Phone.addressee_no == addressee_no, Phone.e164 == call.e164)
        .order_by(Phone.position, Phone.phone_id)
        .limit(1)
    )
    if not ledger.match_inbound(conn, attempt_id, addressee_no, household_id, phone_id):
        raise EntryRefused([Problem("addressee_no", _MATCHED)])

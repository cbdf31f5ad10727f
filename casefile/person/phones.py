"""A person's phones in dialing order, each with the hours at which it was answered, and the evidence (I2, I9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.clock import jst
from casefile.phone_number import can_receive_sms, display, mask
from casefile.tables import Attempt, Phone
from casefile.vocabulary import LineType, PhoneHolder, PhonePlace

_HOURS = 2
_PRIOR_TRIES, _PRIOR_ANSWERS = 4, 1
"""Four imagined tries with one answer: one lucky call does not make an hour the best one."""


@dataclass(frozen=True, slots=True)
class BandEvidence:
    """How often a number was answered by a person in one two-hour band, on weekdays or on days off."""

    day_off: bool
    from_hour: int
    to_hour: int
    tries: int
    answers: int
    sentence: str

    @property
    def shrunken_rate(self) -> float:
        """Answer rate pulled toward one in four, the more the fewer tries there are."""
        return (self.answers + _PRIOR_ANSWERS) / (self.tries + _PRIOR_TRIES)


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """One number as the panel shows it. `number` is masked for a protected person; `evidence` has the best band first."""

    phone_id: UUID
    position: int
    number: str
    raw: str
    dialable: bool
    takes_sms: bool
    line_type: str
    line_type_label: str
    place_label: str
    holder: str
    holder_label: str
    learned: bool
    usable_hours: str
    ng_reason: str | None
    confirmed_at: datetime | None
    last_tried_at: datetime | None
    tries: int
    answers: int
    evidence: tuple[BandEvidence, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One call that rang: when, and whether a person answered."""

    at: datetime
    answered: bool


def phones(
    conn: Connection, city: City, addressee_no: str, *, masked: bool, tried_since: datetime | None = None
) -> tuple[PhoneLine, ...]:
    """Every number of a person that is still in the file, in dialing order, NG ones included and marked.

    Evidence is computed from the attempts of the number since `tried_since` (None: all), whoever was called on it.
    """
    rows = conn.execute(
        select(
            Phone.phone_id,
            Phone.position,
            Phone.raw,
            Phone.e164,
            Phone.line_type,
            Phone.place,
            Phone.holder,
            Phone.source,
            Phone.confirmed_at,
            Phone.usable_hours,
            Phone.ng_reason,
        )
        .where(Phone.municipality_id == city.id, Phone.addressee_no == addressee_no, Phone.dropped_at.is_(None))
        .order_by(Phone.position, Phone.phone_id)
    ).all()
    rung = _rung(conn, city.id, [row.e164 for row in rows if row.e164], tried_since)
    return tuple(_line(row, rung[row.e164], city.calendar, masked=masked) for row in rows)


def evidence(rung: Iterable[Rung], calendar: OfficeCalendar) -> tuple[BandEvidence, ...]:
    """Tries and answers by band, the most promising first (pure)."""
    bands: dict[tuple[bool, int], list[bool]] = defaultdict(list)
    for each in rung:
        local = jst(each.at)
        day_off = local.isoweekday() > 5 or calendar.is_holiday(local.date())
        bands[day_off, local.hour // _HOURS * _HOURS].append(each.answered)
    found = [_band(day_off, hour, answered) for (day_off, hour), answered in sorted(bands.items())]
    return tuple(sorted(found, key=lambda band: -band.shrunken_rate))


def _band(day_off: bool, hour: int, answered: list[bool]) -> BandEvidence:
    day = "土日祝" if day_off else "平日"
    tries, answers = len(answered), sum(answered)
    sentence = f"{day}{hour}–{hour + _HOURS}時 {tries}回中{answers}回応答"
    return BandEvidence(day_off, hour, hour + _HOURS, tries, answers, sentence)


def _rung(
    conn: Connection, municipality_id: int, numbers: list[str], since: datetime | None
) -> dict[str | None, list[Rung]]:
    found: dict[str | None, list[Rung]] = defaultdict(list)
    if not numbers:
        return found
    which = [
        Attempt.municipality_id == municipality_id,
        Attempt.e164.in_(numbers),
        Attempt.channel == "call",
        Attempt.direction == "outbound",
        Attempt.state == "ended",
        Attempt.counted,
        Attempt.handed_at.is_not(None),
    ]
    if since is not None:
        which.append(Attempt.intended_at >= since)
    rows = conn.execute(
        select(Attempt.e164, Attempt.handed_at, Attempt.person_answered)
        .where(*which)
        .order_by(Attempt.intended_at, Attempt.attempt_id)
    )
    for row in rows:
        if row.handed_at is not None:
            found[row.e164].append(Rung(row.handed_at, row.person_answered))
    return found


def _line(row: Row[*tuple[Any, ...]], rung: list[Rung], calendar: OfficeCalendar, *, masked: bool) -> PhoneLine:
    shown = display(row.e164) if row.e164 else row.raw
    if masked:
        shown = mask(row.e164) if row.e164 else "***"
    return PhoneLine(
        phone_id=row.phone_id,
        position=row.position,
        number=shown,
        raw="" if masked else row.raw,
        dialable=row.e164 is not None and row.ng_reason is None and row.line_type != LineType.BARRED,
        takes_sms=row.e164 is not None and row.ng_reason is None and can_receive_sms(row.e164),
        line_type=row.line_type,
        line_type_label=LineType(row.line_type).label,
        place_label=PhonePlace(row.place).label,
        holder=row.holder,
        holder_label=PhoneHolder(row.holder).label,
        learned=row.source == "learned",
        usable_hours=_hours(row.usable_hours),
        ng_reason=row.ng_reason,
        confirmed_at=row.confirmed_at,
        last_tried_at=max((each.at for each in rung), default=None),
        tries=len(rung),
        answers=sum(each.answered for each in rung),
        evidence=evidence(rung, calendar),
    )


def _hours(usable: dict[str, Any] | None) -> str:
    if not usable:
        return ""
    days = "".join("月火水木金土日"[day - 1] for day in usable.get("weekdays") or ())
    return f"{days} {usable.get('from', '')}〜{usable.get('to', '')}".strip()

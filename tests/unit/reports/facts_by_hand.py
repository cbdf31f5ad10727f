"""Facts written by hand, as short as they can be said."""

from __future__ import annotations

from datetime import date, datetime

from casefile.calendar import OfficeCalendar
from casefile.city import City, CitySettings
from casefile.clock import at_jst
from casefile.vocabulary import PromiseState, Purpose
from reports.facts import CallFact, PromiseFact, RecordFact
from reports.request import Axis, FormName, Period, Request

PERIOD = Period(date(2026, 7, 16), date(2026, 7, 22))
"""Thursday to Wednesday; Monday the 20th is 海の日."""
AS_OF = date(2026, 8, 31)

CITY = City(
    id=119998,
    name="試験市",
    name_kana="シケンシ",
    prefecture="試験県",
    section_name="納税課",
    section_name_may_be_spoken=False,
    area_code="03",
    caller_number="+81300001111",
    settings=CitySettings(),
    calendar=OfficeCalendar(),
)


def request(form: FormName = FormName.CALLS, axis: Axis = Axis.HOUR) -> Request:
    moment: datetime = at_jst(date(2026, 9, 1))
    return Request(form, axis, PERIOD, AS_OF, moment, "検証", Purpose.DUNNING, None)


def call(
    number: str,
    person: str,
    day: date,
    hour: int,
    result: str,
    *,
    household: str | None = None,
    line: str = "landline",
    nth: int = 1,
    live: bool = False,
    joined: bool = False,
    abandoned: bool = False,
    heard: float = 0.0,
    talk: int | None = None,
    wrapup: int | None = None,
    late: bool = False,
) -> CallFact:
    """A call; `live` a person answered, `joined` an operator spoke."""
    answered = live or result in ("01", "04", "10", "13", "14")
    home = household or f"H-{person}"
    phone = f"phone-{person}-{line}"
    return CallFact(
        number, person, home, phone, day.toordinal(), hour, line, nth, result,
        answered, live or joined, joined, abandoned, heard, talk, wrapup, late,
    )  # fmt: skip


def record(number: str, person: str, attempt: str | None, day: date, contact: str | None, **more: str) -> RecordFact:
    """A 交渉記録 of an answered call, or of what `direction` says."""
    direction = more.get("direction", "outbound")
    return RecordFact(
        number, person, "compulsory", direction, attempt, day.toordinal(), 36000.0,
        more.get("result", "01"), contact, more.get("outcome"), direction == "outbound",
    )  # fmt: skip


def promise(
    number: str, person: str, attempt: str | None, day: date, yen: int, state: PromiseState, paid: int
) -> PromiseFact:
    return PromiseFact(number, person, "compulsory", attempt, day.toordinal(), yen, state, paid)

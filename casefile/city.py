"""What one city has decided: its settings, with the defaults of DOMAIN.md §2.8, and the city as the rules see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from casefile.calendar import OfficeCalendar, OfficeDayKind
from casefile.errors import TsunagaruError
from casefile.hours import ContactHours, Window, on_weekdays
from casefile.interest import Rate


@dataclass(frozen=True, slots=True)
class Caps:
    """How often somebody may be called or texted (DOMAIN.md §2.8).

    Counted are attempts of the ledger that went to the network, live and unknown ones included. Days and months are
    those of Japan. Busy attempts (話中) stand outside `number_day`, `household_day` and `number_gap_minutes`, and have
    limits of their own: `busy_retries` after the first, `busy_retry_minutes` apart. `live_answers_household_day`
    counts 有人応答 with 放棄呼. The booked call of a 再コール, which the resident asked for, is free of
    `number_gap_minutes` and `live_answers_household_day`, and of nothing else.
    """

    number_day: int = 2
    number_gap_minutes: int = 120
    household_day: int = 3
    busy_retries: int = 3
    busy_retry_minutes: int = 5
    live_answers_household_day: int = 1
    person_month: int = 6
    sms_person_day: int = 1
    sms_person_month: int = 4

    def narrowed(self, other: Caps) -> Caps:
        """The stricter of the two in everything: a campaign can only narrow what its city allows."""
        longer = {"number_gap_minutes", "busy_retry_minutes"}
        return Caps(
            **{
                cap.name: (max if cap.name in longer else min)(getattr(self, cap.name), getattr(other, cap.name))
                for cap in fields(self)
            }
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Caps:
        """Read whole numbers by name; what is missing keeps its default. Raises TsunagaruError otherwise."""
        return cls(**_whole_numbers(cls, value))


@dataclass(frozen=True, slots=True)
class CitySettings:
    """Settings of a city. Days are calendar days unless the name says 開庁日 (`open_days`).

    `demand_notice_days`: 催告 may start this many days after the day of the 督促状. `receipts_max_open_days`: 催告 stops
    when the last receipts are older. `claimed_paid_days`: rest after 納付済(行き違い) was reported.
    `promise_lateness_open_days` and `booking_lag_open_days`: L and g of REPORTS.md §6.0. `promise_parts` and
    `promise_months_ahead`: how far an operator's 納付約束 may go (until the end of which month, this one being 0).
    `sms_per_minute`: throttle. `recording_days`: how long recordings of calls are kept (DOMAIN.md §2.7: six months).
    `languages`: in which the room can speak. `listening_shown`: an operator sees that a supervisor listens.
    """

    demand_notice_days: int = 11
    receipts_max_open_days: int = 3
    claimed_paid_days: int = 14
    promise_lateness_open_days: int = 5
    booking_lag_open_days: int = 5
    promise_parts: int = 2
    promise_months_ahead: int = 1
    sms_per_minute: int = 60
    recording_days: int = 180
    caps: Caps = Caps()
    contact_hours: ContactHours = field(
        default_factory=lambda: on_weekdays(range(1, 6), time(9), time(20), Window(time(9), time(16)))
    )
    sms_hours: ContactHours = field(
        default_factory=lambda: on_weekdays(range(1, 6), time(9), time(20), Window(time(9), time(16)))
    )
    languages: tuple[str, ...] = ("ja",)
    listening_shown: bool = True

    def to_json(self) -> dict[str, Any]:
        """Every setting by name, ready for `municipality.settings`."""
        plain = {name.name: getattr(self, name.name) for name in fields(self)}
        return plain | {
            "caps": asdict(self.caps),
            "contact_hours": self.contact_hours.to_json(),
            "sms_hours": self.sms_hours.to_json(),
            "languages": list(self.languages),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CitySettings:
        """Read what `to_json` wrote; what is missing keeps its default.

        Raises TsunagaruError for a value that is not one, or hours wider than 8:00–21:00.
        """
        settings = cls(**_whole_numbers(cls, value))
        if "caps" in value:
            settings = replace(settings, caps=Caps.from_json(value["caps"]))
        if "contact_hours" in value:
            settings = replace(settings, contact_hours=ContactHours.from_json(value["contact_hours"]))
        if "sms_hours" in value:
            settings = replace(settings, sms_hours=ContactHours.from_json(value["sms_hours"]))
        if "listening_shown" in value:
            settings = replace(settings, listening_shown=_yes_or_no("listening_shown", value["listening_shown"]))
        if "languages" in value:
            settings = replace(settings, languages=tuple(value["languages"]))
        return settings


@dataclass(frozen=True, slots=True)
class City:
    """A municipality as the rules see it. Load it anew to see what was changed since: settings, office days, rates.

    `interest_rates`: rule of 延滞金 → its dated rates; a rule that is missing has none known.
    """

    id: int
    name: str
    name_kana: str
    prefecture: str
    section_name: str
    section_name_may_be_spoken: bool
    area_code: str
    caller_number: str
    settings: CitySettings
    calendar: OfficeCalendar
    interest_rates: Mapping[str, Sequence[Rate]] = field(default_factory=dict)


# Read with every page and every few seconds by the engine. Percents as text: JSON would make binary fractions of them.
_CITY = """
SELECT m.municipality_id, m.name, m.name_kana, m.prefecture, m.section_name, m.section_name_may_be_spoken, m.area_code,
       m.caller_number, m.settings,
       (SELECT jsonb_agg(jsonb_build_array(d.day, d.kind) ORDER BY d.day)
          FROM office_day d WHERE d.municipality_id = m.municipality_id) AS office_days,
       (SELECT jsonb_agg(jsonb_build_array(r.rule, r.valid_from, r.first_percent::text, r.later_percent::text)
               ORDER BY r.rule, r.valid_from)
          FROM interest_rate r WHERE r.municipality_id = m.municipality_id) AS interest_rates
  FROM municipality m
 WHERE m.municipality_id = %(city)s
"""


def load_city(conn: Connection, municipality_id: int) -> City:
    """Read a city. Raises TsunagaruError when there is none of that code."""
    row = conn.exec_driver_sql(_CITY, {"city": municipality_id}).one_or_none()
    if row is None:
        raise TsunagaruError(
            f"団体コード {municipality_id:06d} の自治体は登録されていません。コードを確かめるか、先に自治体を登録してください。"
        )
    return City(
        id=row.municipality_id,
        name=row.name,
        name_kana=row.name_kana,
        prefecture=row.prefecture,
        section_name=row.section_name,
        section_name_may_be_spoken=row.section_name_may_be_spoken,
        area_code=row.area_code,
        caller_number=row.caller_number,
        settings=CitySettings.from_json(row.settings),
        calendar=OfficeCalendar(_office_days(row.office_days or ())),
        interest_rates=_interest_rates(row.interest_rates or ()),
    )


def _office_days(stored: Sequence[tuple[str, str]]) -> dict[date, OfficeDayKind]:
    return {date.fromisoformat(day): "open" if kind == "open" else "closed" for day, kind in stored}


def _interest_rates(stored: Sequence[tuple[str, str, str, str]]) -> dict[str, list[Rate]]:
    found: dict[str, list[Rate]] = {}
    for rule, valid_from, first_percent, later_percent in stored:
        rate = Rate(date.fromisoformat(valid_from), Decimal(first_percent), Decimal(later_percent))
        found.setdefault(rule, []).append(rate)
    return found


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TsunagaruError(f"設定「{name}」の値「{value}」は使えません。true か false を指定してください。")
    return value


def _whole_numbers(cls: type[Caps] | type[CitySettings], value: Mapping[str, Any]) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for setting in fields(cls):
        if setting.type != "int" or setting.name not in value:
            continue
        number = value[setting.name]
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise TsunagaruError(f"設定「{setting.name}」の値「{number}」は使えません。0以上の整数を指定してください。")
        numbers[setting.name] = number
    return numbers

"""Dates and years as Japanese offices write them: 西暦 or 和暦, in the spellings core systems use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum


class DateStyle(Enum):
    """How a bare row of digits is to be read; spellings that name their era are understood in every style."""

    AUTO = "auto"
    WESTERN = "western"
    WAREKI = "wareki"


@dataclass(frozen=True, slots=True)
class Era:
    """元号. `code` is the digit with which core systems write it (5080601 = 令和8年6月1日)."""

    name: str
    letter: str
    code: str
    start: date


ERAS = (
    Era("明治", "M", "1", date(1868, 10, 23)),
    Era("大正", "T", "2", date(1912, 7, 30)),
    Era("昭和", "S", "3", date(1926, 12, 25)),
    Era("平成", "H", "4", date(1989, 1, 8)),
    Era("令和", "R", "5", date(2019, 5, 1)),
)
_ERA_BY_SIGN = {sign: era for era in ERAS for sign in (era.name, era.name[0], era.letter, era.code)}
_ERA_SIGNS = "|".join([era.name for era in ERAS] + [era.name[0] for era in ERAS] + [era.letter for era in ERAS])
_EMPTY = re.compile(r"[0.\-/ ]*|9{7,8}|(?:年月日)")

_ERA_PARTS = re.compile(rf"({_ERA_SIGNS})\.?(元|\d{{1,2}})(?:年|[./-])(\d{{1,2}})(?:月|[./-])(\d{{1,2}})日?")
_ERA_DIGITS = re.compile(rf"({_ERA_SIGNS})(\d\d)(\d\d)(\d\d)")
_CODED_DIGITS = re.compile(r"([1-5])(\d\d)(\d\d)(\d\d)")
_CODED_PARTS = re.compile(r"([1-5])[-/.](\d{1,2})[-/.](\d{1,2})[-/.](\d{1,2})")
_WESTERN_PARTS = re.compile(r"(\d{4})(?:年|[./-])(\d{1,2})(?:月|[./-])(\d{1,2})日?(?:T?0?0:00(?::00)?)?")
_WESTERN_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SHORT_DIGITS = re.compile(r"(\d\d)(\d\d)(\d\d)")
_SHORT_PARTS = re.compile(r"(\d{1,2})(?:年|[./-])(\d{1,2})(?:月|[./-])(\d{1,2})日?")

_ERA_YEAR = re.compile(rf"({_ERA_SIGNS})\.?(元|\d{{1,2}})(?:年度?)?")
_CODED_YEAR = re.compile(r"([1-5])(\d\d)")
_WESTERN_YEAR = re.compile(r"(\d{4})(?:年度?)?")
_SHORT_YEAR = re.compile(r"(元|\d{1,2})(?:年度?)?")


def read_date(raw: str, style: DateStyle = DateStyle.AUTO) -> date | None:
    """A date from its spelling; None for what offices write for "no date" (empty, zeros, 99999999).

    Understood in every style: R8.6.1, R08/06/01, R080601, 令和8年6月1日, 令和元年5月1日, 5080601, 5-08-06-01. With AUTO and
    WESTERN: 2026-06-01, 2026/6/1, 2026年6月1日, 20260601. With WAREKI also years of the present era without its
    name: 080601, 8.6.1. Raises ValueError for anything else, for a day that does not exist, and for a day before its
    era began.
    """
    text = unicodedata.normalize("NFKC", raw).replace(" ", "").upper()
    if _EMPTY.fullmatch(text):
        return None
    for pattern in (_ERA_PARTS, _ERA_DIGITS, _CODED_DIGITS, _CODED_PARTS):
        if found := pattern.fullmatch(text):
            return _of_era(_ERA_BY_SIGN[found[1]], *found.groups()[1:])
    if style is not DateStyle.WAREKI:
        for pattern in (_WESTERN_PARTS, _WESTERN_DIGITS):
            if found := pattern.fullmatch(text):
                return date(int(found[1]), int(found[2]), int(found[3]))
    else:
        for pattern in (_SHORT_DIGITS, _SHORT_PARTS):
            if found := pattern.fullmatch(text):
                return _of_era(ERAS[-1], *found.groups())
    raise ValueError(raw)


def read_year(raw: str, style: DateStyle = DateStyle.AUTO) -> int | None:
    """A fiscal or levy year as its western number: 2026, 令和8年度, R8, 508; with WAREKI also 8 and 08 (present era).

    None for an empty cell. Raises ValueError otherwise. An era's first year counts whole (平成31年度 = 令和元年度 = 2019).
    """
    text = unicodedata.normalize("NFKC", raw).replace(" ", "").upper()
    if not text:
        return None
    if found := _ERA_YEAR.fullmatch(text) or _CODED_YEAR.fullmatch(text):
        return _year_of_era(_ERA_BY_SIGN[found[1]], found[2])
    if style is DateStyle.WAREKI:
        if found := _SHORT_YEAR.fullmatch(text):
            return _year_of_era(ERAS[-1], found[1])
    elif (found := _WESTERN_YEAR.fullmatch(text)) and 1868 <= int(found[1]) <= 2200:
        return int(found[1])
    raise ValueError(raw)


def era_of(day: date) -> Era:
    """The era a day lies in. Raises ValueError before 1868-10-23."""
    for era in reversed(ERAS):
        if day >= era.start:
            return era
    raise ValueError(f"{day} lies before the first era")


def wareki(day: date) -> str:
    """A date as a letter to a citizen writes it: 令和8年6月1日, 令和元年5月1日."""
    era = era_of(day)
    return f"{era.name}{_shown_year(era, day)}年{day.month}月{day.day}日"


def wareki_short(day: date) -> str:
    """A date as a narrow column writes it: R8.6.1."""
    era = era_of(day)
    return f"{era.letter}{day.year - era.start.year + 1}.{day.month}.{day.day}"


def _shown_year(era: Era, day: date) -> str:
    year = day.year - era.start.year + 1
    return "元" if year == 1 else str(year)


def _of_era(era: Era, year: str, month: str, day: str) -> date:
    found = date(_year_of_era(era, year), int(month), int(day))
    if found < era.start:
        raise ValueError(f"{era.name}{year}年{month}月{day}日 lies before {era.name} began")
    return found


def _year_of_era(era: Era, year: str) -> int:
    number = 1 if year == "元" else int(year)
    if number < 1:
        raise ValueError(f"{era.name}0年")
    return era.start.year + number - 1

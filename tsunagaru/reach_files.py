"""The files of `tsunagaru reach` (PACING.md §7), read as columns: a million lines in seconds, each bad one with a sentence.

ATTEMPTS.csv: attempted_at,taxpayer,household,phone,line_type,district,birth_year,result,right_party. CANDIDATES.csv: taxpayer,
household,phone,line_type,district,birth_year. UTF-8 or CP932; columns in any order, others are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from callflow.codes import CallResult
from casefile.calendar import OfficeCalendar
from casefile.clock import JST
from casefile.errors import TsunagaruError
from dialer.reach import LANDLINE, MOBILE, NOT_KNOWN, Attempts, Candidates, Moments, Roll, age_band, homes

ATTEMPT_COLUMNS = (
    "attempted_at", "taxpayer", "household", "phone", "line_type", "district", "birth_year", "result", "right_party",
)  # fmt: skip
CANDIDATE_COLUMNS = ("taxpayer", "household", "phone", "line_type", "district", "birth_year")
_AT_A_TIME = 5000
_LINES = {
    "landline": LANDLINE,
    "fixed": LANDLINE,
    "固定": LANDLINE,
    "ip": LANDLINE,
    "mobile": MOBILE,
    "携帯": MOBILE,
    "unknown": LANDLINE,
    "": LANDLINE,
}
_RESULTS = {text: int(result) for result in CallResult for text in (result.value, str(int(result)))}
_RIGHT = {"1": 1, "0": 0, "": NOT_KNOWN}
_BIRTH_YEARS = (1880, 2100)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken, and what to do about it. `line`: of the file, the heading being the first."""

    line: int
    reason: str


@dataclass(slots=True)
class Rolls:
    """Numbers for the names of both files, so that a candidate is found again in the history."""

    persons: Roll = field(default_factory=Roll)
    households: Roll = field(default_factory=Roll)
    phones: Roll = field(default_factory=Roll)
    districts: Roll = field(default_factory=Roll)

    def __post_init__(self) -> None:
        self.districts.code("")  # 0: not known


@dataclass(frozen=True, slots=True)
class History:
    """The attempts of a file, in its order."""

    attempts: Attempts
    refused: list[Refused]


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """The candidates of a file in its order, with their lines as they stand there."""

    header: list[str]
    lines: list[list[str]]
    candidates: Candidates
    refused: list[Refused]


def read_attempts(path: Path, rolls: Rolls, calendar: OfficeCalendar) -> History:
    """The history. Raises TsunagaruError where the file cannot be read as one at all."""
    parts: list[Attempts] = []
    refused: list[Refused] = []
    years: dict[str, int] = {}
    for table in _tables(path, ATTEMPT_COLUMNS, refused):
        days, minutes = _times(table)
        result = table.looked_up("result", _RESULTS, "架電結果「{}」がありません。01 から 15 の2桁で書いてください。")
        right = table.looked_up("right_party", _RIGHT, "right_party「{}」を読めません。本人なら 1、ほかは 0 です。")
        whom = _whom(table, rolls, years)
        good = np.flatnonzero(table.good)
        when = Moments.on(days[good], minutes[good], calendar)
        parts.append(Attempts.of(when, whom[good], result[good], right[good]))
    if not parts:
        empty = np.zeros(0, np.int64)
        when = Moments.on(empty, empty, calendar)
        parts.append(Attempts.of(when, Candidates.of(empty, empty, empty, empty), empty, empty))
    return History(Attempts.joined(parts), sorted(refused, key=lambda each: each.line))


def read_candidates(path: Path, rolls: Rolls) -> CandidateFile:
    """The candidates; `lines` and `candidates` match one to one. Raises TsunagaruError as above."""
    refused: list[Refused] = []
    parts: list[Candidates] = []
    lines: list[list[str]] = []
    header: list[str] = []
    years: dict[str, int] = {}
    for table in _tables(path, CANDIDATE_COLUMNS, refused):
        header = table.header
        whom = _whom(table, rolls, years)
        parts.append(whom[np.flatnonzero(table.good)])
        lines += [row for row, good in zip(table.rows, table.good.tolist(), strict=True) if good]
    if not parts:
        header, parts = _header(path), [Candidates.of([], [], [], [])]
    return CandidateFile(header, lines, joined(parts), sorted(refused, key=lambda each: each.line))


def at_home(*files: Candidates) -> list[Candidates]:
    """The same with what all of them together tell of each household: its debtors and numbers (`homes`)."""
    whole = joined(files)
    home = homes(whole.household, whole.person, whole.line)
    return [replace(each, home=home[each.household]) for each in files]


def joined(parts: Sequence[Candidates]) -> Candidates:
    """One after another."""
    names = Candidates.__dataclass_fields__
    return Candidates(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


# -- columns --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Table:
    """Some lines of a file: `good` says which are still to be taken."""

    header: list[str]
    rows: list[list[str]]
    numbers: list[int]
    refused: list[Refused]
    good: Any = None
    _columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.good = np.ones(len(self.rows), np.bool_)
        self._columns = dict(zip(self.header, zip(*self.rows, strict=True), strict=True))

    def column(self, name: str) -> tuple[str, ...]:
        return self._columns[name]

    def refuse(self, place: int, reason: str) -> None:
        """Each line is refused once, for the first thing wrong with it."""
        if self.good[place]:
            self.good[place] = False
            self.refused.append(Refused(self.numbers[place], reason))

    def looked_up(self, name: str, values: dict[str, int], reason: str) -> Any:
        """A column of words as numbers; a word that is none refuses its line."""
        column = self.column(name)
        found = [values.get(word) for word in column]
        if None in found:
            for place, number in enumerate(found):
                if number is None:
                    again = values.get(column[place].strip().lower())
                    found[place] = 0 if again is None else again
                    if again is None:
                        self.refuse(place, reason.format(column[place]))
        return np.array(found, np.int16)

    def needed(self, name: str, label: str) -> list[str]:
        """A column in which nothing may be missing, without the blanks around its words."""
        words = [word.strip() for word in self.column(name)]
        if "" in words:
            for place, word in enumerate(words):
                if not word:
                    self.refuse(place, f"{label}({name})が空です。値を入れてください。")
        return words


def _whom(table: _Table, rolls: Rolls, years: dict[str, int]) -> Candidates:
    persons, phones = table.needed("taxpayer", "宛名番号"), table.needed("phone", "電話番号")
    # Whoever has no 世帯番号 is a household of his own.
    households = [
        house.strip() or f"S-{person}" for house, person in zip(table.column("household"), persons, strict=True)
    ]
    line = table.looked_up(
        "line_type", _LINES, "回線種別「{}」がありません。landline、mobile、ip のどれかにしてください。"
    )
    return Candidates.of(
        rolls.persons.codes(persons),
        rolls.households.codes(households),
        rolls.phones.codes(phones),
        line,
        district=rolls.districts.codes(table.column("district")),
        age=_ages(table, years),
    )


def _ages(table: _Table, known: dict[str, int]) -> list[int]:
    """Bands; a year of birth that is none refuses its line, an empty one is not known."""
    column = table.column("birth_year")
    year = _THIS_YEAR
    for text in set(column) - known.keys():
        known[text] = _birth_band(text.strip(), year)
    bands = [known[text] for text in column]
    if _BAD in bands:
        for place, band in enumerate(bands):
            if band == _BAD:
                bands[place] = 0
                table.refuse(place, f"生年「{column[place]}」を読めません。西暦4桁で書くか、空にしてください。")
    return bands


_BAD = -1
_THIS_YEAR = 2026
"""Ages are told apart in bands of ten years and more: the year they are counted in may be any near one."""


def _birth_band(text: str, year: int) -> int:
    if not text:
        return age_band(None, year)
    if not (text.isascii() and text.isdigit()) or not _BIRTH_YEARS[0] <= int(text) <= _BIRTH_YEARS[1]:
        return _BAD
    return age_band(int(text), year)


def _times(table: _Table) -> tuple[Any, Any]:
    """Days (ordinals) and minutes of the day on the Japanese clock."""
    column = table.column("attempted_at")
    days, minutes = np.zeros(len(column), np.int64), np.zeros(len(column), np.int64)
    usual = np.flatnonzero([len(text) == _USUAL_LENGTH and text.isascii() for text in column])
    odd = np.ones(len(column), np.bool_)
    if len(usual):
        read, days[usual], minutes[usual] = _usual_times([column[place] for place in usual.tolist()])
        odd[usual] = ~read
    for place in np.flatnonzero(odd).tolist():
        try:
            moment = datetime.fromisoformat(column[place].strip())
        except ValueError:
            table.refuse(
                place, f"日時「{column[place]}」を読めません。2026-10-05T18:00:00+09:00 の形で書いてください。"
            )
            continue
        local = moment if moment.tzinfo is None else moment.astimezone(JST)
        days[place], minutes[place] = local.toordinal(), local.hour * 60 + local.minute
    return days, minutes


_USUAL = "2026-10-05T18:00:00+09:00"
_USUAL_LENGTH = len(_USUAL)
_DIGITS = [place for place, sign in enumerate(_USUAL[:19]) if sign.isdigit()]
_SIGNS = [place for place in range(_USUAL_LENGTH) if place not in _DIGITS]


def _usual_times(texts: Sequence[str]) -> tuple[Any, Any, Any]:
    """Moments written the usual way, all at once: which could be read so, their days and minutes."""
    signs = np.frombuffer("".join(texts).encode(), np.uint8).reshape(-1, _USUAL_LENGTH)
    digits = signs.astype(np.int64) - ord("0")
    read = ((digits[:, _DIGITS] >= 0) & (digits[:, _DIGITS] <= 9)).all(axis=1)
    read &= (signs[:, _SIGNS] == np.frombuffer(_USUAL.encode(), np.uint8)[_SIGNS]).all(axis=1)
    year = digits[:, 0] * 1000 + digits[:, 1] * 100 + digits[:, 2] * 10 + digits[:, 3]
    month, day, hour, minute, second = (digits[:, place] * 10 + digits[:, place + 1] for place in (5, 8, 11, 14, 17))
    read &= (year >= 1970) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(read, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    next_first = (months + 1).astype("datetime64[D]").astype(np.int64)
    read &= day <= next_first - first
    return read, first + day - 1 + date(1970, 1, 1).toordinal(), hour * 60 + minute


# -- lines ----------------------------------------------------------------------------------------------------------------


def _tables(path: Path, columns: Sequence[str], refused: list[Refused]) -> Iterator[_Table]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file)
        header = _checked(next(reader, None), columns, path)
        while True:
            numbered = _some(reader)
            if not numbered:
                return
            numbers, rows = [number for number, _ in numbered], [row for _, row in numbered]
            if set(map(len, rows)) != {len(header)}:
                kept = [_fits(number, row, header, refused) for number, row in numbered]
                numbers = [number for number, fits in zip(numbers, kept, strict=True) if fits]
                rows = [row for row, fits in zip(rows, kept, strict=True) if fits]
            if rows:
                yield _Table(header, rows, numbers, refused)


def _some(reader: Any) -> list[tuple[int, list[str]]]:
    """The next lines with their numbers; empty lines are passed over."""
    try:
        return [(reader.line_num, row) for row in islice(reader, _AT_A_TIME) if row] or _some_more(reader)
    except csv.Error as error:
        raise TsunagaruError(
            f"{reader.line_num}行目を CSV として読めません({error})。引用符の閉じ忘れがないか確かめてください。"
        ) from None


def _some_more(reader: Any) -> list[tuple[int, list[str]]]:
    """Nothing but empty lines so far: look on, if there is more."""
    following = next(reader, None)
    if following is None:
        return []
    return [(reader.line_num, following)] if following else _some(reader)


def _fits(number: int, row: list[str], header: list[str], refused: list[Refused]) -> bool:
    if len(row) == len(header):
        return True
    refused.append(Refused(number, f"列が{len(row)}個あります。見出しと同じ{len(header)}個にしてください。"))
    return False


def _header(path: Path) -> list[str]:
    with path.open(encoding=_encoding(path), newline="") as file:
        return next(csv.reader(file))


def _checked(header: list[str] | None, columns: Sequence[str], path: Path) -> list[str]:
    if not header:
        raise TsunagaruError(f"{path} は空です。1行目に見出し {','.join(columns)} を書いてください。")
    header = [name.strip() for name in header]
    missing = [name for name in columns if name not in header]
    if missing:
        raise TsunagaruError(
            f"{path} の見出しに {'、'.join(missing)} がありません。1行目に {','.join(columns)} を書いてください。"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise TsunagaruError(f"{path} の見出しに {'、'.join(twice)} が二つ以上あります。一つにしてください。")
    return header


def _encoding(path: Path) -> str:
    """UTF-8 with or without a mark, else CP932. Raises TsunagaruError where it is neither."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise TsunagaruError(f"{path} の文字コードが分かりません。UTF-8 か CP932(Shift_JIS)で保存してください。")

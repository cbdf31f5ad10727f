"""Write the city down as a core system would: the eleven files, in the standard layout or in a city's own CP932 one.

The columns, headings, code tables and date styles come from the very mapping file intake reads, turned round; what a
mapping cannot tell (the words above the headings, the file names) stands in `Layout`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import cache
from importlib.resources import files as resources
from pathlib import Path

from casefile.intake.kinds import KINDS, Column, FileKind, Form
from casefile.intake.mapping import FileMapping, load_mapping
from casefile.wareki import DateStyle
from rehearsal.city.model import SyntheticCity
from rehearsal.city.rows import ROWS, Row

_REIWA = 2018
_HEISEI = 1988
_FIRST_PRIVATE = 0xE000


class Layout(Enum):
    """How the files are written; the value names the mapping file in `casefile/intake/layouts`."""

    STANDARD = "standard.toml"
    CITY_CP932 = "example_city_cp932.toml"

    @property
    def mapping_path(self) -> Path:
        return Path(str(resources("casefile.intake") / "layouts" / self.value))


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file on disk, and the mapping that reads it."""

    kind: str
    path: Path
    mapping_path: Path
    rows: int


def known_to(city: SyntheticCity, layout: Layout) -> SyntheticCity:
    """The city as the system that writes `layout` knows it: without claims its code table has no word for.

    Those live in another section's system, which this section neither sees nor calls for.
    """
    source = _mapping(layout)["arrears"].sources["tax_code"]
    if not source.codes:
        return city
    words = set(source.codes.values())
    debts = {no: tuple(debt for debt in owed if debt.tax_code in words) for no, owed in city.debts.items()}
    known = {debt.key for owed in debts.values() for debt in owed}
    plans = (replace(plan, debt_keys=tuple(k for k in plan.debt_keys if k in known)) for plan in city.plans)
    return replace(
        city,
        debts={no: owed for no, owed in debts.items() if owed},
        receipts=tuple(receipt for receipt in city.receipts if receipt.debt_key in known),
        plans=tuple(plan for plan in plans if plan.debt_keys),
    )


def write_files(city: SyntheticCity, folder: Path, layout: Layout = Layout.STANDARD) -> list[WrittenFile]:
    """The eleven files in loading order; existing ones of the same names are replaced.

    In `Layout.CITY_CP932` rows about claims its code table lacks are left out (see `known_to`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in sorted(KINDS.values(), key=lambda kind: kind.order):
        written.append(write_rows(kind.code, ROWS[kind.code](city), city.as_of, folder, layout))
    return written


def write_rows(kind_code: str, rows: Iterable[Row], as_of: date, folder: Path, layout: Layout) -> WrittenFile:
    """One file of rows by our column names, as `layout` writes it, with its 基準日 and its trailer."""
    mapping = _mapping(layout)[kind_code]
    kind = KINDS[kind_code]
    writer = _Writer(mapping)
    standard = layout is Layout.STANDARD
    body = io.StringIO()
    lines = csv.writer(body, lineterminator="\r\n")
    lines.writerow(writer.headings())
    count = amount = 0
    for row in rows:
        cells = writer.cells(row)
        if cells is None:
            continue
        lines.writerow(cells)
        count += 1
        if kind.amount:
            amount += int(row.get(kind.amount) or 0)  # type: ignore[arg-type]
    name = f"{kind.order:02d}_{_FILE_WORDS[kind_code]}_{as_of:%Y%m%d}.csv" if standard else _city_name(mapping, as_of)
    head, tail = (_standard_frame if standard else _city_frame)(kind, as_of, count, amount)
    text = f"{head}\r\n{body.getvalue()}{tail}\r\n"
    path = folder / name
    path.write_bytes(_encoded(text, "utf-8-sig" if standard else "cp932"))
    return WrittenFile(kind_code, path, layout.mapping_path, count)


_FILE_WORDS = {
    "districts": "地区",
    "taxes": "税目期別",
    "addressees": "宛名",
    "households": "世帯",
    "phones": "電話番号",
    "arrears": "滞納期別明細",
    "receipts": "収納",
    "promises": "約束分納",
    "dispatches": "発送返戻",
    "flags": "停止要注意",
    "totals": "月次集計",
}


@cache
def _mapping(layout: Layout) -> Mapping[str, FileMapping]:
    return load_mapping(layout.mapping_path).files


_Words = Callable[[str | int | float | date], str]


class _Writer:
    """A file mapping turned round: our columns to the cells of theirs."""

    def __init__(self, mapping: FileMapping) -> None:
        self._headings: list[str] = []
        self._columns: list[tuple[str, Column, _Words, dict[str, str]]] = []
        for name, source in mapping.sources.items():
            if source.value is None:
                column = mapping.kind.by_name[name]
                codes = {ours: theirs for theirs, ours in source.codes.items()}
                self._headings.append(source.headings[0])
                self._columns.append((name, column, _words_for(column, source.dates), codes))

    def headings(self) -> list[str]:
        return self._headings

    def cells(self, row: Row) -> list[str] | None:
        """The cells of a row, or None where a code table of theirs has no word for what it is about."""
        cells = []
        for name, column, words, codes in self._columns:
            cell = row.get(name)
            text = cell if isinstance(cell, str) else "" if cell is None else words(cell)
            if codes and text:
                known = _code(column, text, codes)
                if known is None:
                    if name == "tax_code":
                        return None
                    known = ""
                text = known
            cells.append(text)
        return cells


def _code(column: Column, text: str, codes: Mapping[str, str]) -> str | None:
    """Their code for one of our words; a word may stand in their table under another of its spellings."""
    if text in codes:
        return codes[text]
    ours = column.choices.get(text)
    for spelling, theirs in codes.items():
        if ours is not None and column.choices.get(spelling) == ours:
            return theirs
    return None


def _words_for(column: Column, dates: DateStyle) -> _Words:
    """How a column's days and numbers are written."""
    if dates is not DateStyle.WAREKI:
        return str
    if column.form is Form.YEAR:
        return lambda cell: _wareki_year(int(str(cell)))
    return lambda cell: _wareki_date(cell) if isinstance(cell, date) else str(cell)


def _wareki_date(day: date) -> str:
    for first, letter, before in (
        (date(2019, 5, 1), "R", _REIWA),
        (date(1989, 1, 8), "H", _HEISEI),
        (date(1926, 12, 25), "S", 1925),
    ):
        if day >= first:
            return f"{letter}{day.year - before}.{day.month}.{day.day}"
    return f"T{day.year - 1911}.{day.month}.{day.day}"


def _wareki_year(year: int) -> str:
    """年度 in words: 令和元年度 is the fiscal year that began in April 2019, still in 平成, as offices write it."""
    if year >= 2019:
        return f"令和{year - _REIWA if year > 2019 else '元'}年度"
    return f"平成{year - _HEISEI if year > 1989 else '元'}年度"


def _standard_frame(kind: FileKind, as_of: date, rows: int, amount: int) -> tuple[str, str]:
    total = str(amount) if kind.amount else ""
    return f"基準日,{as_of.isoformat()},{kind.label}", f"合計,{rows},{total}"


def _city_frame(kind: FileKind, as_of: date, rows: int, amount: int) -> tuple[str, str]:
    day = f"令和{as_of.year - _REIWA}年{as_of.month}月{as_of.day}日現在"
    return (
        f"ヘッダ,{kind.label},{day}",
        f"トレーラ,件数,{rows},{'金額' if kind.amount else ''},{amount if kind.amount else ''}",
    )


def _city_name(mapping: FileMapping, as_of: date) -> str:
    return mapping.names[-1].replace("*", f"{as_of:%Y%m%d}")


def _encoded(text: str, encoding: str) -> bytes:
    """The text's bytes. What CP932 cannot hold becomes a 外字 of the private-use area, as such systems really do."""
    if encoding != "cp932":
        return text.encode(encoding)
    private: dict[str, str] = {}
    result = []
    for sign in text:
        try:
            result.append(sign.encode(encoding))
        except UnicodeEncodeError:
            stand_in = private.setdefault(sign, chr(_FIRST_PRIVATE + len(private)))
            result.append(stand_in.encode(encoding))
    return b"".join(result)

"""A small city to import into, and files as its core system would write them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text

from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.intake.importing import apply_import, plan_import
from casefile.intake.kinds import KINDS
from casefile.intake.mapping import Mapping, load_mapping
from casefile.intake.report import FileReport, ImportReport

LAYOUTS = Path(__file__).parent.parent / "casefile" / "intake" / "layouts"
FILE_NAMES = {
    "districts": "地区.csv",
    "taxes": "税目.csv",
    "addressees": "宛名.csv",
    "households": "世帯.csv",
    "phones": "電話.csv",
    "arrears": "滞納.csv",
    "receipts": "収納.csv",
    "promises": "約束.csv",
    "dispatches": "発送.csv",
    "flags": "停止.csv",
    "totals": "月次.csv",
}
Row = dict[str, Any]

TAXES: list[Row] = [
    {
        "tax_code": "11",
        "tax_name": "市県民税(普通徴収)",
        "claim_class": "地方税",
        "levy_year": 2025,
        "period": n,
        "due_date": due,
    }
    for n, due in enumerate(("2025-06-30", "2025-09-01", "2025-10-31", "2026-02-02"), 1)
] + [{"tax_code": "71", "tax_name": "学校給食費", "claim_class": "私債権", "interest_terms": "none"}]


@dataclass
class IntakeCity:
    """Writes files in the standard layout and imports them; the clock stands on the morning of 2026-06-02."""

    database: Database
    municipality_id: int
    folder: Path
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(at_jst(date(2026, 6, 2), 9)))
    mapping: Mapping = field(default_factory=lambda: load_mapping(LAYOUTS / "standard.toml"))

    def __post_init__(self) -> None:
        self.ids = TimeOrderedIds(self.clock.now, random.Random(1))

    def write(
        self,
        kind: str,
        rows: Iterable[Row],
        as_of: str = "2026-06-01",
        *,
        encoding: str = "utf-8",
        columns: Sequence[str] | None = None,
        name: str | None = None,
    ) -> Path:
        """A file of the standard layout with just the columns its rows have."""
        return write_standard(
            self.folder / (name or FILE_NAMES[kind]), kind, rows, as_of, encoding=encoding, columns=columns
        )

    def run(self, *paths: Path, **options: Any) -> ImportReport:
        return apply_import(self.database, self.municipality_id, self.mapping, paths, self.clock, self.ids, **options)

    def plan(self, *paths: Path, **options: Any) -> ImportReport:
        return plan_import(self.database, self.municipality_id, self.mapping, paths, self.clock, self.ids, **options)

    def load(self, kind: str, rows: Iterable[Row], as_of: str = "2026-06-01", **options: Any) -> FileReport:
        """Write and apply one file; it must not be refused as a whole."""
        (report,) = self.run(self.write(kind, rows, as_of), **options).files
        assert report.state == "applied", report.refusal
        assert report.rows == report.applied_rows + report.rejected
        return report

    def refusal(self, path: Path, **options: Any) -> str:
        """The sentence with which a file is refused as a whole."""
        (report,) = self.run(path, **options).files
        assert report.state == "refused"
        assert report.refusal is not None
        return report.refusal

    def rows(self, question: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with self.database.transaction(self.municipality_id) as conn:
            return [tuple(row) for row in conn.execute(text(question), parameters)]

    def execute(self, statement: str, **parameters: Any) -> None:
        with self.database.transaction(self.municipality_id) as conn:
            conn.execute(text(statement), parameters)

    def settle(self) -> None:
        """Taxes, and three people: 山田 and 鈴木 of one household, and a company."""
        self.load("taxes", TAXES)
        self.load("addressees", ADDRESSEES)


ADDRESSEES: list[Row] = [
    {"addressee_no": "0001", "name": "山田太郎", "name_kana": "ﾔﾏﾀﾞ ﾀﾛｳ", "address": "栄一丁目1", "household_no": "H1"},
    {
        "addressee_no": "0002",
        "name": "鈴木花子",
        "name_kana": "スズキ ハナコ",
        "address": "栄一丁目1",
        "household_no": "H1",
    },
    {"addressee_no": "0003", "name": "株式会社見本", "address": "本町2", "kind": "法人", "name_kana": ""},
]


def arrears_row(addressee_no: str = "0001", period: int = 1, unpaid: int = 45000, **more: Any) -> Row:
    due = {1: "2025-06-30", 2: "2025-09-01", 3: "2025-10-31", 4: "2026-02-02"}[period]
    return {
        "addressee_no": addressee_no,
        "tax_code": "11",
        "levy_year": 2025,
        "period": period,
        "notice_no": f"N{addressee_no}",
        "assessed_yen": 45000,
        "unpaid_yen": unpaid,
        "due_date": due,
        **more,
    }


def receipt_row(
    number: str, stage: str, addressee_no: str = "0001", period: int = 1, yen: int = 20000, **more: Any
) -> Row:
    return {
        "receipt_no": number,
        "addressee_no": addressee_no,
        "tax_code": "11",
        "levy_year": 2025,
        "period": period,
        "notice_no": f"N{addressee_no}",
        "received_on": "2026-06-01",
        "posted_on": "",
        "principal_yen": yen,
        "stage": stage,
        **more,
    }


def write_standard(
    path: Path,
    kind: str,
    rows: Iterable[Row],
    as_of: str,
    *,
    encoding: str = "utf-8",
    columns: Sequence[str] | None = None,
) -> Path:
    rows = list(rows)
    names = list(columns or [])
    if columns is None:
        present = {name for row in rows for name in row}
        names = [c.name for c in KINDS[kind].columns if c.name in present or c.required]
    labels = [KINDS[kind].by_name[name].label for name in names]
    amount = KINDS[kind].amount
    total = sum(int(row[amount]) for row in rows) if amount else ""
    lines = [f"基準日,{as_of}", ",".join(labels)]
    lines += [",".join(str(row.get(name, "")) for name in names) for row in rows]
    lines.append(f"合計,{len(rows)},{total}")
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path

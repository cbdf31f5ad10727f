"""What every kind of file is applied with, and the few moves they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, text

from casefile.intake.kinds import FileKind
from casefile.intake.lines import rows_named

_SAMPLES = 5
_ITS_OWN = "coalesce(s.addressee_no, '')"
ANYBODY = "''"
"""Whose a refused row is when its number cannot be relied on: it may have stood for any row that is absent."""


@dataclass(slots=True)
class Changes:
    """What a file did, or in a dry run would do. Amounts are the open principal before and after, in yen."""

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    closed: int = 0
    yen_before: int | None = None
    yen_after: int | None = None
    samples: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    needs_confirmation: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A column to be written: its target, the expression over `s`, and our file column that has to be mapped before an
    existing row is changed by it (default: the target's own name)."""

    target: str
    expression: str
    by: str = ""


@dataclass(slots=True)
class Applying:
    """One file being applied, inside its transaction."""

    conn: Connection
    municipality_id: int
    kind: FileKind
    import_id: UUID
    as_of: date
    extent: str
    mapped: frozenset[str]
    now: datetime
    last_applied_at: datetime | None
    changes: Changes = field(default_factory=Changes)

    @property
    def full(self) -> bool:
        return self.extent == "full"

    def run(self, statement: str, **more: Any) -> CursorResult[Any]:
        """Execute with :m, :import_id, :as_of and :now at hand."""
        at_hand = {"m": self.municipality_id, "import_id": self.import_id, "as_of": self.as_of, "now": self.now}
        clause = text(statement)
        # Only those the statement names: asking a clause for its parameters costs nothing.
        named = clause.compile().params
        return self.conn.execute(clause, {name: value for name, value in (at_hand | more).items() if name in named})

    def refuse(
        self, condition: str, column: str, reason: str, source: str = "incoming s", whose: str = _ITS_OWN
    ) -> int:
        """Move the rows of `source` for which `condition` holds to the reject list. `reason` is an SQL expression, and so is
        `whose`, the person the row is about."""
        label = self.kind.by_name[column].label
        who = whose if "addressee_no" in self.kind.by_name else ANYBODY
        found = self.run(
            f"INSERT INTO refused (row_no, column_name, reason, raw, addressee_no)"
            f" SELECT s.row_no, :label, {reason}, NULL, {who} FROM {source} WHERE {condition}",
            label=label,
        ).rowcount
        if found:
            self.run("DELETE FROM incoming s USING refused r WHERE r.row_no = s.row_no")
        return found

    def refuse_duplicates(self, key: Sequence[str]) -> None:
        """The first row of a key stands; the others are refused and name it. One of them may be somebody else's, with a
        number that was damaged into this one: nobody can say whose."""
        self.refuse_duplicates_of("incoming", key)

    def refuse_duplicates_of(self, table: str, key: Sequence[str]) -> None:
        """The same for a table made from `incoming`, which loses the refused rows too."""
        columns = ", ".join(f"s.{name}" for name in key)
        if not self.run(f"SELECT 1 FROM {table} s GROUP BY {columns} HAVING count(*) > 1 LIMIT 1").first():
            return
        self.refuse(
            "s.first_row < s.row_no",
            key[0] if key[0] in self.kind.by_name else self.kind.key[0],
            "s.first_row || '行目と同じキーの行です。どちらか一つにしてください'",
            f"(SELECT s.*, min(s.row_no) OVER (PARTITION BY {columns}) AS first_row FROM {table} s) s",
            ANYBODY,
        )
        if table != "incoming":
            self.run(f"DELETE FROM {table} s USING refused r WHERE r.row_no = s.row_no")

    def refuse_unknown_addressees(self, column: str = "addressee_no") -> None:
        """A number nobody has may be anybody's, with a digit gone wrong on the way."""
        same_length = (
            "SELECT CASE WHEN min(length(addressee_no)) = max(length(addressee_no)) THEN min(length(addressee_no)) END"
            " FROM taxpayer WHERE municipality_id = :m"
        )
        self.refuse(
            f"s.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM taxpayer t"
            f" WHERE t.municipality_id = :m AND t.addressee_no = s.{column})",
            column,
            f"'宛名番号「' || s.{column} || '」は登録されていません。' || CASE WHEN length(s.{column}) <> ({same_length})"
            f" THEN length(s.{column}) || '桁ですが、登録済みの番号は' || ({same_length}) || '桁です。番号が壊れていないか確かめてください'"
            " ELSE '先に宛名ファイルを取り込むか、番号が壊れていないか確かめてください' END",
            whose=ANYBODY,
        )

    def refuse_unknown_taxes(self) -> None:
        self.refuse(
            "s.tax_code IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tax_item t"
            " WHERE t.municipality_id = :m AND t.tax_code = s.tax_code)",
            "tax_code",
            "'税目コード「' || s.tax_code || '」は登録されていません。税目ファイルを取り込むか、対応表のコード表を直してください'",
        )

    def upsert(
        self,
        table: str,
        key: Mapping[str, str],
        values: Sequence[Value],
        *,
        stamps: Mapping[str, str] | None = None,
        source: str = "incoming s",
        shown: Sequence[str] = (),
    ) -> tuple[int, int, int]:
        """Insert what is new, change what differs; (inserted, changed, unchanged).

        Only columns the mapping has are compared and changed; `stamps` are written along with any change. The
        examples in the report show the key, or the expressions `shown` where the key says nothing to a reader.
        """
        stamps = stamps or {}
        kept = [value for value in values if (value.by or value.target) in self.mapped]
        match = " AND ".join(["t.municipality_id = :m", *(f"t.{name} = {expr}" for name, expr in key.items())])
        differs = "false"
        if kept:
            old = ", ".join(f"t.{value.target}" for value in kept)
            new = ", ".join(value.expression for value in kept)
            differs = f"(ROW({old}) IS DISTINCT FROM ROW({new}))"
        label = " || ' '  || ".join(f"coalesce(({expr})::text, '')" for expr in shown or key.values())
        counted = self.run(
            f"SELECT count(*) FILTER (WHERE t.municipality_id IS NULL) AS inserted,"
            f" count(*) FILTER (WHERE t.municipality_id IS NOT NULL AND {differs}) AS changed, count(*) AS total"
            f" FROM {source} LEFT JOIN {table} t ON {match}"
        ).one()
        if counted.inserted or counted.changed:
            self._take_samples(label, f"{source} LEFT JOIN {table} t ON {match}", differs)
            self._write(table, key, values, kept, stamps, source)
        return counted.inserted, counted.changed, counted.total - counted.inserted - counted.changed

    def _take_samples(self, label: str, joined: str, differs: str) -> None:
        rows = self.run(
            f"SELECT {label} AS what, t.municipality_id IS NULL AS is_new FROM {joined}"
            f" WHERE t.municipality_id IS NULL OR {differs} ORDER BY s.row_no LIMIT :many",
            many=_SAMPLES,
        )
        self.changes.samples.extend(f"{'追加' if row.is_new else '変更'} {row.what}" for row in rows)

    def _write(
        self,
        table: str,
        key: Mapping[str, str],
        values: Sequence[Value],
        kept: Sequence[Value],
        stamps: Mapping[str, str],
        source: str,
    ) -> None:
        targets = ["municipality_id", *key, *(value.target for value in values), *stamps]
        expressions = [":m", *key.values(), *(value.expression for value in values), *stamps.values()]
        action = "NOTHING"
        if kept:
            sets = [f"{name} = excluded.{name}" for name in (*(value.target for value in kept), *stamps)]
            old = ", ".join(f"t.{value.target}" for value in kept)
            new = ", ".join(f"excluded.{value.target}" for value in kept)
            action = f"UPDATE SET {', '.join(sets)} WHERE ROW({old}) IS DISTINCT FROM ROW({new})"
        self.run(
            f"INSERT INTO {table} AS t ({', '.join(targets)}) SELECT {', '.join(expressions)} FROM {source}"
            f" ORDER BY {', '.join(key.values())} ON CONFLICT (municipality_id, {', '.join(key)}) DO {action}"
        )

    def add(self, counts: tuple[int, int, int]) -> None:
        """Take over the counts of an upsert as the file's own."""
        self.changes.inserted += counts[0]
        self.changes.changed += counts[1]
        self.changes.unchanged += counts[2]

    def may_close(self) -> bool:
        """Whether absent rows may be closed: the file is 全件, and no refused row may have stood for any of them."""
        if not self.full:
            return False
        found = self.run(
            f"SELECT count(DISTINCT row_no) AS rows, (array_agg(DISTINCT row_no))[1:{_SAMPLES}] AS first_rows"
            " FROM refused WHERE addressee_no = ''"
        ).one()
        if found.rows:
            places = rows_named(found.first_rows, found.rows)
            self.changes.notices.append(
                f"誰のどのデータか決められない行が{found.rows:,}件({places})あるため、ファイルにないデータを閉じる処理は行っていません。"
                "閉じるはずのデータも残ることがあります。宛名ファイルを取り込むかその行を直してから、もう一度取り込んでください。"
            )
        return not found.rows

    def note_conflict(self, select: str, **more: Any) -> int:
        """Write conflicts: `select` yields row_no, addressee_no, subject, in_file, in_room."""
        return self.run(
            "INSERT INTO conflicting (row_no, addressee_no, subject, in_file, in_room) " + select, **more
        ).rowcount


NOT_REFUSED = "NOT EXISTS (SELECT 1 FROM refused r WHERE r.addressee_no = t.addressee_no)"
"""A person one of whose rows was refused keeps what stands: the row may have been meant for it."""

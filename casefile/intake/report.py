"""What an import did, told in Japanese and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from casefile.intake.applying.context import Changes

_SHOWN = 20
_EXTENTS = {"full": "全件", "delta": "差分"}


@dataclass(frozen=True, slots=True)
class RejectLine:
    row_no: int
    column: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class ConflictLine:
    row_no: int
    addressee_no: str
    subject: str
    in_file: str
    in_room: str


@dataclass(frozen=True, slots=True)
class StrangeLine:
    row_no: int
    column: str
    code_point: str
    source_bytes: str


@dataclass(slots=True)
class FileReport:
    """One file. `state`: applied, planned (dry run), already (the same file was applied before), refused."""

    file_name: str
    state: str
    kind: str = ""
    label: str = ""
    encoding: str = ""
    extent: str = ""
    as_of: date | None = None
    sha256: str = ""
    rows: int = 0
    amount_yen: int | None = None
    rejected: int = 0
    changes: Changes = field(default_factory=Changes)
    rejects: list[RejectLine] = field(default_factory=list)
    conflict_count: int = 0
    conflicts: list[ConflictLine] = field(default_factory=list)
    strange_count: int = 0
    strange: list[StrangeLine] = field(default_factory=list)
    refusal: str | None = None

    @property
    def applied_rows(self) -> int:
        """Rows that were taken: rows = applied_rows + rejected."""
        return self.changes.inserted + self.changes.changed + self.changes.unchanged

    def text(self) -> str:
        """The report of one file, without a name, address or telephone number beyond the refused lines themselves."""
        if self.state == "refused":
            return f"■ {self.file_name}: 取り込みませんでした\n  {self.refusal}"
        head = f"■ {self.file_name}({self.label}・{_EXTENTS[self.extent]}・{self.encoding}・基準日 {self.as_of})"
        if self.state == "already":
            return f"{head}\n  同じ内容をすでに取り込んでいます。何も変えていません。"
        changes = self.changes
        lines = [
            head,
            (
                f"  {self.rows:,}行を読み、追加 {changes.inserted:,} / 変更 {changes.changed:,} / 変更なし {changes.unchanged:,}"
                f" / 受け付けず {self.rejected:,}、ファイルにないため終了 {changes.closed:,}"
            ),
        ]
        if changes.yen_before is not None and changes.yen_after is not None:
            difference = changes.yen_after - changes.yen_before
            lines.append(f"  未納額 {changes.yen_before:,}円 → {changes.yen_after:,}円({difference:+,}円)")
        lines += [f"  例: {sample}" for sample in changes.samples]
        lines += [f"  注意: {notice}" for notice in changes.notices]
        if changes.needs_confirmation:
            lines.append(f"  確認が必要: {changes.needs_confirmation}。")
        lines += self._listed(
            "受け付けなかった行",
            self.rejected,
            [f"{line.row_no}行目「{line.column}」: {line.reason}" for line in self.rejects],
            len(self.rejects),
        )
        lines += self._listed(
            "現場の記録と食い違うところ(現場の記録を残しました)",
            self.conflict_count,
            [
                f"{line.row_no}行目 宛名番号{line.addressee_no} {line.subject}: ファイル「{line.in_file}」/ 現場「{line.in_room}」"
                for line in self.conflicts
            ],
            self.conflict_count,
        )
        lines += self._listed(
            "外字など標準にない文字(そのまま残しました)",
            self.strange_count,
            [
                f"{line.row_no}行目「{line.column}」: {line.code_point}(元のバイト {line.source_bytes})"
                for line in self.strange
            ],
            self.strange_count,
        )
        return "\n".join(lines)

    @staticmethod
    def _listed(title: str, count: int, entries: list[str], total: int) -> list[str]:
        if not count:
            return []
        lines = [f"  {title}: {count:,}件", *(f"    {entry}" for entry in entries[:_SHOWN])]
        if total > _SHOWN:
            lines.append(f"    ほか{total - _SHOWN:,}件(取込の記録と --json にあります)")
        return lines

    def to_json(self) -> dict[str, Any]:
        content = asdict(self)
        content["as_of"] = None if self.as_of is None else self.as_of.isoformat()
        return content


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All files of one command."""

    dry_run: bool
    files: tuple[FileReport, ...]

    @property
    def refused(self) -> bool:
        return any(file.state == "refused" for file in self.files)

    @property
    def flawless(self) -> bool:
        """Every row of every file was taken."""
        return not self.refused and not any(file.rejected or file.changes.needs_confirmation for file in self.files)

    def text(self) -> str:
        head = "試行(何も変えていません)" if self.dry_run else "取込の結果"
        return "\n".join([head, *(file.text() for file in self.files)])

    def to_json(self) -> dict[str, Any]:
        return {"dry_run": self.dry_run, "files": [file.to_json() for file in self.files]}

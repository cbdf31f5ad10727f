"""Files into the case file: one transaction each; a dry run takes the same steps and rolls them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DataError, IntegrityError

from casefile.clock import Clock, jst_date
from casefile.db import Database, enter
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from casefile.intake.applying.context import Applying
from casefile.intake.applying.steps import STEPS
from casefile.intake.converting import PhoneContext
from casefile.intake.mapping import FileMapping, Mapping
from casefile.intake.reading import FileReader
from casefile.intake.report import ConflictLine, FileReport, ImportReport, RejectLine, StrangeLine
from casefile.intake.runs import applied_before, last_applied_at, newest_as_of, record_run
from casefile.intake.staging import Staged, fill_raws, prepare, stage
from casefile.phone_number import read_phone
from casefile.tables import Municipality

_LOCK = 1_986_011_411
_MOST_LISTED = 10_000
_LEFT_OUT = "前のファイルを取り込めなかったため、このファイルには手を付けていません。前のファイルを直してから、もう一度実行してください。"


@dataclass(frozen=True, slots=True)
class _Command:
    """What one command imports, for whom and when."""

    municipality_id: int
    mapping: Mapping
    clock: Clock
    ids: Ids
    as_of: date | None
    confirm_drop: bool
    dry_run: bool
    applied_by: UUID | None


def apply_import(
    database: Database,
    municipality_id: int,
    mapping: Mapping,
    files: Sequence[Path],
    clock: Clock,
    ids: Ids,
    *,
    as_of: date | None = None,
    confirm_drop: bool = False,
    applied_by: UUID | None = None,
) -> ImportReport:
    """Apply files in the order of dependence, each in a transaction of its own; the first refused one ends it.

    A refused file is in the report with its sentence. Raises TsunagaruError when the municipality is unknown.
    """
    command = _Command(municipality_id, mapping, clock, ids, as_of, confirm_drop, False, applied_by)
    reports: list[FileReport] = []
    for path, file in _in_order(command, files, reports):
        if any(report.state == "refused" for report in reports):
            reports.append(_refused(path, file, _LEFT_OUT))
            continue
        try:
            with database.transaction(municipality_id) as conn:
                reports.append(_apply(conn, command, path, file))
        except (TsunagaruError, DataError, IntegrityError, psycopg.DataError) as error:
            reports.append(_refused(path, file, _sentence(error)))
    return ImportReport(False, tuple(reports))


def plan_import(
    database: Database,
    municipality_id: int,
    mapping: Mapping,
    files: Sequence[Path],
    clock: Clock,
    ids: Ids,
    *,
    as_of: date | None = None,
    confirm_drop: bool = False,
) -> ImportReport:
    """What `apply_import` would do: the same steps in one transaction that is rolled back."""
    command = _Command(municipality_id, mapping, clock, ids, as_of, confirm_drop, True, None)
    reports: list[FileReport] = []
    with database.engine.connect() as conn, conn.begin() as transaction:
        enter(conn, municipality_id)
        for path, file in _in_order(command, files, reports):
            if any(report.state == "refused" for report in reports):
                reports.append(_refused(path, file, _LEFT_OUT))
                continue
            try:
                with conn.begin_nested():
                    reports.append(_apply(conn, command, path, file))
            except (TsunagaruError, DataError, IntegrityError, psycopg.DataError) as error:
                reports.append(_refused(path, file, _sentence(error)))
        transaction.rollback()
    return ImportReport(True, tuple(reports))


def _in_order(command: _Command, files: Sequence[Path], reports: list[FileReport]) -> list[tuple[Path, FileMapping]]:
    known: list[tuple[Path, FileMapping]] = []
    for path in files:
        try:
            known.append((path, command.mapping.of_file(path.name)))
        except TsunagaruError as error:
            reports.append(FileReport(path.name, "refused", refusal=str(error)))
    return sorted(known, key=lambda pair: (pair[1].kind.order, pair[0].name))


def _apply(conn: Connection, command: _Command, path: Path, file: FileMapping) -> FileReport:
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock, :m)"), {"lock": _LOCK, "m": command.municipality_id})
    conn.execute(text("SET LOCAL work_mem = '256MB'"))
    reader = FileReader(path, file, _phone_context(conn, command), command.as_of)
    report = FileReport(
        file_name=path.name,
        state="planned" if command.dry_run else "applied",
        kind=file.kind.code,
        label=file.kind.label,
        encoding=reader.recognised.label,
        extent=file.extent,
        sha256=reader.recognised.sha256,
    )
    before = applied_before(conn, command.municipality_id, file.kind.code, report.sha256)
    if before is not None:
        report.state, report.as_of = "already", before
        return report
    if not reader.as_of_is_known_late():
        _check_as_of(conn, command, reader)
    prepare(conn, file.kind)
    staged = stage(conn, reader)
    report.as_of = _check_as_of(conn, command, reader)
    applying = Applying(
        conn=conn,
        municipality_id=command.municipality_id,
        kind=file.kind,
        import_id=command.ids.new(),
        as_of=report.as_of,
        extent=file.extent,
        mapped=frozenset(reader.mapped),
        now=command.clock.now(),
        last_applied_at=last_applied_at(conn, command.municipality_id, file.kind.code),
        changes=report.changes,
    )
    STEPS[file.kind.code](applying)
    fill_raws(conn, reader)
    _tell(conn, report, reader, staged)
    if report.changes.needs_confirmation and command.confirm_drop:
        report.changes.notices.append("前回より大きく減りますが、--confirm-drop により取り込みました。")
        report.changes.needs_confirmation = None
    if report.changes.needs_confirmation and not command.dry_run:
        raise TsunagaruError(f"{path.name}({file.kind.label}): {report.changes.needs_confirmation}。")
    record_run(conn, command.municipality_id, applying.import_id, report, applying.now, command.applied_by)
    return report


def _phone_context(conn: Connection, command: _Command) -> PhoneContext:
    row = conn.execute(
        select(Municipality.area_code, Municipality.caller_number).where(
            Municipality.municipality_id == command.municipality_id
        )
    ).one_or_none()
    if row is None:
        raise TsunagaruError(
            f"団体コード {command.municipality_id:06d} の自治体は登録されていません。コードを確かめるか、先に自治体を登録してください。"
        )
    area_code = command.mapping.area_code or row.area_code
    own = read_phone(row.caller_number, area_code).e164 or row.caller_number
    return PhoneContext(area_code, frozenset({own}))


def _check_as_of(conn: Connection, command: _Command, reader: FileReader) -> date:
    as_of = reader.as_of()
    name, label = reader.path.name, reader.kind.label
    today = jst_date(command.clock.now())
    if as_of > today:
        raise TsunagaruError(f"{name}({label}): 基準日 {as_of} は今日({today})より後です。日付を確かめてください。")
    newest = newest_as_of(conn, command.municipality_id, reader.kind.code)
    if newest is not None and as_of < newest:
        raise TsunagaruError(
            f"{name}({label}): 基準日 {as_of} は取込済みの {newest} より古いため、取り込みません。新しい基準日のファイルを使ってください。"
        )
    return as_of


def _tell(conn: Connection, report: FileReport, reader: FileReader, staged: Staged) -> None:
    """Put into the report what stands in the staging tables."""
    report.rows = staged.rows
    report.amount_yen = reader.amount_yen if reader.kind.amount in reader.mapped else None
    report.strange_count = staged.strange
    report.rejected = conn.execute(text("SELECT count(DISTINCT row_no) FROM refused")).scalar_one()
    report.conflict_count = conn.execute(text("SELECT count(*) FROM conflicting")).scalar_one()
    most = {"most": _MOST_LISTED}
    report.rejects = [
        RejectLine(*row)
        for row in conn.execute(
            text(
                "SELECT row_no, column_name, reason, coalesce(raw, '') FROM refused"
                " ORDER BY row_no, column_name, reason LIMIT :most"
            ),
            most,
        )
    ]
    report.conflicts = [
        ConflictLine(*row)
        for row in conn.execute(
            text(
                "SELECT row_no, addressee_no, subject, in_file, in_room FROM conflicting"
                " ORDER BY row_no, addressee_no, subject, in_file, in_room LIMIT :most"
            ),
            most,
        )
    ]
    report.strange = [
        StrangeLine(*row)
        for row in conn.execute(
            text(
                "SELECT DISTINCT row_no, column_name, code_point, source_bytes FROM odd"
                " ORDER BY row_no, column_name, code_point, source_bytes LIMIT :most"
            ),
            most,
        )
    ]


def _refused(path: Path, file: FileMapping, sentence: str) -> FileReport:
    return FileReport(path.name, "refused", file.kind.code, file.kind.label, extent=file.extent, refusal=sentence)


def _sentence(error: Exception) -> str:
    if isinstance(error, TsunagaruError):
        return str(error)
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return (
        f"データベースが受け付けない値があり、何も取り込んでいません({reason})。"
        "対応表の列の割り当てを確かめ、直らないときはこの文を添えて保守担当に知らせてください。"
    )

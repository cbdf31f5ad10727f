"""What was imported before: the same file, the newest 基準日 of each kind; and the record of a new one."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text

from casefile.intake.report import FileReport
from casefile.tables import ImportRun


def receipts_as_of(conn: Connection, municipality_id: int) -> date | None:
    """The newest 基準日 of the receipts that were applied; None before the first. The gate asks how old they are."""
    return newest_as_of(conn, municipality_id, "receipts")


def newest_as_of(conn: Connection, municipality_id: int, file_kind: str) -> date | None:
    """The newest 基準日 of one kind of file."""
    question = select(func.max(ImportRun.as_of)).where(
        ImportRun.municipality_id == municipality_id, ImportRun.file_kind == file_kind
    )
    return conn.execute(question).scalar()


def applied_before(conn: Connection, municipality_id: int, file_kind: str, sha256: str) -> date | None:
    """The 基準日 under which the very same content was applied before; None if it never was.

    None too while it is the newest of its kind and had rows refused: what those lacked (people, taxes) may be here by now.
    """
    newest = (
        select(ImportRun.sha256, ImportRun.rejected)
        .where(ImportRun.municipality_id == municipality_id, ImportRun.file_kind == file_kind)
        .order_by(ImportRun.applied_at.desc(), ImportRun.import_id.desc())
        .limit(1)
    )
    last = conn.execute(newest).one_or_none()
    if last is not None and last.sha256 == sha256 and last.rejected:
        return None
    question = (
        select(ImportRun.as_of)
        .where(
            ImportRun.municipality_id == municipality_id, ImportRun.file_kind == file_kind, ImportRun.sha256 == sha256
        )
        .order_by(ImportRun.applied_at.desc(), ImportRun.import_id)
        .limit(1)
    )
    return conn.execute(question).scalar()


def last_applied_at(conn: Connection, municipality_id: int, file_kind: str) -> datetime | None:
    """When a file of this kind was last applied."""
    question = select(func.max(ImportRun.applied_at)).where(
        ImportRun.municipality_id == municipality_id, ImportRun.file_kind == file_kind
    )
    return conn.execute(question).scalar()


def record_run(
    conn: Connection, municipality_id: int, import_id: UUID, report: FileReport, now: datetime, by: UUID | None
) -> None:
    """Write the run with its rejects, conflicts and strange characters, from the staging tables."""
    changes = report.changes
    conn.execute(
        insert(ImportRun).values(
            municipality_id=municipality_id,
            import_id=import_id,
            file_kind=report.kind,
            file_name=report.file_name,
            sha256=report.sha256,
            encoding=report.encoding,
            extent=report.extent,
            as_of=report.as_of,
            row_count=report.rows,
            amount_yen=report.amount_yen,
            inserted=changes.inserted,
            changed=changes.changed,
            unchanged=changes.unchanged,
            closed=changes.closed,
            rejected=report.rejected,
            detail={
                "samples": changes.samples,
                "notices": changes.notices,
                "yen_before": changes.yen_before,
                "yen_after": changes.yen_after,
                "conflicts": report.conflict_count,
                "unmappable": report.strange_count,
            },
            applied_at=now,
            applied_by=by,
        )
    )
    for statement in (
        (
            "INSERT INTO import_reject (municipality_id, import_id, row_no, column_name, reason, raw)"
            " SELECT DISTINCT ON (row_no, column_name) :m, :import_id, row_no, column_name, reason, coalesce(raw, '')"
            " FROM refused ORDER BY row_no, column_name, reason"
        ),
        (
            "INSERT INTO import_conflict (municipality_id, import_id, seq, row_no, addressee_no, subject, in_file, in_room)"
            " SELECT :m, :import_id, row_number() OVER (ORDER BY row_no, addressee_no, subject, in_file, in_room),"
            " row_no, addressee_no, subject, in_file, in_room FROM conflicting"
        ),
        (
            "INSERT INTO unmappable_character (municipality_id, import_id, row_no, column_name, code_point, source_bytes)"
            " SELECT DISTINCT :m, CAST(:import_id AS uuid), row_no, column_name, code_point, source_bytes FROM odd"
            " ORDER BY row_no, column_name, code_point"
        ),
    ):
        conn.execute(text(statement), {"m": municipality_id, "import_id": import_id})

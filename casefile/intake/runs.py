"""What was imported before: the same file, the newest 基準日 of each kind."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, func, select

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


def already_applied(conn: Connection, municipality_id: int, file_kind: str, sha256: str) -> bool:
    """Whether the very same content was applied as the latest file of its kind, or before it."""
    question = (
        select(ImportRun.import_id)
        .where(
            ImportRun.municipality_id == municipality_id, ImportRun.file_kind == file_kind, ImportRun.sha256 == sha256
        )
        .order_by(ImportRun.import_id)
        .limit(1)
    )
    return conn.execute(question).first() is not None

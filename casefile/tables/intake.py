"""What each import did: the run, the rows it refused, what it would have overwritten, characters it could not map."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from casefile.db import Base, Json, OfMunicipality, OfParent, within


class ImportRun(OfMunicipality, Base):
    """One applied file. The same content (`sha256`) a second time changes nothing."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_file_kind", "municipality_id", "file_kind", "as_of"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    encoding: Mapped[str]
    extent: Mapped[str]
    as_of: Mapped[date]
    row_count: Mapped[int]
    amount_yen: Mapped[int | None] = mapped_column(BigInteger)
    inserted: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    closed: Mapped[int]
    rejected: Mapped[int]
    detail: Mapped[Json]
    applied_at: Mapped[datetime]
    applied_by: Mapped[UUID | None]


class ImportReject(OfParent, Base):
    """A refused row: where, what was there, and why, in Japanese."""

    __tablename__ = "import_reject"
    __table_args__ = (within("import_run", "import_id"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column_name: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    raw: Mapped[str]


class ImportConflict(OfParent, Base):
    """Where a file disagreed with what the room had learned; the room's knowledge stood."""

    __tablename__ = "import_conflict"
    __table_args__ = (within("import_run", "import_id"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_no: Mapped[int]
    addressee_no: Mapped[str]
    subject: Mapped[str]
    in_file: Mapped[str]
    in_room: Mapped[str]


class UnmappableCharacter(OfParent, Base):
    """A private-use or undecodable character kept as it came, and where it stands."""

    __tablename__ = "unmappable_character"
    __table_args__ = (within("import_run", "import_id"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column_name: Mapped[str] = mapped_column(primary_key=True)
    code_point: Mapped[str] = mapped_column(primary_key=True)
    source_bytes: Mapped[str]

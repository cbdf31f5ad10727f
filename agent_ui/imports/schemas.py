"""What an import shows."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from agent_ui.signin.schemas import Shown


class ImportLine(Shown):
    import_id: UUID
    kind: str
    kind_label: str
    file_name: str
    as_of: date
    extent: str
    encoding: str
    row_count: int
    amount_yen: int | None
    inserted: int
    changed: int
    unchanged: int
    closed: int
    rejected: int
    conflicts: int
    applied_at: datetime
    by: str


class Imports(Shown):
    imports: list[ImportLine]


class RejectLine(Shown):
    row_no: int
    column: str
    reason: str


class Rejects(Shown):
    import_id: UUID
    rejects: list[RejectLine]

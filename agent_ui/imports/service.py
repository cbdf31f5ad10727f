"""What was imported: read-only; importing itself is the command line's and the worker's."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, func, select

from agent_ui.context import PanelContext
from agent_ui.identity import SignedIn
from agent_ui.imports.schemas import ImportLine, Imports, RejectLine, Rejects
from casefile.intake.kinds import KINDS
from casefile.roles import Right
from casefile.tables import ImportConflict, ImportReject, ImportRun, UserAccount

_EXTENTS = {"full": "全件", "difference": "差分", "delta": "差分"}
SHOWN = 100
SHOWN_REJECTS = 500


def kind_label(code: str) -> str:
    """The kind in the words of the import itself; of a kind no longer known, its code."""
    return KINDS[code].label if code in KINDS else code


def listing(context: PanelContext, person: SignedIn) -> Imports:
    """The newest imports."""
    person.require(Right.IMPORT)
    conflicts = (
        select(func.count())
        .where(
            ImportConflict.municipality_id == ImportRun.municipality_id,
            ImportConflict.import_id == ImportRun.import_id,
        )
        .scalar_subquery()
    )
    with context.database.transaction(person.municipality_id) as conn:
        rows = conn.execute(
            select(ImportRun, conflicts.label("conflicts"), UserAccount.display_name)
            .outerjoin(
                UserAccount,
                and_(
                    UserAccount.municipality_id == ImportRun.municipality_id,
                    UserAccount.user_id == ImportRun.applied_by,
                ),
            )
            .order_by(ImportRun.applied_at.desc(), ImportRun.import_id)
            .limit(SHOWN)
        ).all()
    return Imports(
        imports=[
            ImportLine(
                import_id=row.import_id,
                kind=row.file_kind,
                kind_label=kind_label(row.file_kind),
                file_name=row.file_name,
                as_of=row.as_of,
                extent=_EXTENTS.get(row.extent, row.extent),
                encoding=row.encoding,
                row_count=row.row_count,
                amount_yen=row.amount_yen,
                inserted=row.inserted,
                changed=row.changed,
                unchanged=row.unchanged,
                closed=row.closed,
                rejected=row.rejected,
                conflicts=row.conflicts,
                applied_at=row.applied_at,
                by=row.display_name or "コマンド",
            )
            for row in rows
        ]
    )


def rejects(context: PanelContext, person: SignedIn, import_id: UUID) -> Rejects:
    """The rows an import refused and why; what stood in them stays in the database."""
    person.require(Right.IMPORT)
    with context.database.transaction(person.municipality_id) as conn:
        rows = conn.execute(
            select(ImportReject.row_no, ImportReject.column_name, ImportReject.reason)
            .where(ImportReject.import_id == import_id)
            .order_by(ImportReject.row_no, ImportReject.column_name)
            .limit(SHOWN_REJECTS)
        ).all()
    lines = [RejectLine(row_no=row.row_no, column=row.column_name, reason=row.reason) for row in rows]
    return Rejects(import_id=import_id, rejects=lines)

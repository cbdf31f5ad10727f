"""Row-level security and the rights of the application's role, said once for every migration."""

from __future__ import annotations

from alembic import op

from casefile.db import APPLICATION_ROLE, MUNICIPALITY_SETTING

_MINE = f"municipality_id = nullif(current_setting('{MUNICIPALITY_SETTING}', true), '')::integer"


def protect(table: str, *rights: str) -> None:
    """Show and take only rows of the municipality the transaction works for; grant just these rights."""
    _force(table)
    op.execute(f"CREATE POLICY own_municipality ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    _grant(table, rights)


def protect_directory(table: str, *rights: str) -> None:
    """As `protect`, but every row may be read: the list of municipalities is shown before anybody has signed in."""
    _force(table)
    op.execute(f"CREATE POLICY readable ON {table} FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY own_insert ON {table} FOR INSERT WITH CHECK ({_MINE})")
    op.execute(f"CREATE POLICY own_update ON {table} FOR UPDATE USING ({_MINE}) WITH CHECK ({_MINE})")
    _grant(table, rights)


def _force(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _grant(table: str, rights: tuple[str, ...]) -> None:
    op.execute(f"GRANT {', '.join(rights)} ON {table} TO {APPLICATION_ROLE}")

"""Whether a database has this version's tables, before a command reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from casefile import migrations
from casefile.db import APPLICATION_ROLE
from casefile.errors import TsunagaruError
from tsunagaru.database import database_for_a_while
from tsunagaru.databases import connect
from tsunagaru.settings import Settings


@dataclass(frozen=True, slots=True)
class Shape:
    """`revision` of the tables, None where there are none; whether the application's role exists, and steps over walls."""

    revision: str | None
    newest: str | None
    has_role: bool
    role_is_too_strong: bool

    @property
    def current(self) -> bool:
        return self.revision == self.newest and self.has_role

    @property
    def told(self) -> str:
        return f"版 {self.revision}" if self.current else f"表の版 {self.revision or 'なし'}(この版は {self.newest})"


def shape_of(connection: psycopg.Connection[tuple[object, ...]]) -> Shape:
    """What the database says of itself."""
    role = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]
    ).fetchone()
    known = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    revision = None
    if known is not None and known[0]:
        revision = connection.execute("SELECT version_num FROM alembic_version ORDER BY version_num DESC").fetchone()
    return Shape(
        None if revision is None else str(revision[0]),
        migrations.history().get_current_head(),
        role is not None,
        bool(role and role[0]),
    )


@contextmanager
def migrated_database(settings: Settings) -> Iterator[str]:
    """The working database's administrator URL, for a command that only reads.

    Raises TsunagaruError where the tables are missing or of another version.
    """
    with database_for_a_while(settings) as url:
        with connect(url) as connection:
            shape = shape_of(connection)
        if not shape.current:
            where = "DATABASE_URL" if settings.database_url is not None else str(settings.home)
            raise TsunagaruError(
                f"データベース({where})がまだこの版の形になっていません: {shape.told}。"
                "「tsunagaru migrate」を実行するか、別の場所のデータなら TSUNAGARU_HOME か DATABASE_URL で指定してください。"
            )
        yield url

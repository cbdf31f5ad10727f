"""One declarative base, one way into a transaction, row-level security by municipality.

Every table of every room hangs on `Base`. A transaction names the municipality it works for; without a name the
policies show no rows at all. The application works as the role `tsunagaru_app`, which is neither a superuser nor
exempt from row-level security, whatever account the connection itself was opened with.

The role guards against our own mistakes, not against somebody who can run SQL of his own on a connection: `RESET ROLE`
gives back the account of DATABASE_URL with all it may do. No statement of ours is built from what a person typed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Text,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

APPLICATION_ROLE = "tsunagaru_app"
MUNICIPALITY_SETTING = "app.municipality"

Json = dict[str, Any]
rows_as_json = json.JSONEncoder(default=str).encode
"""Rows as one text, for statements that take many at once; whatever JSON has no word for goes as its text."""


_WAIT_AT_LEAST_FOR_THE_DISK = """
SELECT set_config('synchronous_commit', 'local', true) WHERE current_setting('synchronous_commit') = 'off'
"""


class Base(DeclarativeBase):
    """The one registry of tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text,
        Json: JSONB,
        list[Any]: JSONB,
    }


class OfMunicipality:
    """The column that leads every key: the six-digit 全国地方公共団体コード of the owner of the row."""

    municipality_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("municipality.municipality_id"), primary_key=True, autoincrement=False, sort_order=-1
    )


class OfParent(OfMunicipality):
    """A row `within` a parent it always has: the parent's municipality exists, so a second key need not prove it.

    Each foreign key looks up and share-locks a row for every row written, and this one's is the same for a whole city.
    """

    municipality_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, sort_order=-1)


def within(table: str, *columns: str, to: tuple[str, ...] = (), deferrable: bool = False) -> ForeignKeyConstraint:
    """A foreign key that stays inside one municipality: `municipality_id` leads on both sides."""
    targets = to or columns
    return ForeignKeyConstraint(
        ["municipality_id", *columns],
        [f"{table}.municipality_id", *(f"{table}.{target}" for target in targets)],
        deferrable=deferrable or None,
        initially="DEFERRED" if deferrable else None,
    )


def yen(**options: Any) -> Mapped[int]:
    """An amount in whole yen."""
    return mapped_column(BigInteger, **options)


_WAKES_OTHERS = "wakes_others"
_DO_NOT_WAIT = "SET LOCAL synchronous_commit = off"


class Database:
    """Connections to one PostgreSQL database as the application's role."""

    def __init__(self, url: str, *, pool_size: int = 5, pooled: bool = True, asynchronous_commit: bool = False) -> None:
        """Open lazily. `url` is a libpq URL; `asynchronous_commit` is for rehearsals, which may lose their last moment,
        and whose server does not go away in between.

        Raises nothing until the first transaction.
        """
        self.url = sqlalchemy_url(url)
        options = f"-c role={APPLICATION_ROLE} -c timezone=UTC"
        if asynchronous_commit:
            options += " -c synchronous_commit=off"
        pool: Json = (
            {"pool_size": pool_size, "pool_pre_ping": not asynchronous_commit} if pooled else {"poolclass": NullPool}
        )
        self.engine: Engine = create_engine(
            self.url,
            connect_args={"options": options},
            hide_parameters=True,  # an error must not carry a row into a log
            **pool,
        )

    @contextmanager
    def transaction(self, municipality_id: int | None) -> Iterator[Connection]:
        """A transaction that sees one municipality's rows; with None it sees only what belongs to nobody.

        What it wrote is on the disk when this ends.
        """
        with self.engine.connect() as connection:
            connection.info.pop(_WAKES_OTHERS, None)
            with connection.begin():
                enter(connection, municipality_id)
                yield connection
                waits_afterwards = connection.info.pop(_WAKES_OTHERS, False)
                if waits_afterwards:
                    connection.exec_driver_sql(_DO_NOT_WAIT)
            if waits_afterwards:
                reach_disk(connection)

    @contextmanager
    def repeatable_transaction(self, municipality_id: int | None) -> Iterator[Connection]:
        """A `transaction` of rows whose source will tell them again if the database server crashes in the next moment.

        Its commit does not wait for the disk, and is durable at the latest with the next one that does
        (https://www.postgresql.org/docs/current/wal-async-commit.html). Never for what the outside world acts on, unless
        it waits until `reach_disk` has returned.
        """
        with self.transaction(municipality_id) as connection:
            connection.exec_driver_sql(_DO_NOT_WAIT)
            yield connection

    def reach_disk(self) -> None:
        """Return when all that was committed before, by whatever connection, is on the server's disk."""
        with self.engine.connect() as connection:
            reach_disk(connection)

    def close(self) -> None:
        self.engine.dispose()


def wakes_others(connection: Connection) -> None:
    """Say that this transaction wakes somebody (`pg_notify`), so that its commit must not wait for the disk.

    Of all transactions that do, PostgreSQL commits one at a time (PreCommit_Notify in its src/backend/commands/async.c): one
    that waited for a stalled disk would hold the engine's. `Database.transaction` waits when it is committed instead.
    """
    connection.info[_WAKES_OTHERS] = True


def reach_disk(connection: Connection) -> None:
    """Commit something that leaves a mark in the log and nowhere else, and wait for it: the log is written in its order.

    How far it waits, for standbys too perhaps, is the server's own setting; its own disk is the least.
    """
    with connection.begin():
        connection.exec_driver_sql(_WAIT_AT_LEAST_FOR_THE_DISK)
        connection.exec_driver_sql("SELECT pg_logical_emit_message(true, 'tsunagaru', '')")


def enter(connection: Connection, municipality_id: int | None) -> None:
    """Say for whom this transaction works, until it ends."""
    connection.execute(
        text("SELECT set_config(:name, :value, true)"),
        {"name": MUNICIPALITY_SETTING, "value": "" if municipality_id is None else str(municipality_id)},
    )


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver the project uses; `postgres://` and `postgresql://` are both taken."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise ValueError(
            "DATABASE_URL must start with postgresql://, for example "
            "postgresql://user:password@localhost:5432/tsunagaru; only PostgreSQL 15 or later is supported"
        )
    return f"postgresql+psycopg://{rest}"

"""The database of a rehearsal: single-threaded and alone in it, so that many events share one open transaction.

The statements are those of a live room; only their commits come together. Nobody else reads meanwhile, and a rehearsal that
breaks off is begun anew, so nothing is lost by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, RootTransaction, create_engine
from sqlalchemy.pool import NullPool

from casefile.db import APPLICATION_ROLE, Database, enter
from rehearsal.straight import StraightConnection

_JOINED = 64
"""So many pieces of work are committed together: more would let dead rows pile up, which only a commit sets free."""
# Plans are made once, by index: the tables are young, and what the planner believes of them is soon out of date.
GROWING = (
    "attempt, gate_decision, call_transition, contact_record, contact_hold, promise, follow_up, message, recall, "
    "campaign_entry, floor_command, seat_change, audit_entry, receipt"
)
"""The tables a day changes so much that the planner must look at them again."""
_SETTINGS = {
    "role": APPLICATION_ROLE,
    "timezone": "UTC",
    "synchronous_commit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


class OneTransaction(Database):
    """One connection whose transaction is joined by whoever asks for one, and committed now and then.

    What raises inside `transaction` must not have written: nothing is undone but by a savepoint of its own.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.engine = create_engine(
            self.url,
            connect_args={
                "options": " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items()),
                "prepare_threshold": 1,
            },
            hide_parameters=True,
            poolclass=NullPool,
        )
        self._connection: Connection | None = None
        self._open: RootTransaction | None = None
        self._works_for: int | None = None
        self._joined = 0
        self._depth = 0

    @contextmanager
    def transaction(self, municipality_id: int | None) -> Iterator[Connection]:
        """Join the open transaction, or begin one. Works for one municipality at a time."""
        connection = self._begun(municipality_id)
        self._depth += 1
        try:
            yield connection
        finally:
            self._depth -= 1
            self._joined += 1

    @contextmanager
    def repeatable_transaction(self, municipality_id: int | None) -> Iterator[Connection]:
        """Like any other: none waits for the disk."""
        with self.transaction(municipality_id) as connection:
            yield connection

    def reach_disk(self) -> None:
        """Nobody outside acts on what is written here, and a rehearsal that breaks off is begun anew."""

    def commit(self) -> None:
        """Let others see what was written."""
        if self._open is not None:
            self._open.commit()
            self._open = None

    def refresh_statistics(self, tables: str = "") -> None:
        """Commit, and have the planner look at these tables, or at all: an evening's autovacuum, of which minutes have
        no time.

        As the account of the URL, since the application's role owns no table; what it may not look at is left out.
        """
        self.commit()
        owner = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            # A tenth of the usual sample: the indexes hardly leave the planner a choice.
            connection.exec_driver_sql("SET default_statistics_target = 10")
            connection.exec_driver_sql(f"ANALYZE {tables}")

    def close(self) -> None:
        """Commit and let go of the connection."""
        self.commit()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        super().close()

    def _begun(self, municipality_id: int | None) -> Connection:
        if self._depth == 0 and (self._joined >= _JOINED or municipality_id != self._works_for):
            self.commit()
        if self._connection is None:
            self._connection = StraightConnection(self.engine)
            driver = self._connection.connection.driver_connection
            assert driver is not None
            driver.prepared_max = None
        if self._open is None:
            self._open = self._connection.begin()
            self._joined = 0
            self._works_for = municipality_id
            enter(self._connection, municipality_id)
        return self._connection

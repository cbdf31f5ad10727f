"""A rehearsal's one transaction: joined by whoever asks, committed together, with rows like SQLAlchemy's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

from casefile.db import MUNICIPALITY_SETTING, Database
from rehearsal.one_transaction import OneTransaction

pytestmark = pytest.mark.integration

_ONE, _OTHER = 119_997, 119_998
_NUMBERS = "SELECT n, n * 2 AS double FROM generate_series(1, %(last)s::int) AS n ORDER BY n"


@pytest.fixture
def work(database: Database) -> Iterator[OneTransaction]:
    opened = OneTransaction(database.url)
    yield opened
    opened.close()


def _transaction_of(work: OneTransaction, municipality_id: int) -> str:
    with work.transaction(municipality_id) as conn:
        number: str = conn.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
        return number


def test_one_transaction_is_joined_until_it_is_committed(work: OneTransaction) -> None:
    first = _transaction_of(work, _ONE)
    assert _transaction_of(work, _ONE) == first
    work.commit()
    assert _transaction_of(work, _ONE) != first


def test_it_is_committed_by_itself_after_so_many_pieces_of_work(work: OneTransaction) -> None:
    assert len({_transaction_of(work, _ONE) for _ in range(100)}) == 2


def test_another_municipality_never_joins(work: OneTransaction) -> None:
    asked = f"SELECT current_setting('{MUNICIPALITY_SETTING}')"
    seen = []
    for municipality_id in (_ONE, _OTHER, _ONE):
        with work.transaction(municipality_id) as conn:
            seen.append(conn.exec_driver_sql(asked).scalar_one())
    assert seen == [str(_ONE), str(_OTHER), str(_ONE)]


def test_rows_have_names_and_places(work: OneTransaction) -> None:
    with work.transaction(_ONE) as conn:
        rows = conn.exec_driver_sql(_NUMBERS, {"last": 3}).all()
        assert [(row.n, row.double) for row in rows] == [(1, 2), (2, 4), (3, 6)]
        assert list(conn.exec_driver_sql(_NUMBERS, {"last": 3}).scalars()) == [1, 2, 3]
        assert conn.exec_driver_sql(_NUMBERS, {"last": 0}).first() is None
        with pytest.raises(NoResultFound):
            conn.exec_driver_sql(_NUMBERS, {"last": 0}).one()
        with pytest.raises(MultipleResultsFound):
            conn.exec_driver_sql(_NUMBERS, {"last": 2}).one()


def test_a_text_without_rows_tells_how_many_it_changed(work: OneTransaction) -> None:
    with work.transaction(_ONE) as conn:
        conn.exec_driver_sql("CREATE TEMP TABLE noted (n int) ON COMMIT DROP")
        added = conn.exec_driver_sql("INSERT INTO noted SELECT generate_series(1, 4)")
        assert added.rowcount == 4
        assert added.all() == []


def test_the_planner_may_look_at_the_tables_at_any_time(work: OneTransaction) -> None:
    before = _transaction_of(work, _ONE)
    work.refresh_statistics()
    assert _transaction_of(work, _ONE) != before

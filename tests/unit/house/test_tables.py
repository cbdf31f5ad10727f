"""What holds of every table, whoever adds the next one."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

import tsunagaru.schema  # noqa: F401  (every room's tables)
from casefile.db import Base

OF_A_CITY = [table for table in Base.metadata.sorted_tables if table.name != "municipality"]


@pytest.mark.parametrize("table", OF_A_CITY, ids=lambda table: table.name)
def test_a_row_belongs_to_a_municipality_that_exists(table: Table) -> None:
    """By a key of its own, or by one to a parent: such a key must always be checked, so none of its columns may be empty."""
    assert next(iter(table.primary_key.columns)).name == "municipality_id"
    keys = [key for key in table.foreign_key_constraints if "municipality_id" in key.columns]
    assert any(not any(column.nullable for column in key.columns) for key in keys)

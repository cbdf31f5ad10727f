"""聴取 over HTTP: whose call may be heard by whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from casefile.db import Database
from dialer.tables import FloorCommand
from tests.integration.agent_ui.conftest import DAY, Visitor
from tests.integration.agent_ui.on_the_line import put_on_the_line
from tests.people import People, mobile


@pytest.mark.parametrize(("flagged", "status", "asked"), [(False, 200, ["listen_in"]), (True, 403, [])])
def test_a_protected_persons_call_is_heard_by_four_eyes_alone(
    visitor: Callable[[str], Visitor],
    database: Database,
    municipality: int,
    flagged: bool,
    status: int,
    asked: list[str],
) -> None:
    attempt_id, operator_id = put_on_the_line(database, municipality, "A1", mobile(1))
    if flagged:
        with database.transaction(municipality) as conn:
            People(conn, municipality, DAY).flag("A1", "dv_support")
    answer = visitor("supervisor").post(f"/api/floor/operators/{operator_id}/listen", {"how": "listen"})
    assert answer.status_code == status
    with database.transaction(municipality) as conn:
        said = conn.execute(select(FloorCommand.kind, FloorCommand.attempt_id)).all()
    assert [(row.kind, row.attempt_id) for row in said] == [(kind, attempt_id) for kind in asked]

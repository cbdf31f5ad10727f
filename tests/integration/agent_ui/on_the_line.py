"""A resident on an operator's line, as the engine leaves it in the rows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select

from casefile import ledger
from casefile.city import load_city
from casefile.db import Database
from casefile.gate import admit
from casefile.tables import UserAccount
from dialer.tables import Floor, Seat
from tests.integration.agent_ui.conftest import NOW
from tests.people import call

FLOOR = UUID(int=0xF)


def put_on_the_line(
    database: Database,
    municipality: int,
    addressee_no: str,
    number: str,
    *,
    login: str = "operator",
    answered: bool = True,
) -> tuple[UUID, UUID]:
    """A call to this person, on the desk of whoever signs in as `login`: attempt and operator."""
    rung = NOW - timedelta(minutes=2)
    with database.transaction(municipality) as conn:
        attempt_id = admit(conn, load_city(conn, municipality), [call(addressee_no, number)], rung)[0].attempt_id
        assert attempt_id is not None
        operator_id = conn.scalars(select(UserAccount.user_id).where(UserAccount.login == login)).one()
        ledger.hand(conn, attempt_id, rung)
        if answered:
            ledger.answered(conn, attempt_id, rung + timedelta(seconds=9), person=True)
            ledger.joined(conn, attempt_id, rung + timedelta(seconds=10), operator_id)
        conn.execute(
            insert(Floor).values(municipality_id=municipality, floor_id=FLOOR, name="本庁", epoch=1, figures={})
        )
        conn.execute(
            insert(Seat).values(
                municipality_id=municipality,
                operator_id=operator_id,
                floor_id=FLOOR,
                state="talking" if answered else "reserved",
                since=rung,
                attempt_id=attempt_id,
            )
        )
    return attempt_id, operator_id

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
RUNG = timedelta(minutes=2)
"""Before now."""


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
    attempt_id, operator_id = talk_with(database, municipality, addressee_no, number, login=login, answered=answered)
    with database.transaction(municipality) as conn:
        conn.execute(
            insert(Floor).values(municipality_id=municipality, floor_id=FLOOR, name="本庁", epoch=1, figures={})
        )
        conn.execute(
            insert(Seat).values(
                municipality_id=municipality,
                operator_id=operator_id,
                floor_id=FLOOR,
                state="talking" if answered else "reserved",
                since=NOW - RUNG,
                attempt_id=attempt_id,
            )
        )
    return attempt_id, operator_id


def talk_with(
    database: Database,
    municipality: int,
    addressee_no: str,
    number: str,
    *,
    login: str = "operator",
    answered: bool = True,
) -> tuple[UUID, UUID]:
    """A call to this person, as the ledger has it: attempt, and the operator who talks."""
    rung = NOW - RUNG
    with database.transaction(municipality) as conn:
        attempt_id = admit(conn, load_city(conn, municipality), [call(addressee_no, number)], rung)[0].attempt_id
        assert attempt_id is not None
        operator_id = conn.scalars(select(UserAccount.user_id).where(UserAccount.login == login)).one()
        ledger.hand(conn, attempt_id, rung)
        if answered:
            ledger.answered(conn, attempt_id, rung + timedelta(seconds=9), person=True)
            ledger.joined(conn, attempt_id, rung + timedelta(seconds=10), operator_id)
    return attempt_id, operator_id

"""Cases that lie on an operator's screen to be dialed by hand: booked recalls, and whoever met a 放棄呼."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from casefile.db import Database
from dialer.tables import Seat


def operators_with_offers(database: Database, municipality_id: int) -> list[UUID]:
    """Operators who have an offer and have not dialed it yet, in the order of their ids."""
    offered = (
        select(Seat.operator_id)
        .where(
            Seat.municipality_id == municipality_id,
            Seat.state == "reserved",
            Seat.attempt_id.is_(None),
            Seat.offered_addressee_no.is_not(None),
        )
        .order_by(Seat.operator_id)
    )
    with database.transaction(municipality_id) as conn:
        return list(conn.scalars(offered))

"""返電 of the floor as its rows tell it: who waits now, and what became of today's. Read-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, case, func, select

from agent_ui.floor.schemas import CallBacksView
from casefile.tables import Attempt


def read(conn: Connection, day: datetime) -> CallBacksView:
    """Call-backs since `day`; somebody waits from the moment they came until an operator hears them."""
    waits = and_(Attempt.live, Attempt.connected_at.is_(None))
    talked = Attempt.connected_at.is_not(None)
    row = conn.execute(
        select(
            func.count(case((waits, 1))).label("waiting"),
            func.min(case((waits, Attempt.intended_at))).label("since"),
            func.count().label("came"),
            func.count(case((talked, 1))).label("talked"),
            func.count(case((and_(Attempt.live.is_(False), ~talked), 1))).label("lost"),
        ).where(Attempt.direction == "inbound", Attempt.channel == "call", Attempt.intended_at >= day)
    ).one()
    return CallBacksView(waiting=row.waiting, longest_since=row.since, came=row.came, talked=row.talked, lost=row.lost)

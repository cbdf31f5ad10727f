"""The SMS worker's round: look up what is unknown, take what is due, send it, settle it.

It may be killed at any moment. A message is a committed row in state 「sending」 before the gateway hears of it, so
afterwards it is either settled, or looked up at the gateway under its own id: nothing is lost, nothing goes out twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids
from sms.gateways import Gateway, GatewayTimeout
from sms.queue import take_due
from sms.sending import Outgoing, never_had, not_heard, prepare, settle

_LEFT = """
SELECT message_id, attempt_id FROM message
 WHERE municipality_id = %(city)s AND state IN ('sending', 'unknown') AND leased_until <= %(now)s
 ORDER BY leased_until, message_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did. `held`: messages that must wait or were given up; their rows say why."""

    settled: int = 0
    unknown: int = 0
    held: int = 0
    looked_up: int = 0

    @property
    def idle(self) -> bool:
        return self == Round()


def run_due(database: Database, city: City, clock: Clock, ids: Ids, gateway: Gateway, limit: int = 50) -> Round:
    """Do one round for one city; call it again while it is not idle. Nothing is begun outside the city's hours.

    At most `limit` messages, and never more in a minute than the city's throttle.
    """
    if not gateway.connected:
        return Round()
    looked_up = _look_up_unknown(database, city, clock, gateway, limit)
    now = clock.now()
    if not city.settings.sms_hours.allow(now, city.calendar):
        return Round(looked_up=looked_up)
    with database.transaction(city.id) as conn:
        taken = take_due(conn, city, now, ids, limit)
    done = Counter(_send(database, city, clock, ids, gateway, message_id) for message_id in taken)
    return Round(settled=done["settled"], unknown=done["unknown"], held=done["held"], looked_up=looked_up)


def _send(database: Database, city: City, clock: Clock, ids: Ids, gateway: Gateway, message_id: UUID) -> str:
    with database.transaction(city.id) as conn:
        outgoing = prepare(conn, city, message_id, clock.now(), ids)
    if outgoing is None:
        return "held"
    return _hand_over(database, city, clock, gateway, outgoing)


def _hand_over(database: Database, city: City, clock: Clock, gateway: Gateway, outgoing: Outgoing) -> str:
    key = (outgoing.message_id, outgoing.attempt_id)
    try:
        answer = gateway.send(outgoing.message_id, outgoing.e164, outgoing.text)
    except GatewayTimeout:
        with database.transaction(city.id) as conn:
            not_heard(conn, city, *key, gateway.name, clock.now())
        return "unknown"
    with database.transaction(city.id) as conn:
        settle(conn, city, *key, answer, gateway.name, clock.now())
    return "settled"


def _look_up_unknown(database: Database, city: City, clock: Clock, gateway: Gateway, limit: int) -> int:
    """Ask the gateway about everything a worker left unsettled for longer than its lease."""
    with database.transaction(city.id) as conn:
        left = _left(conn, city, clock.now(), limit)
    looked_up = 0
    for message_id, attempt_id in left:
        try:
            answer = gateway.lookup(message_id)
        except GatewayTimeout:
            continue
        now = clock.now()
        with database.transaction(city.id) as conn:
            if answer is None:
                looked_up += never_had(conn, city, message_id, attempt_id, now)
            else:
                looked_up += settle(conn, city, message_id, attempt_id, answer, gateway.name, now)
    return looked_up


def _left(conn: Connection, city: City, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    rows = conn.exec_driver_sql(_LEFT, {"city": city.id, "now": now, "limit": limit})
    return [(row.message_id, row.attempt_id) for row in rows if row.attempt_id is not None]

"""The one way to a call or a text: decide from committed rows, store every answer, open an attempt for each yes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.gate.request import Admission, ContactRequest, GateAnswer


class LostFloor(Exception):
    """Another engine has taken the floor over: whoever sees this must stop dialing at once."""


def decide(conn: Connection, city: City, requests: Sequence[ContactRequest], now: datetime) -> list[GateAnswer]:
    """Answer without locking or writing anything, in the order asked; for screens and previews."""
    raise NotImplementedError


def admit(
    conn: Connection,
    city: City,
    requests: Sequence[ContactRequest],
    now: datetime,
    *,
    floor_id: UUID | None = None,
    epoch: int | None = None,
) -> list[Admission]:
    """Lock, decide and store, in the caller's transaction: a `gate_decision` for each request, an attempt for each yes.

    Household rows are locked before phone rows, each in id order; requests of one batch see one another. With
    `floor_id`, the floor's `epoch` must still be this one; raises LostFloor otherwise, having written nothing.
    """
    raise NotImplementedError

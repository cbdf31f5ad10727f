"""To whom a call-back (返電) goes: the operator they know, then whoever is able, then the room (B3). Pure.

A caller who was reached by somebody before is spared telling it all again; but nobody waits for that person's sake longer
than a caller without history waits for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dialer.call import Call
from dialer.seat import Seat

Skills = Mapping[UUID, frozenset[str]]


@dataclass(frozen=True, slots=True)
class RoutingTerms:
    """How long a caller is kept for somebody in particular, in seconds from their coming.

    `known`: for the operator who spoke with them last, while at work. `able`: for those with the skills they need.
    """

    known: float = 20.0
    able: float = 60.0


def circle(call: Call, seats: Iterable[Seat], skills: Skills, now: datetime, terms: RoutingTerms) -> list[Seat]:
    """Those at work who may take this call-back now; it widens as the caller waits, and is empty only with the floor.

    Whoever did not answer this caller's call is left out while there is anybody else.
    """
    at_work = [seat for seat in seats if seat.on_the_floor]
    at_work = [seat for seat in at_work if seat.operator_id not in call.not_taken_by] or at_work
    caller = call.caller
    if caller is None:
        return at_work
    known = [seat for seat in at_work if seat.operator_id == caller.last_operator]
    able = [seat for seat in at_work if caller.skills <= skills.get(seat.operator_id, frozenset())]
    waited = now - call.intended_at
    if known and waited < timedelta(seconds=terms.known):
        return known
    if able and waited < timedelta(seconds=terms.able):
        return able
    return at_work


def widens_at(call: Call, now: datetime, terms: RoutingTerms) -> datetime | None:
    """When this caller's circle may grow next."""
    moments = (call.intended_at + timedelta(seconds=seconds) for seconds in (terms.known, terms.able))
    return min((moment for moment in moments if moment > now), default=None)


def assign(
    queue: Sequence[Call],
    spare: Sequence[Seat],
    seats: Iterable[Seat],
    skills: Skills,
    now: datetime,
    terms: RoutingTerms,
) -> list[tuple[Call, Seat]]:
    """Who takes whom now: callers in the order of their coming, each to the one of their circle who is ready longest.

    A caller who is kept for somebody does not keep the next one waiting.
    """
    everybody = list(seats)
    free = sorted(spare, key=lambda seat: (seat.since, seat.operator_id))
    found = []
    for call in queue:
        circle_now = {seat.operator_id for seat in circle(call, everybody, skills, now, terms)}
        seat = next((seat for seat in free if seat.operator_id in circle_now), None)
        if seat is not None:
            free.remove(seat)
            found.append((call, seat))
    return found

"""One order of calling tried on one city, week by week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.city import City
from rehearsal.reach_cities.rankers import Ranker
from rehearsal.reach_cities.room import Calls, Room

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Course:
    """Calls and right-party contacts of each week, and the log."""

    calls: Whole
    contacts: Whole
    log: Calls


def try_order(city: City, ranker: Ranker, calls_an_hour: int) -> Course:
    """Calls the city through all its hours in the ranker's order, as the caps allow."""
    room, hours = Room(city), city.hours
    weeks = int(hours.week.max()) + 1
    calls, contacts = np.zeros(weeks, dtype=np.int64), np.zeros(weeks, dtype=np.int64)
    parts = []
    for slot in range(len(hours)):
        new_day = slot == 0 or hours.day[slot] != hours.day[slot - 1]
        room.turn_to(slot)
        if new_day:
            ranker.morning(room)
        made = room.call(first_of_each_household(room, ranker, calls_an_hour))
        ranker.learn(room, made)
        calls[hours.week[slot]] += len(made)
        contacts[hours.week[slot]] += int(made.right.sum())
        parts.append(made)
    return Course(calls, contacts, Calls.joined(parts))


def first_of_each_household(room: Room, ranker: Ranker, limit: int) -> Whole:
    """Whom to call in this hour: the best candidates, one of a household (one live call a household)."""
    candidates = np.flatnonzero(room.callable)
    scores = ranker.scores(room, candidates)
    order = np.lexsort((candidates, -scores))
    order = order[np.isfinite(scores[order])]
    chosen = candidates[order]
    _, first = np.unique(room.city.roster.household[chosen], return_index=True)
    return chosen[np.sort(first)[:limit]]

"""One order of calling tried on one city, week by week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.city import City
from rehearsal.reach_cities.plain import ByLot
from rehearsal.reach_cities.rankers import Ranker
from rehearsal.reach_cities.room import Calls, Room

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Course:
    """Calls and right-party contacts of each week, and the log."""

    calls: Whole
    contacts: Whole
    log: Calls


@dataclass(frozen=True, slots=True)
class Past:
    """Before the order begins the list was called by lot: so many weeks, so many calls an hour. The ranker sees that log."""

    weeks: int
    calls_an_hour: int


NO_PAST = Past(0, 0)


def try_order(city: City, ranker: Ranker, calls_an_hour: int, past: Past = NO_PAST) -> Course:
    """Calls the city through all its hours in the ranker's order, as the caps allow; weeks are counted from the past's end."""
    room, hours = Room(city), city.hours
    weeks = int(hours.week.max()) + 1
    by_lot = ByLot(city.seed)
    calls, contacts = np.zeros(weeks, dtype=np.int64), np.zeros(weeks, dtype=np.int64)
    parts = []
    for slot in range(len(hours)):
        new_day = slot == 0 or hours.day[slot] != hours.day[slot - 1]
        room.turn_to(slot)
        if new_day:
            ranker.new_day(room)
        if hours.week[slot] < past.weeks:
            made = room.call(first_of_each_household(room, by_lot, past.calls_an_hour))
        else:
            if new_day:
                ranker.morning(room)
            made = room.call(first_of_each_household(room, ranker, calls_an_hour))
        ranker.learn(room, made)
        calls[hours.week[slot]] += len(made)
        contacts[hours.week[slot]] += int(made.right.sum())
        parts.append(made)
    return Course(calls[past.weeks :], contacts[past.weeks :], Calls.joined(parts))


def first_of_each_household(room: Room, ranker: Ranker, limit: int) -> Whole:
    """Whom to call in this hour: the best candidates, one of a household (one live call a household)."""
    candidates = np.flatnonzero(room.callable)
    scores = ranker.scores(room, candidates)
    order = np.lexsort((candidates, -scores))
    order = order[np.isfinite(scores[order])]
    chosen = candidates[order]
    _, first = np.unique(room.city.roster.household[chosen], return_index=True)
    return chosen[np.sort(first)[:limit]]

"""Orders of calling: the plain ones everybody knows, and the index policy on whatever beliefs it is given."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from dialer.reach.ahead import ShiftAhead
from dialer.reach.prices import shadow_prices
from dialer.reach.worth import worth
from rehearsal.reach_cities.room import Calls, Room

Reals = npt.NDArray[np.floating]
Whole = npt.NDArray[np.int64]

WEEK_DAYS = 7


class Ranker(Protocol):
    """Whoever puts the callable candidates of an hour in order."""

    def new_day(self, room: Room, /) -> None:
        """A day begins, whoever puts it in order."""

    def morning(self, room: Room, /) -> None:
        """A day begins that this ranker puts in order; what must be computed once a day is computed now."""

    def scores(self, room: Room, candidates: Whole, /) -> Reals:
        """One for each candidate, the highest is called first; minus infinity: not now, even if the room is idle."""

    def learn(self, room: Room, calls: Calls, /) -> None:
        """What the calls of this hour brought."""


class Beliefs(Protocol):
    """Whoever knows something of everybody's chances."""

    def new_day(self, room: Room, /) -> None: ...
    def morning(self, room: Room, /) -> None: ...
    def learn(self, room: Room, calls: Calls, /) -> None: ...

    def chances(self, room: Room, candidates: Whole, slots: Whole, /) -> tuple[Reals, Reals]:
        """Right-party chances (candidates × slots, the first slot is the room's), and the strength behind them: pseudo-tries."""


class ByWorth:
    """The index policy of `dialer.reach.worth`: what a call is worth now against later, with this morning's prices."""

    def __init__(self, beliefs: Beliefs, calls_an_hour: int) -> None:
        self._beliefs, self._capacity = beliefs, calls_an_hour
        self._slots = np.zeros(0, dtype=np.int64)
        self._price: Reals = np.zeros(0)
        self._stale = np.zeros(0, dtype=bool)
        self._before: dict[int, float] = {}

    def new_day(self, room: Room) -> None:
        self._beliefs.new_day(room)

    def morning(self, room: Room) -> None:
        self._beliefs.morning(room)
        hours = room.city.hours
        ahead = hours.day < hours.day[room.slot] + WEEK_DAYS
        self._slots = np.flatnonzero(ahead & (np.arange(len(hours)) >= room.slot))
        everybody = np.arange(room.city.roster.candidates)
        self._chances, self._strength = self._known(room, everybody)
        self._stale = np.zeros(len(everybody), dtype=bool)
        self._set_prices(room)

    def _known(self, room: Room, candidates: Whole) -> tuple[Reals, Reals]:
        chances, strength = self._beliefs.chances(room, candidates, self._slots)
        return chances.astype(np.float32), strength

    def _set_prices(self, room: Room) -> None:
        tries, person = room.tries_left, room.city.roster.person
        best = _best_of_person(np.where(tries[:, None] > 0, self._chances, 0), person)
        first = np.unique(person, return_index=True)[1]
        left = np.maximum.reduceat(tries, first)
        listed = np.flatnonzero(left > 0)
        before = np.array([self._before.get(int(slot), np.nan) for slot in self._slots])
        known = not np.isnan(before[0])
        mixed = np.random.default_rng(room.slot).permutation(listed)
        self._price = shadow_prices(
            best[first][mixed],
            left[mixed],
            self._ahead(room, 0),
            strength=self._strength[first][mixed],
            before=np.where(np.isnan(before), np.nanmean(before), before) if known else None,
        )
        self._before = dict(zip(self._slots.tolist(), self._price.tolist(), strict=True))

    def _ahead(self, room: Room, begin: int) -> ShiftAhead:
        hours, slots = room.city.hours, self._slots[begin:]
        price = self._price[begin:] if len(self._price) == len(self._slots) else np.zeros(len(slots))
        return ShiftAhead(
            hours.day[slots] * 24 + hours.hour[slots],
            hours.band[slots],
            np.full(len(slots), float(self._capacity)),
            price,
        )

    def scores(self, room: Room, candidates: Whole) -> Reals:
        self._refresh(room)
        begin = int(np.searchsorted(self._slots, room.slot))
        roster = room.city.roster
        later = _best_of_person(self._chances[:, begin + 1 :], roster.person)[candidates]
        found = worth(
            self._chances[candidates, begin],
            later,
            room.tries_left[candidates],
            self._ahead(room, begin),
            tried_today=room.person_today[roster.person[candidates]],
            strength=self._strength[candidates],
        )
        return np.where(found > 0, found, -np.inf)

    def _refresh(self, room: Room) -> None:
        stale = np.flatnonzero(self._stale)
        if len(stale):
            self._chances[stale], self._strength[stale] = self._known(room, stale)
            self._stale[:] = False

    def learn(self, room: Room, calls: Calls) -> None:
        self._beliefs.learn(room, calls)
        if not len(self._stale):
            return
        household = room.city.roster.household
        self._stale |= np.isin(household, household[calls.candidate])


class ByChance:
    """The best chance now comes first: the same beliefs without a thought for later."""

    def __init__(self, beliefs: Beliefs) -> None:
        self._beliefs = beliefs

    def new_day(self, room: Room) -> None:
        self._beliefs.new_day(room)

    def morning(self, room: Room) -> None:
        self._beliefs.morning(room)

    def learn(self, room: Room, calls: Calls) -> None:
        self._beliefs.learn(room, calls)

    def scores(self, room: Room, candidates: Whole) -> Reals:
        return self._beliefs.chances(room, candidates, np.array([room.slot]))[0][:, 0]


def _best_of_person(chances: Reals, person: Whole) -> Reals:
    """For every candidate the best of its person's numbers in each slot. A person's candidates need not lie together."""
    best = np.zeros((int(person.max()) + 1, chances.shape[1]), dtype=chances.dtype)
    np.maximum.at(best, person, chances)
    return best[person]

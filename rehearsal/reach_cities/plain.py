"""The orders that are easily had, to be compared with: by lot, by the city's hours, by counts of each person, by the last success.

Counts are shrunk: (contacts + W·expected) ÷ (calls + W). Ties are broken by lot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from callflow.codes import CallResult
from rehearsal.reach_cities.city import City
from rehearsal.reach_cities.hours import Hours
from rehearsal.reach_cities.room import Calls, Room

Reals = npt.NDArray[np.floating]
Whole = npt.NDArray[np.int64]

SHRINKAGE = 2.0


class ByLot:
    """Random order."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def new_day(self, room: Room) -> None:
        """Nothing is known, nothing to do."""

    def morning(self, room: Room) -> None:
        """Nothing is known, nothing to do."""

    def learn(self, room: Room, calls: Calls) -> None:
        """Learns nothing."""

    def scores(self, _room: Room, candidates: Whole) -> Reals:
        return self._rng.random(len(candidates))


class ByCityHour:
    """The city's best hour for each kind of line: first the line that is better now than it usually is.

    How much is called in which hour is the room's decision, so the city's hour can only say whom, and it knows but the line.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._calls, self._contacts = np.zeros((2, 72)), np.zeros((2, 72))

    def new_day(self, room: Room) -> None:
        """Counts as it goes."""

    def morning(self, room: Room) -> None:
        """Counts as it goes."""

    def learn(self, room: Room, calls: Calls) -> None:
        where = (room.city.roster.line[calls.candidate], _slot(room.city.hours, calls.slot))
        np.add.at(self._calls, where, 1.0)
        np.add.at(self._contacts, where, calls.right.astype(float))

    def scores(self, room: Room, candidates: Whole) -> Reals:
        usual = (self._contacts.sum(axis=1) + 5.0) / (self._calls.sum(axis=1) + 20.0)
        slot = _slot(room.city.hours, np.array([room.slot]))[0]
        here = (self._contacts[:, slot] + 20.0 * usual) / (self._calls[:, slot] + 20.0)
        better = np.asarray(here / usual)[room.city.roster.line[candidates]]
        return better + 1e-6 * self._rng.random(len(candidates))


class ByPersonRate:
    """Each person's own rate of being reached."""

    def __init__(self, city: City, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._calls, self._contacts = np.zeros(city.roster.people), np.zeros(city.roster.people)

    def new_day(self, room: Room) -> None:
        """Counts as it goes."""

    def morning(self, room: Room) -> None:
        """Counts as it goes."""

    def learn(self, room: Room, calls: Calls) -> None:
        person = room.city.roster.person[calls.candidate]
        np.add.at(self._calls, person, 1.0)
        np.add.at(self._contacts, person, calls.right.astype(float))

    def scores(self, room: Room, candidates: Whole) -> Reals:
        rate = _shrunk(self._contacts, self._calls, _mean(self._contacts, self._calls))
        return rate[room.city.roster.person[candidates]] + 1e-6 * self._rng.random(len(candidates))


class ByPersonBand:
    """Each person's rate in this three-hour band, shrunk to the band's rate in the city times how the person does elsewhere."""

    def __init__(self, city: City, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        size = (city.roster.people, 12)
        self._calls, self._contacts = np.zeros(size, np.float32), np.zeros(size, np.float32)

    def new_day(self, room: Room) -> None:
        """Counts as it goes."""

    def morning(self, room: Room) -> None:
        """Counts as it goes."""

    def learn(self, room: Room, calls: Calls) -> None:
        where = (room.city.roster.person[calls.candidate], _three_hours(room.city.hours, calls.slot))
        np.add.at(self._calls, where, 1.0)
        np.add.at(self._contacts, where, calls.right.astype(float))

    def scores(self, room: Room, candidates: Whole) -> Reals:
        person = room.city.roster.person[candidates]
        band = _three_hours(room.city.hours, np.array([room.slot]))[0]
        mean = _mean(self._contacts, self._calls)
        of_band = _shrunk(self._contacts.sum(axis=0), self._calls.sum(axis=0), mean)
        calls, contacts = self._calls[person], self._contacts[person]
        factor = (contacts.sum(axis=1) + SHRINKAGE) / (calls @ of_band + SHRINKAGE)
        rate = _shrunk(contacts[:, band], calls[:, band], of_band[band] * factor)
        return rate + 1e-6 * self._rng.random(len(candidates))


class ByLastSuccess:
    """At the time of the last answer: first who answered last time at about this hour, then who was never called, then the rest."""

    def __init__(self, city: City, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        people = city.roster.people
        self._calls = np.zeros(people)
        self._hour, self._kind = np.full(people, -99), np.full(people, -1)

    def new_day(self, room: Room) -> None:
        """Remembers as it goes."""

    def morning(self, room: Room) -> None:
        """Remembers as it goes."""

    def learn(self, room: Room, calls: Calls) -> None:
        hours, person = room.city.hours, room.city.roster.person[calls.candidate]
        self._calls[person] += 1
        answered = calls.result == int(CallResult.ANSWERED)
        self._hour[person[answered]] = hours.hour[calls.slot[answered]]
        self._kind[person[answered]] = hours.kind[calls.slot[answered]]

    def scores(self, room: Room, candidates: Whole) -> Reals:
        hours, person = room.city.hours, room.city.roster.person[candidates]
        far = np.abs(self._hour[person] - hours.hour[room.slot])
        again = (self._kind[person] == hours.kind[room.slot]) & (far <= 1)
        score = np.where(again, 2.0, 1.0 / (1.0 + self._calls[person]))
        return score + 1e-6 * self._rng.random(len(candidates))


def _slot(hours: Hours, slots: Whole) -> Whole:
    return hours.kind[slots] * 24 + hours.hour[slots]


def _three_hours(hours: Hours, slots: Whole) -> Whole:
    return hours.kind[slots] * 4 + np.clip((hours.hour[slots] - 9) // 3, 0, 3)


def _mean(contacts: Reals, calls: Reals) -> float:
    return float((contacts.sum() + 5.0) / (calls.sum() + 20.0))


def _shrunk(contacts: Reals, calls: Reals, expected: Reals | float) -> Reals:
    return np.asarray((contacts + SHRINKAGE * expected) / (calls + SHRINKAGE))

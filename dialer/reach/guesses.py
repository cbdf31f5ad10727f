"""Simple guesses of what a call brings, learned as the days go by: what a reach model has to be better than.

Each is asked before it is told: `guess` the calls of an hour, then `learn` what they brought. Counts are shrunk towards the city's
rate, so that none of them is worse than it has to be.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from dialer.reach.attempts import ANSWERED, LINES, Attempts
from dialer.reach.slots import HOURS, SLOTS, Floats, Ints

_OWN_WEIGHT = 4.0
"""So many calls at the expected rate stand behind a person's own calls."""
_SLOT_WEIGHT = 50.0
_FIRST_RATE, _FIRST_CALLS = 0.2, 20.0
_NEAR_HOURS = 1
"""The last success counts for the hours beside its own."""
_THREE = 3


class Guess(Protocol):
    """One way to guess whether something happens on a call: a right-party contact, or any answer."""

    def guess(self, attempts: Attempts, /) -> Floats:
        """The chances of these calls, which have not been made yet."""

    def learn(self, attempts: Attempts, happened: Floats, /) -> None:
        """What they brought: 0 or 1 each."""


class CityRate:
    """The city's rate so far, for everybody at any hour."""

    def __init__(self) -> None:
        self._calls, self._hits = _FIRST_CALLS, _FIRST_RATE * _FIRST_CALLS

    @property
    def rate(self) -> float:
        return self._hits / self._calls

    def guess(self, attempts: Attempts) -> Floats:
        return np.full(len(attempts), self.rate)

    def learn(self, attempts: Attempts, happened: Floats) -> None:
        self._calls += len(attempts)
        self._hits += float(happened.sum())


class CityHour:
    """The city's rate on this kind of line, in this hour of this kind of day."""

    def __init__(self) -> None:
        self._city = CityRate()
        self._calls, self._hits = np.zeros((LINES, SLOTS)), np.zeros((LINES, SLOTS))

    def guess(self, attempts: Attempts) -> Floats:
        where = (attempts.whom.line, attempts.when.slot)
        return np.asarray((self._hits[where] + _SLOT_WEIGHT * self._city.rate) / (self._calls[where] + _SLOT_WEIGHT))

    def learn(self, attempts: Attempts, happened: Floats) -> None:
        self._city.learn(attempts, happened)
        where = (attempts.whom.line, attempts.when.slot)
        np.add.at(self._calls, where, 1.0)
        np.add.at(self._hits, where, happened)


class PersonRate:
    """A person's own rate, whatever the hour."""

    def __init__(self, people: int) -> None:
        self._city = CityRate()
        self._calls, self._hits = np.zeros(people), np.zeros(people)

    def guess(self, attempts: Attempts) -> Floats:
        person = attempts.whom.person
        return np.asarray((self._hits[person] + _OWN_WEIGHT * self._city.rate) / (self._calls[person] + _OWN_WEIGHT))

    def learn(self, attempts: Attempts, happened: Floats) -> None:
        self._city.learn(attempts, happened)
        np.add.at(self._calls, attempts.whom.person, 1.0)
        np.add.at(self._hits, attempts.whom.person, happened)


class PersonBand:
    """A person's own rate in this band of three hours, shrunk to the person's rate at all hours."""

    def __init__(self, people: int) -> None:
        self._person = PersonRate(people)
        self._calls = np.zeros((people, SLOTS // _THREE), np.float32)
        self._hits = np.zeros_like(self._calls)

    def guess(self, attempts: Attempts) -> Floats:
        where = (attempts.whom.person, _three_hours(attempts))
        expected = self._person.guess(attempts)
        return np.asarray((self._hits[where] + _OWN_WEIGHT * expected) / (self._calls[where] + _OWN_WEIGHT))

    def learn(self, attempts: Attempts, happened: Floats) -> None:
        self._person.learn(attempts, happened)
        where = (attempts.whom.person, _three_hours(attempts))
        np.add.at(self._calls, where, 1.0)
        np.add.at(self._hits, where, happened)


class LastSuccess:
    """At about the hour of the person's last answer or not; each such group has the rate it has had so far."""

    def __init__(self, people: int) -> None:
        self._city = CityRate()
        self._slot = np.full(people, -1)
        self._tried = np.zeros(people, dtype=bool)
        self._calls, self._hits = np.zeros(4), np.zeros(4)

    def guess(self, attempts: Attempts) -> Floats:
        group = self._group(attempts)
        return np.asarray((self._hits[group] + _SLOT_WEIGHT * self._city.rate) / (self._calls[group] + _SLOT_WEIGHT))

    def learn(self, attempts: Attempts, happened: Floats) -> None:
        group = self._group(attempts)
        np.add.at(self._calls, group, 1.0)
        np.add.at(self._hits, group, happened)
        self._city.learn(attempts, happened)
        answered = attempts.tells == ANSWERED
        self._slot[attempts.whom.person[answered]] = attempts.when.slot[answered]
        self._tried[attempts.whom.person] = True

    def _group(self, attempts: Attempts) -> Ints:
        """Near the last success, away from it, tried without success, never tried."""
        last, slot = self._slot[attempts.whom.person], attempts.when.slot
        near = (last // HOURS == slot // HOURS) & (np.abs(last - slot) <= _NEAR_HOURS)
        return np.select([(last >= 0) & near, last >= 0, self._tried[attempts.whom.person]], [0, 1, 2], 3)


def _three_hours(attempts: Attempts) -> Ints:
    return np.asarray(attempts.when.slot // _THREE)

"""Tries of each person this month and today, against the caps on them (DOMAIN.md §2.8)."""

from __future__ import annotations

from datetime import date

import numpy as np

from dialer.reach.attempts import NOTHING, Attempts
from dialer.reach.slots import Flags, Ints


class Spent:
    """Counts by person; only the month of the latest call is kept."""

    def __init__(self) -> None:
        self._month = 0
        self._tries = np.zeros(0, np.int16)
        self._last_day = np.zeros(0, np.int32)

    def add(self, attempts: Attempts) -> None:
        """Calls that count."""
        counted = np.flatnonzero(attempts.tells != NOTHING)
        if not len(counted):
            return
        person, day = attempts.whom.person[counted], attempts.when.day[counted]
        self._grow(int(person.max()) + 1)
        np.maximum.at(self._last_day, person, day)
        month = _month_of(int(day.max()))
        if month > self._month:
            self._month = month
            self._tries[:] = 0
        days, where = np.unique(day, return_inverse=True)
        this_month = np.array([_month_of(int(each)) == self._month for each in days])[where]
        np.add.at(self._tries, person[this_month], 1)

    def this_month(self, person: Ints, day: int) -> Ints:
        """Tries of each person in the month of `day` (an ordinal)."""
        found = np.zeros(len(person), np.int64)
        if _month_of(day) == self._month:
            known = person < len(self._tries)
            found[known] = self._tries[person[known]]
        return found

    def today(self, person: Ints, day: int) -> Flags:
        """Whether each person was tried on `day`."""
        found = np.zeros(len(person), np.bool_)
        known = person < len(self._last_day)
        found[known] = self._last_day[person[known]] == day
        return found

    def _grow(self, persons: int) -> None:
        more = persons - len(self._tries)
        if more > 0:
            more += len(self._tries) // 4
            self._tries = np.concatenate([self._tries, np.zeros(more, np.int16)])
            self._last_day = np.concatenate([self._last_day, np.zeros(more, np.int32)])


def _month_of(day: int) -> int:
    local = date.fromordinal(day)
    return local.year * 12 + local.month

"""What came before each call: unanswered tries in a row, and whether the household has been silent today.

Both are read off the calls themselves, together with what was known before the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.reach.attempts import ABSENT, ANSWERED, DEAD, NO_ANSWER, NOTHING, Attempts, Candidates
from dialer.reach.slots import Flags, Ints

_SILENT = (NO_ANSWER, ABSENT)
_MOST = 250


@dataclass(slots=True)
class Course:
    """By number: tries in a row without an answer. By household: the day of the last try, and whether it was silent."""

    tries: Ints
    last_day: Ints
    last_silent: Flags

    @classmethod
    def empty(cls) -> Course:
        return cls(np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(0, np.bool_))

    def grow(self, phones: int, households: int) -> None:
        """Make room for numbers and households below these."""
        self.tries = _grown(self.tries, phones)
        self.last_day = _grown(self.last_day, households)
        self.last_silent = _grown(self.last_silent, households)

    def follow(self, attempts: Attempts) -> tuple[Ints, Ints]:
        """For each call the tries in a row before it and whether the household was silent earlier that day; remembers all.

        Calls may stand in any order; those of one minute count in the order of their results.
        """
        self.grow(_beyond(attempts.whom.phone), _beyond(attempts.whom.household))
        return self._tries_before(attempts), self._silent_before(attempts)

    def standing(self, candidates: Candidates, day: int) -> tuple[Ints, Ints]:
        """The same for calls still to be made on `day`."""
        tries = np.zeros(len(candidates), np.int64)
        known = candidates.phone < len(self.tries)
        tries[known] = self.tries[candidates.phone[known]]
        silent = np.zeros(len(candidates), np.int8)
        known = candidates.household < len(self.last_day)
        household = candidates.household[known]
        silent[known] = (self.last_day[household] == day) & self.last_silent[household]
        return tries, silent

    def _tries_before(self, attempts: Attempts) -> Ints:
        order, start = _runs(attempts.whom.phone, attempts)
        phone, tells = attempts.whom.phone[order], attempts.tells[order]
        missed = (tells != ANSWERED) & (tells != NOTHING) & (tells != DEAD)
        so_far = np.cumsum(missed)
        before = so_far - missed
        place = np.arange(len(order))
        answered = np.maximum.accumulate(np.where(tells == ANSWERED, place, -1))
        answered_before = np.concatenate([[-1], answered[:-1]])
        tries = _since(before, answered_before, start, so_far, self.tries[phone])
        last = np.flatnonzero(np.append(start[1:] != start[:-1], True))
        after = _since(so_far, answered, start, so_far, self.tries[phone])[last]
        self.tries[phone[last]] = np.minimum(after, _MOST)
        found = np.empty(len(order), np.int64)
        found[order] = tries
        return found

    def _silent_before(self, attempts: Attempts) -> Ints:
        order, start = _runs(attempts.whom.household, attempts)
        household, day, tells = attempts.whom.household[order], attempts.when.day[order], attempts.tells[order]
        tried = (tells != NOTHING) & (tells != DEAD)
        silent = np.isin(tells, _SILENT)
        latest = np.maximum.accumulate(np.where(tried, np.arange(len(order)), -1))
        before = np.concatenate([[-1], latest[:-1]])
        known = before >= start
        quiet = np.where(
            known,
            (day[before] == day) & silent[before],
            (self.last_day[household] == day) & self.last_silent[household],
        )
        last = np.flatnonzero(np.append(start[1:] != start[:-1], True))
        last = last[latest[last] >= start[last]]
        self.last_day[household[last]] = day[latest[last]]
        self.last_silent[household[last]] = silent[latest[last]]
        found = np.empty(len(order), np.int8)
        found[order] = quiet
        return found


def _since(count: Ints, answered: Ints, start: Ints, so_far: Ints, known: Ints) -> Ints:
    """How many were missed since the last answer; before the first one those known from earlier count, too."""
    at_start = np.where(start > 0, so_far[start - 1], 0)
    return np.where(answered >= start, count - so_far[answered], count - at_start + known)


def _runs(key: Ints, attempts: Attempts) -> tuple[Ints, Ints]:
    """Calls ordered by key and time, and for each where its key's run begins."""
    order = np.lexsort((attempts.result, attempts.when.clock, key))
    ordered = key[order]
    place = np.arange(len(order))
    first = np.append(True, ordered[1:] != ordered[:-1])
    return order, np.maximum.accumulate(np.where(first, place, 0))


def _beyond(codes: Ints) -> int:
    return int(codes.max()) + 1 if len(codes) else 0


def _grown(column: npt.NDArray[Any], least: int) -> npt.NDArray[Any]:
    if least <= len(column):
        return column
    larger = np.zeros((max(least, len(column) * 3 // 2), *column.shape[1:]), column.dtype)
    larger[: len(column)] = column
    return larger

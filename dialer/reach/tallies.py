"""Tries and answers of each number by kind of day and part of it: the evidence a clerk reads, never a bare score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialer.reach.attempts import ANSWERED, DEAD, NOTHING, Attempts
from dialer.reach.slots import DAY_LABELS, Floats, Ints

PARTS = (0, 10, 12, 14, 16, 18, 20, 24)
"""A day's parts: until 10, 10–12, … 18–20, from 20 h."""
_PER_DAY = len(PARTS) - 1
_MOST = 255


@dataclass(frozen=True, slots=True)
class Tally:
    """「平日18–20時 4回中3回応答」"""

    label: str
    tries: int
    answers: int

    @property
    def sentence(self) -> str:
        return f"{self.label} {self.tries}回中{self.answers}回応答"


class Tallies:
    """By number: tries and answers, kinds of day × parts of the day."""

    def __init__(self) -> None:
        self._tries = np.zeros((0, 3 * _PER_DAY), np.uint8)
        self._answers = np.zeros((0, 3 * _PER_DAY), np.uint8)

    def add(self, attempts: Attempts) -> None:
        """Count calls; those that tell nothing of their hour are no tries here."""
        tells = attempts.tells
        counted = np.flatnonzero((tells != NOTHING) & (tells != DEAD))
        if not len(counted):
            return
        phone, place = attempts.whom.phone[counted], part_of(attempts.when.slot[counted])
        self._grow(int(phone.max()) + 1)
        self._count(self._tries, phone, place)
        answered = tells[counted] == ANSWERED
        self._count(self._answers, phone[answered], place[answered])

    def of(self, phone: int) -> list[Tally]:
        """Where a number was tried at all, in the order of the week."""
        if phone >= len(self._tries):
            return []
        tries, answers = self._tries[phone], self._answers[phone]
        return [Tally(part_label(int(part)), int(tries[part]), int(answers[part])) for part in np.flatnonzero(tries)]

    def tries(self, phone: Ints) -> Ints:
        """How often each number was tried."""
        found = np.zeros(len(phone), np.int64)
        known = (phone >= 0) & (phone < len(self._tries))
        found[known] = self._tries[phone[known]].sum(axis=1)
        return found

    def counts(self, phone: Ints) -> tuple[Floats, Floats]:
        """Tries and answers of each number, numbers × parts of the week; zeros for numbers never tried."""
        found = np.zeros((2, len(phone), 3 * _PER_DAY))
        known = np.flatnonzero((phone >= 0) & (phone < len(self._tries)))
        found[0, known], found[1, known] = self._tries[phone[known]], self._answers[phone[known]]
        return found[0], found[1]

    @staticmethod
    def _count(table: Ints, phone: Ints, place: Ints) -> None:
        keys, counts = np.unique(phone.astype(np.int64) * table.shape[1] + place, return_counts=True)
        flat = table.reshape(-1)
        flat[keys] = np.minimum(flat[keys] + counts, _MOST)

    def _grow(self, phones: int) -> None:
        if phones > len(self._tries):
            more = max(phones, len(self._tries) * 5 // 4) - len(self._tries)
            room = np.zeros((more, 3 * _PER_DAY), np.uint8)
            self._tries = np.concatenate([self._tries, room])
            self._answers = np.concatenate([self._answers, room])


def part_of(slot: Ints) -> Ints:
    """The kind of day and part of it of each slot."""
    return slot // 24 * _PER_DAY + np.searchsorted(np.array(PARTS), slot % 24, side="right") - 1


def part_label(part: int) -> str:
    """ "平日18–20時", "土曜10時前", "日曜・祝日20時以降"."""
    day, place = divmod(int(part), _PER_DAY)
    begins, ends = PARTS[place], PARTS[place + 1]
    if begins == 0:
        return f"{DAY_LABELS[day]}{ends}時前"
    return f"{DAY_LABELS[day]}{begins}時以降" if ends == 24 else f"{DAY_LABELS[day]}{begins}–{ends}時"

"""Which number to call now: the answer rate of each number in each slot, shrunk towards what all numbers do (v1).

A slot is a kind of day (weekday, Saturday, Sunday or holiday) and an hour of the Japanese clock. The chain of
shrinkage: the city's rate in the slot (a Beta prior around the city's rate at all hours), times how much this number
answers more or less than its slots would have it (gamma-Poisson), then the number's own tries in this very slot (Beta).
The reach model of PACING.md §6 takes this one's place behind the same two questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from casefile.calendar import OfficeCalendar
from casefile.clock import jst

FIRST_GUESS = 0.25
"""Answer rate before anything is known; 国税庁's second weekday call got 23 % (DOMAIN.md §2.8)."""
CITY_WEIGHT = 40.0
"""So many tries, at the rate of all hours, stand behind a slot nobody has tried."""
NUMBER_WEIGHT = 2.0
"""So many expected answers stand behind a number's own factor."""
SLOT_WEIGHT = 4.0
"""So many tries stand behind a number's rate in one slot."""
_LEAST, _MOST = 0.01, 0.95


class DayKind(StrEnum):
    WEEKDAY = "weekday"
    SATURDAY = "saturday"
    HOLIDAY = "holiday"

    @property
    def label(self) -> str:
        return _DAY_LABEL[self]


_DAY_LABEL = {DayKind.WEEKDAY: "平日", DayKind.SATURDAY: "土曜", DayKind.HOLIDAY: "日曜・祝日"}


class HourSlot(NamedTuple):
    """A kind of day and a starting hour (GIF 時間帯コード 00–23)."""

    day: DayKind
    hour: int

    @property
    def label(self) -> str:
        return f"{self.day.label}{self.hour}時台"


def hour_slot(moment: datetime, calendar: OfficeCalendar) -> HourSlot:
    """The slot of a moment on a Japanese wall clock; a holiday on any day counts as a Sunday."""
    local = jst(moment)
    if local.isoweekday() == 7 or calendar.is_holiday(local.date()):
        return HourSlot(DayKind.HOLIDAY, local.hour)
    return HourSlot(DayKind.SATURDAY if local.isoweekday() == 6 else DayKind.WEEKDAY, local.hour)


@dataclass(slots=True)
class Tally:
    tries: int = 0
    answers: int = 0

    def add(self, tries: int, answers: int) -> None:
        self.tries += tries
        self.answers += answers


_SLOTS = tuple(HourSlot(day, hour) for day in DayKind for hour in range(24))
_PLACES = {slot: place for place, slot in enumerate(_SLOTS)}

_Number = tuple[int, ...]
"""What is known of one number: place in `_SLOTS`, tries, answers, and so on. A city has a hundred thousand of them, and those
that were tried in one slot alone share their tuple with thousands of others."""
_ONE_SLOT = 3


def _slots_of(number: _Number) -> Iterator[tuple[HourSlot, int, int]]:
    """Slot, tries and answers, in the order in which they were first tried."""
    for at in range(0, len(number), 3):
        yield _SLOTS[number[at]], number[at + 1], number[at + 2]


def _here(number: _Number, slot: HourSlot) -> tuple[int, int]:
    """Tries and answers in one slot."""
    place = _PLACES[slot]
    for at in range(0, len(number), 3):
        if number[at] == place:
            return number[at + 1], number[at + 2]
    return 0, 0


def _added(number: _Number, place: int, tries: int, answers: int) -> _Number:
    for at in range(0, len(number), 3):
        if number[at] == place:
            return (*number[: at + 1], number[at + 1] + tries, number[at + 2] + answers, *number[at + 3 :])
    return (*number, place, tries, answers)


class ReachBook:
    """What is known of every number: tries and live answers by slot. Kept in memory, fed by every call that ends."""

    def __init__(self) -> None:
        self._city = Tally()
        self._city_slots: dict[HourSlot, Tally] = {}
        self._numbers: dict[int, _Number] = {}
        self._shared: dict[_Number, _Number] = {}

    def note(self, phone_id: UUID, slot: HourSlot, answered: bool) -> None:
        """One try of a number, and whether a person answered."""
        self.add(phone_id, slot, 1, int(answered))

    def add(self, phone_id: UUID, slot: HourSlot, tries: int, answers: int) -> None:
        """Many tries at once, for reading history."""
        for tally in (self._city, self._city_slots.setdefault(slot, Tally())):
            tally.add(tries, answers)
        number = _added(self._numbers.get(phone_id.int, ()), _PLACES[slot], tries, answers)
        self._numbers[phone_id.int] = self._shared.setdefault(number, number) if len(number) == _ONE_SLOT else number

    def phones(self) -> list[UUID]:
        """Every number that was ever tried."""
        return [UUID(int=number) for number in self._numbers]

    def tries(self, phone_id: UUID) -> int:
        """How often this number was tried."""
        return sum(self._numbers.get(phone_id.int, ())[1::3])

    def slot_rate(self, slot: HourSlot) -> float:
        """How often anybody answers in this slot."""
        city = (self._city.answers + CITY_WEIGHT * FIRST_GUESS) / (self._city.tries + CITY_WEIGHT)
        tally = self._city_slots.get(slot)
        if tally is None:
            return city
        return (tally.answers + CITY_WEIGHT * city) / (tally.tries + CITY_WEIGHT)

    def answer_rate(self, phone_id: UUID, slot: HourSlot) -> float:
        """The probability that a person answers this number in this slot."""
        expected = self.slot_rate(slot)
        number = self._numbers.get(phone_id.int)
        if number is None:
            return expected
        would = sum(tries * self.slot_rate(tried) for tried, tries, _ in _slots_of(number))
        factor = (sum(number[2::3]) + NUMBER_WEIGHT) / (would + NUMBER_WEIGHT)
        tries, answers = _here(number, slot)
        rate = (answers + SLOT_WEIGHT * expected * factor) / (tries + SLOT_WEIGHT)
        return min(max(rate, _LEAST), _MOST)

    def evidence(self, phone_id: UUID, slot: HourSlot) -> str:
        """What the rate rests on, for a person's eyes: never a bare score."""
        number = self._numbers.get(phone_id.int)
        if number is None or self.tries(phone_id) == 0:
            return f"この番号への架電はまだありません({slot.label}は全体で{self.slot_rate(slot):.0%}が応答)"
        tries, answers = _here(number, slot)
        total = f"全体 {self.tries(phone_id)}回中{sum(number[2::3])}回応答"
        return f"{slot.label} {tries}回中{answers}回応答、{total}" if tries else f"{slot.label}は初めて、{total}"

    def best_slots(self, phone_id: UUID, limit: int = 3) -> list[tuple[HourSlot, Tally, float]]:
        """The slots in which this number was tried, the most promising first (I2)."""
        number = self._numbers.get(phone_id.int)
        if number is None:
            return []
        rated = [
            (slot, Tally(tries, answers), self.answer_rate(phone_id, slot))
            for slot, tries, answers in _slots_of(number)
        ]
        rated.sort(key=lambda entry: (-entry[2], entry[0]))
        return rated[:limit]

"""Those who know more than anybody can: the clairvoyant, and the ideal observer, which is the bound.

The clairvoyant knows everybody's true chances, though not the luck of a call. The ideal observer knows how the city was made, but not
each person: for every segment it draws thousands of households from the city's own generator and weighs them by what the
calls to a real household brought (the posterior by brute force). No one who sees the same calls can know more.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt

from callflow.codes import CallResult
from rehearsal.reach_cities.city import MOST, City, drawn_habits, segments
from rehearsal.reach_cities.habits import DEAD, Habits
from rehearsal.reach_cities.households import Line, Shape
from rehearsal.reach_cities.room import OUT_OF_REACH, Calls, Room

Reals = npt.NDArray[np.floating]
Small = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

PROTOTYPES = 1000
CERTAIN = 1e6
"""Pseudo-tries behind a chance that is simply true."""


class Clairvoyant:
    """Knows each person's true chances."""

    def new_day(self, room: Room) -> None:
        """Knows everything already."""

    def morning(self, room: Room) -> None:
        """Knows everything already."""

    def learn(self, room: Room, calls: Calls) -> None:
        """Knows everything already."""

    def chances(self, room: Room, candidates: Whole, slots: Whole) -> tuple[Reals, Reals]:
        city, roster = room.city, room.city.roster
        right = city.right[candidates][:, slots]
        live = right + city.other[candidates][:, slots] + city.stranger[candidates][:, slots]
        lift = np.minimum(room.lift(slots, candidates), MOST / np.maximum(live, 1e-6))
        usable = (~city.dead[candidates]) * (1 - city.away_chance[roster.household[candidates]])
        return right * lift * usable[:, None], np.full(len(candidates), CERTAIN)


class IdealObserver:
    """The posterior over prototypes of every household; `seed` draws prototypes that are not the city's own households."""

    def __init__(self, city: City, seed: int, prototypes: int = PROTOTYPES) -> None:
        self._segment = np.zeros(city.roster.households, dtype=np.int64)
        self._row = np.zeros(city.roster.households, dtype=np.int64)
        self._banks: list[_Bank] = []
        rng = np.random.default_rng([seed, crc32(city.name.encode()), 1])
        for shape, age in segments():
            members = np.flatnonzero((city.roster.shape == shape) & (city.roster.age == age))
            if not len(members):
                continue
            self._segment[members], self._row[members] = len(self._banks), np.arange(len(members))
            drawn = drawn_habits(city.name, rng, shape, age, prototypes, city.hours)
            self._banks.append(_Bank(shape, drawn, len(members)))

    def morning(self, room: Room) -> None:
        """Knows the generator: there is nothing to fit."""

    def new_day(self, _room: Room) -> None:
        for bank in self._banks:
            bank.turn_the_day()

    def learn(self, room: Room, calls: Calls) -> None:
        roster = room.city.roster
        house = roster.household[calls.candidate]
        for at in np.flatnonzero(calls.result != int(CallResult.NOT_IN_SERVICE)):
            bank = self._banks[self._segment[house[at]]]
            place = int(roster.place[calls.candidate[at]])
            kind = _kind_of(int(calls.result[at]), bool(calls.right[at]), bool(calls.wrong[at]))
            bank.weigh(int(self._row[house[at]]), place, int(calls.slot[at]), float(calls.lift[at]), kind)

    def chances(self, room: Room, candidates: Whole, slots: Whole) -> tuple[Reals, Reals]:
        city, roster = room.city, room.city.roster
        right, strength = np.zeros((len(candidates), len(slots)), np.float32), np.zeros(len(candidates))
        today = city.hours.day[slots] == city.hours.day[room.slot]
        segment = self._segment[roster.household[candidates]]
        for number, bank in enumerate(self._banks):
            for place in range(len(bank.shape.numbers)):
                here = np.flatnonzero((segment == number) & (roster.place[candidates] == place))
                if len(here):
                    rows = self._row[roster.household[candidates[here]]]
                    right[here], strength[here] = bank.expected(rows, place, slots, today)
        alive = np.where(room.heard[roster.phone[candidates]], 1.0, 1.0 - DEAD)
        return np.minimum(right * room.lift(slots, candidates), MOST) * alive[:, None], strength


RIGHT, OTHER, STRANGER, BUSY, MACHINE, OFF, RINGING = range(7)


def _kind_of(result: int, right: bool, wrong: bool) -> int:
    if result == int(CallResult.ANSWERED):
        return RIGHT if right else STRANGER if wrong else OTHER
    return {
        int(CallResult.BUSY): BUSY,
        int(CallResult.VOICEMAIL): MACHINE,
        int(CallResult.OUT_OF_REACH): OFF,
        int(CallResult.NO_ANSWER): RINGING,
    }[result]


class _Bank:
    """Prototypes of one segment, and the weights they have for each of its households (rows).

    `_home` and `_gone` hold what today's calls say, if the household is there today and if it is away all day.
    """

    def __init__(self, shape: Shape, habits: Habits, households: int) -> None:
        self.shape, self._habits = shape, habits
        prototypes = len(habits.away)
        self._weight = np.full((households, prototypes), 1.0 / prototypes, dtype=np.float32)
        self._home, self._gone = np.ones_like(self._weight), np.ones_like(self._weight)
        self._there = 1 - habits.away
        self._by_slot = np.ascontiguousarray((habits.right * self._there[:, None, None]).transpose(1, 0, 2))
        self._usual = self._by_slot.mean(axis=2)

    def turn_the_day(self) -> None:
        """Today's calls become part of what is known for good."""
        self._weight = self._posterior(slice(None))
        self._home[:], self._gone[:] = 1, 1

    def _posterior(self, rows: Whole | slice) -> Small:
        weight = self._weight[rows] * (self._there * self._home[rows] + self._habits.away * self._gone[rows])
        total = weight.sum(axis=1, keepdims=True)
        return np.asarray(weight / np.maximum(total, 1e-30), dtype=np.float32)

    def weigh(self, row: int, place: int, slot: int, lift: float, kind: int) -> None:
        """One result of a call to a household."""
        self._home[row] *= self._likelihood(place, slot, lift, kind)
        self._gone[row] *= self._silent(place, kind)
        if float((self._weight[row] * (self._home[row] + self._gone[row])).sum()) < 1e-25:
            # Nothing like it among the prototypes: better to know nothing than to divide by nothing.
            self._home[row], self._gone[row] = 1, 1

    def _likelihood(self, place: int, slot: int, lift: float, kind: int) -> Small:
        habits = self._habits
        parts = (habits.right[:, place, slot], habits.other[:, place, slot], habits.stranger[:, place, slot])
        live = parts[0] + parts[1] + parts[2]
        factor = np.minimum(np.float32(lift), MOST / np.maximum(live, np.float32(1e-6)))
        if kind <= STRANGER:
            return np.asarray(parts[kind] * factor, dtype=np.float32)
        busy = habits.busy[:, place, slot]
        nobody = 1 - live * factor
        return np.asarray(nobody * (busy if kind == BUSY else (1 - busy) * self._silent(place, kind)), dtype=np.float32)

    def _silent(self, place: int, kind: int) -> Small:
        """How likely this kind of silence is, given that nobody takes it up and the line is free."""
        machine = self._habits.machine[:, place]
        off = OUT_OF_REACH if self.shape.numbers[place][1] is Line.MOBILE else 0.0
        found = {MACHINE: machine, OFF: np.full_like(machine, off), RINGING: 1 - machine - off}.get(kind)
        return np.zeros_like(machine) if found is None else found

    def expected(self, rows: Whole, place: int, slots: Whole, today: npt.NDArray[np.bool_]) -> tuple[Reals, Reals]:
        """Right-party chances of these households' number in the slots, before letters and days; and their strength."""
        posterior = self._posterior(rows)
        table = self._by_slot[place]
        right = posterior @ table[:, slots]
        if self._habits.away.any():
            now = self._weight[rows] * self._home[rows]
            whole = (self._weight[rows] * (self._there * self._home[rows] + self._habits.away * self._gone[rows])).sum(
                axis=1
            )
            right[:, today] = (now @ table[:, slots[today]]) / np.maximum(whole, 1e-30)[:, None]
        mean, square = posterior @ self._usual[place], posterior @ self._usual[place] ** 2
        spread = np.maximum(square - mean**2, 1e-7)
        return right, np.clip(mean * (1 - mean) / spread - 1, 0.2, 1e3)

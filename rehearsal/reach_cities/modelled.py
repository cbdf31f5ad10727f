"""The reach model of the house on a synthetic city: it sees the log, and what is on file, and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dialer.reach import Attempts, Candidates, Moments, ReachModel, age_bands, homes
from rehearsal.reach_cities.city import City
from rehearsal.reach_cities.households import AGES
from rehearsal.reach_cities.room import Calls, Room

Reals = npt.NDArray[np.floating]
Whole = npt.NDArray[np.int64]

REBUILD_EVERY = 1
"""Mornings between two rebuilds."""


class Modelled:
    """Learns every hour's calls as they come and is rebuilt every morning, as in the engine."""

    def __init__(self, city: City) -> None:
        self._model = ReachModel(city.hours.calendar)
        starts = city.hours.starts
        self._moments = Moments.at(starts, city.hours.calendar)
        self._log: list[Attempts] = []

    def new_day(self, room: Room) -> None:
        """Learns as it goes."""

    def morning(self, room: Room) -> None:
        """The nightly rebuild."""
        if self._log:
            self._log = [Attempts.joined(self._log)]
            self._model.fit(self._log[0], room.city.hours.starts[room.slot])

    def learn(self, room: Room, calls: Calls) -> None:
        if not len(calls):
            return
        attempts = attempts_of(room.city, self._moments, calls)
        self._model.learn(attempts)
        self._log.append(attempts)

    def chances(self, room: Room, candidates: Whole, slots: Whole) -> tuple[Reals, Reals]:
        whom = _on_file(room.city, candidates, room.letter_days(candidates), room.sms_days(candidates))
        live, right = self._model.chances_by_slot(whom, self._moments[slots])
        spread = self._model.spread(whom, room.city.hours.starts[room.slot])
        mean = live[:, 0]
        return right, np.clip(mean * (1 - mean) / np.maximum(spread**2, 1e-6) - 1, 0.3, 1e3)


def attempts_of(city: City, moments: Moments, calls: Calls) -> Attempts:
    """A room's log as the model and a backtest read it; `moments`: of the city's hours."""
    whom = _on_file(city, calls.candidate, calls.letter_days, calls.sms_days)
    return Attempts.of(moments[calls.slot], whom, calls.result, calls.right)


def _on_file(city: City, candidates: Whole, letters: Whole, texts: Whole) -> Candidates:
    roster, year = city.roster, city.hours.first_day.year
    household = roster.household[candidates]
    return Candidates.of(
        roster.person[candidates],
        household,
        roster.phone[candidates],
        roster.line[candidates],
        district=roster.district[household] + 1,
        age=age_bands(year - np.array(AGES)[roster.age[household]], year),
        letter_days=letters,
        sms_days=texts,
        home=homes(roster.household, roster.person, roster.line)[household],
    )

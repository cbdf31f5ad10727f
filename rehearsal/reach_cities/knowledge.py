"""How much is known of whom a call would reach: the log loss of guesses on a list called by lot, beside the ideal observer's.

Sharper than counting contacts, since every call is judged and no order interferes: twelve weeks are called by lot, the last four are
guessed hour by hour from what came before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from dialer.reach import Moments
from dialer.reach.replay import replay
from dialer.reach.scores import log_losses
from rehearsal.reach_cities.city import found_city
from rehearsal.reach_cities.hours import calling_hours
from rehearsal.reach_cities.modelled import attempts_of
from rehearsal.reach_cities.observers import IdealObserver
from rehearsal.reach_cities.plain import ByLot
from rehearsal.reach_cities.room import Calls, Room
from rehearsal.reach_cities.trial import try_order

WEEKS, SCORED = 12, 4
HOUSEHOLDS, CALLS_AN_HOUR = 1500, 31
PROTOTYPES = 1500
_OBSERVERS_SEED = 91_001
_CITY, _IDEAL = "city", "ideal"


class Overheard(ByLot):
    """Calls by lot, while the observer says before each call what it would bring: `told`, right-party chances in order."""

    def __init__(self, observer: IdealObserver, seed: int, from_week: int) -> None:
        super().__init__(seed)
        self._observer, self._from_week = observer, from_week
        self.told: list[float] = []

    def new_day(self, room: Room) -> None:
        self._observer.new_day(room)

    def learn(self, room: Room, calls: Calls) -> None:
        if room.city.hours.week[room.slot] >= self._from_week:
            chances, _ = self._observer.chances(room, calls.candidate, np.array([room.slot]))
            self.told += chances[:, 0].tolist()
        self._observer.learn(room, calls)


def losses_of(name: str, seeds: Iterable[int]) -> dict[str, list[float]]:
    """Mean log loss a call, by way to guess ("ideal", "model" and the simple ones), one value a seed."""
    losses: dict[str, list[float]] = {}
    for seed in seeds:
        for way, loss in _losses(name, seed).items():
            losses.setdefault(way, []).append(loss)
    return losses


def _losses(name: str, seed: int) -> dict[str, float]:
    city = found_city(name, seed, HOUSEHOLDS, calling_hours(WEEKS))
    overheard = Overheard(IdealObserver(city, _OBSERVERS_SEED + seed, PROTOTYPES), seed, WEEKS - SCORED)
    log = try_order(city, overheard, CALLS_AN_HOUR).log
    attempts = attempts_of(city, Moments.at(city.hours.starts, city.hours.calendar), log)
    replayed = replay(attempts, city.hours.calendar, SCORED)
    found = {way: float(log_losses(chance, replayed.happened).mean()) for way, chance in replayed.guessed.items()}
    told: npt.NDArray[np.float64] = np.array(overheard.told[-len(replayed) :])
    happened = log.right[-len(told) :]
    return {**found, _IDEAL: float(log_losses(told, happened).mean())}


def share_of_knowledge(losses: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Of what the ideal observer knows beyond the city's rate: 0 for the rate itself, 1 for the observer, a value a seed."""
    seeds = range(len(losses[_CITY]))
    return {
        way: [(losses[_CITY][at] - mine[at]) / (losses[_CITY][at] - losses[_IDEAL][at]) for at in seeds]
        for way, mine in losses.items()
    }

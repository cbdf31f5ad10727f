"""A city's own log replayed forward in time: what would have been guessed of every call before it was made.

Hour by hour: the calls of the hour are guessed from all calls before it, then learned. The model is rebuilt from the past every
`REBUILD_DAYS`, and learns call by call in between, as in the engine. Only the last weeks are scored; what lies before is the past
they are guessed from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from casefile.calendar import OfficeCalendar
from casefile.clock import JST
from dialer.reach.attempts import ANSWERED, NOT_KNOWN, NOTHING, Attempts
from dialer.reach.guesses import CityHour, CityRate, Guess, LastSuccess, PersonBand, PersonRate
from dialer.reach.model import ReachModel
from dialer.reach.slots import MINUTES_A_DAY, Flags, Floats, Ints

REBUILD_DAYS = 7
MODEL = "model"
_LEAST = 1e-4
_HOUR = 60


@dataclass(frozen=True, slots=True)
class Replayed:
    """The scored calls: `day` ordinals, whether it `happened`, and by the name of each way to guess its chances."""

    day: Ints
    happened: Flags
    guessed: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.day)


def replay(attempts: Attempts, calendar: OfficeCalendar, weeks: int, *, target: str = "right_party") -> Replayed:
    """The last `weeks` of a log, guessed from what came before each hour. `target`: "right_party" or "live".

    Calls that tell nothing (網輻輳, 規則による中止 and so on) and answered calls of which nobody said who answered are left out. Raises
    ValueError for a target of another name, and where the log does not reach back beyond the weeks.
    """
    attempts = _in_order(attempts, target)
    days = attempts.when.day
    if not len(attempts) or int(days[-1]) - 7 * weeks < int(days[0]):
        raise ValueError("the log does not reach back beyond the weeks that are to be scored")
    first = int(days[-1]) - 7 * weeks + 1
    begin = int(np.searchsorted(days, first))
    happened = _happened(attempts, target)
    people = int(attempts.whom.person.max()) + 1
    simple: dict[str, Guess] = {
        "city": CityRate(),
        "city_hour": CityHour(),
        "person": PersonRate(people),
        "person_band": PersonBand(people),
        "last_success": LastSuccess(people),
    }
    guessed: dict[str, Floats] = {name: np.empty(len(attempts) - begin) for name in (MODEL, *simple)}
    model, rebuilt = ReachModel(calendar), -REBUILD_DAYS
    for start, end in hours_of(attempts):
        part, day = attempts[start:end], int(days[start])
        if start >= begin:
            if day - rebuilt >= REBUILD_DAYS:
                model.fit(attempts[:start], _moment(day, 0))
                rebuilt = day
            _guess_all(guessed, slice(start - begin, end - begin), part, model, simple, target)
            model.learn(part)
        for each in simple.values():
            each.learn(part, happened[start:end])
    return Replayed(days[begin:], happened[begin:] > 0, guessed)


def _in_order(attempts: Attempts, target: str) -> Attempts:
    if target not in ("right_party", "live"):
        raise ValueError(f"guessed is right_party or live, not {target}")
    tells = attempts.tells
    known = (attempts.right_party != NOT_KNOWN) | (tells != ANSWERED)
    attempts = attempts[np.flatnonzero((tells != NOTHING) & (known if target == "right_party" else True))]
    return attempts[np.argsort(attempts.when.clock, kind="stable")]


def _happened(attempts: Attempts, target: str) -> Floats:
    answered = attempts.tells == ANSWERED
    return np.asarray(answered if target == "live" else answered & (attempts.right_party == 1), dtype=np.float64)


def hours_of(attempts: Attempts) -> list[tuple[int, int]]:
    """Begin and end of each hour's calls."""
    hour = attempts.when.clock // _HOUR
    begins = np.flatnonzero(np.append(True, hour[1:] != hour[:-1]))
    return list(zip(begins.tolist(), [*begins[1:].tolist(), len(hour)], strict=True))


def _guess_all(
    guessed: dict[str, Floats], where: slice, part: Attempts, model: ReachModel, simple: dict[str, Guess], target: str
) -> None:
    live, right = model.chances(part.whom, _moment(int(part.when.day[0]), int(part.when.minute[0])))
    guessed[MODEL][where] = live if target == "live" else right
    for name, each in simple.items():
        guessed[name][where] = np.clip(each.guess(part), _LEAST, 1 - _LEAST)


def _moment(day: int, minute: int) -> datetime:
    assert 0 <= minute < MINUTES_A_DAY
    return datetime.combine(date.fromordinal(day), time.min, JST) + timedelta(minutes=minute)

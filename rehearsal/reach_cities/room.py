"""The room that calls a city: the caps of DOMAIN.md §2.8, the hours' capacity, and the log of what came of it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from callflow.codes import CallResult
from rehearsal.reach_cities.city import (
    MOST,
    SMS_AFTER_MISSES,
    SMS_DAYS,
    SMS_LIFT,
    City,
    day_lift,
    letter_age,
    letter_lift,
)
from rehearsal.reach_cities.households import Line

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NUMBER_DAY, GAP_HOURS, HOUSEHOLD_DAY, PERSON_MONTH = 2, 2, 3, 6
NEVER = 999
OUT_OF_REACH = 0.06
"""Of mobiles that nobody takes, whose machine does not either."""


@dataclass(frozen=True)
class Calls:
    """What an hour of calling brought: candidate, result code of DOMAIN.md §2.10, who was on the line, and the covariates.

    `lift`: what day, letter and text did to answering.
    """

    candidate: Whole
    slot: Whole
    result: Whole
    right: Flags
    wrong: Flags
    letter_days: Whole
    sms_days: Whole
    lift: Floats

    def __len__(self) -> int:
        return len(self.candidate)

    @classmethod
    def joined(cls, parts: list[Calls]) -> Calls:
        return cls(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)))


class Room:
    """Calls made so far in a city, and who may be called now. `monthly_calls` counts a person's calls of the month."""

    def __init__(self, city: City) -> None:
        self.city = city
        roster = city.roster
        phones, people, houses = int(roster.phone.max()) + 1, roster.people, roster.households
        self.slot = 0
        self._day, self._month = -1, -1
        self.number_today = np.zeros(phones, dtype=np.int64)
        self._last_hour = np.full(people, -NEVER)
        self._last_band = np.full(people, -1)
        self._phone_hour = np.full(phones, -NEVER)
        self._house_today = np.zeros(houses, dtype=np.int64)
        self._house_done = np.zeros(houses, dtype=bool)
        self.monthly_calls = np.zeros(people, dtype=np.int64)
        self.done = np.zeros(people, dtype=bool)
        self.gone = np.zeros(phones, dtype=bool)
        self.heard = np.zeros(phones, dtype=bool)
        self._misses = np.zeros(phones, dtype=np.int64)
        self._sms_day = np.full(phones, -NEVER)
        self.person_today = np.zeros(people, dtype=bool)
        self._day_lift = day_lift(city.hours)
        self._letters = letter_lift(city.letter_day, np.arange(int(city.hours.day.max()) + 1))

    # -- the clock ------------------------------------------------------------------------------------------------

    def turn_to(self, slot: int) -> None:
        """An hour begins; a new day or month clears what is counted by them."""
        hours = self.city.hours
        self.slot = slot
        if hours.day[slot] != self._day:
            self._day = int(hours.day[slot])
            self.number_today[:] = 0
            self._house_today[:] = 0
            self._house_done[:] = False
            self.person_today[:] = False
        if hours.month[slot] != self._month:
            self._month = int(hours.month[slot])
            self.monthly_calls[:] = 0
            self.done[:] = False

    # -- who may be called ----------------------------------------------------------------------------------------

    @property
    def tries_left(self) -> Whole:
        """Of each candidate's person, this month; 0 for whom the month is over: reached, or the number is gone."""
        roster = self.city.roster
        left = np.maximum(PERSON_MONTH - self.monthly_calls, 0)[roster.person]
        return np.where(self.done[roster.person] | self.gone[roster.phone], 0, left)

    @property
    def callable(self) -> Flags:
        """Candidates whom the caps allow in this hour."""
        roster, hour = self.city.roster, self._now
        band = self.city.hours.band[self.slot]
        rested = (hour - self._last_hour >= GAP_HOURS) & ~(self.person_today & (self._last_band == band))
        phone_ok = (self.number_today < NUMBER_DAY) & (hour - self._phone_hour >= GAP_HOURS)
        house_ok = (self._house_today < HOUSEHOLD_DAY) & ~self._house_done
        house, phone = house_ok[roster.household], phone_ok[roster.phone]
        return np.asarray(rested[roster.person] & phone & house & (self.tries_left > 0), dtype=np.bool_)

    @property
    def _now(self) -> int:
        hours = self.city.hours
        return int(hours.day[self.slot] * 24 + hours.hour[self.slot])

    # -- what is known of them besides results --------------------------------------------------------------------

    def lift(self, slots: Whole, candidates: Whole | slice = slice(None)) -> Floats:
        """(candidates, slots): what day, letters and texts do to answering, as far as it is known now."""
        roster, days = self.city.roster, self.city.hours.day[slots]
        letters = self._letters[roster.household[candidates]][:, days]
        since = days - self._sms_day[roster.phone[candidates]][:, None]
        texts = np.where((since >= 0) & (since < SMS_DAYS), np.float32(SMS_LIFT), np.float32(1))
        return letters * texts * self._day_lift[slots]

    def letter_days(self, candidates: Whole | slice = slice(None)) -> Whole:
        """Days since the last letter; below zero: days until the first; NEVER never occurs."""
        letter = self.city.letter_day[self.city.roster.household[candidates]]
        age = letter_age(letter, self._day)
        return np.where(age >= 0, age, self._day - letter)

    def sms_days(self, candidates: Whole | slice = slice(None)) -> Whole:
        """Days since the last text of the number; NEVER: none yet."""
        return np.asarray(
            np.minimum(self._day - self._sms_day[self.city.roster.phone[candidates]], NEVER), dtype=np.int64
        )

    # -- calling --------------------------------------------------------------------------------------------------

    def call(self, candidates: Whole) -> Calls:
        """Calls these, one after another in this hour, and notes what came of it; the caller asks `callable` before."""
        result, right, wrong = self._outcomes(candidates)
        letters, texts = self.letter_days(candidates), self.sms_days(candidates)
        lift = self.lift(np.array([self.slot]), candidates)[:, 0]
        slots = np.full(len(candidates), self.slot)
        self._note(candidates, result, right, wrong)
        return Calls(candidates, slots, result, right, wrong, letters, texts, lift)

    def _outcomes(self, who: Whole) -> tuple[Whole, Flags, Flags]:
        city, slot = self.city, self.slot
        home = ~city.away[city.roster.household[who], self._day]
        lift = self.lift(np.array([slot]), who)[:, 0]
        live = city.right[who, slot] + city.other[who, slot] + city.stranger[who, slot]
        lift = home * np.minimum(lift, MOST / np.maximum(live, 1e-6))
        edges = np.cumsum(
            [city.right[who, slot] * lift, city.other[who, slot] * lift, city.stranger[who, slot] * lift], axis=0
        )
        luck, second = city.luck[who, slot].T
        right = luck < edges[0]
        wrong = (luck >= edges[1]) & (luck < edges[2])
        busy = (luck >= edges[2]) & (luck < edges[2] + city.busy[who, slot] * home * (1 - edges[2]))
        machine = second < city.machine[who]
        away = (city.roster.line[who] == Line.MOBILE) & (second > 1 - OUT_OF_REACH)
        silent = np.select(
            [machine, away], [int(CallResult.VOICEMAIL), int(CallResult.OUT_OF_REACH)], int(CallResult.NO_ANSWER)
        )
        dead = city.dead[who]
        result = np.select(
            [dead, luck < edges[2], busy],
            [int(CallResult.NOT_IN_SERVICE), int(CallResult.ANSWERED), int(CallResult.BUSY)],
            silent,
        )
        return result, right & ~dead, wrong & ~dead

    def _note(self, who: Whole, result: Whole, right: Flags, wrong: Flags) -> None:
        roster = self.city.roster
        person, phone, house = roster.person[who], roster.phone[who], roster.household[who]
        self.number_today[phone] += 1
        self._house_today[house] += 1
        self.monthly_calls[person] += 1
        self.person_today[person] = True
        self._last_hour[person] = self._phone_hour[phone] = self._now
        self._last_band[person] = self.city.hours.band[self.slot]
        answered, dead = result == int(CallResult.ANSWERED), result == int(CallResult.NOT_IN_SERVICE)
        self._house_done[house[answered]] = True
        self.done[person[right]] = True
        self.gone[phone[dead | wrong]] = True
        self.heard[phone] = True
        self._misses[phone[~answered]] += 1
        texted = (self._misses[phone] == SMS_AFTER_MISSES) & (roster.line[who] == Line.MOBILE) & ~answered & ~dead
        self._sms_day[phone[texted]] = self._day

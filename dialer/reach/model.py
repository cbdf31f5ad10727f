"""Who answers now: for each number the probability that somebody does, and that it is the person asked for (PACING.md §6).

A city has a few kinds of households, each with its week, and people who take up calls more or less willingly
(`habits.py`). Of a single number the model knows nothing but what its calls, and those of its household, tell about which
of these it is: a Bayesian mixture, updated call by call, whose weeks and shares are learned anew every night.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from casefile.calendar import OfficeCalendar
from dialer.reach.attempts import DEAD, NEVER, NOTHING, Attempts, Candidates
from dialer.reach.course import Course
from dialer.reach.effects import levels_of
from dialer.reach.fitting import fitted
from dialer.reach.habits import (
    HABITS,
    KINDS,
    RIGHT,
    WILLING,
    Beliefs,
    band_of,
    first_beliefs,
    from_margins,
    told_of_margins,
)
from dialer.reach.memory import Memory, Told, softmax
from dialer.reach.own_hours import own_factors
from dialer.reach.slots import Floats, Ints, Moments
from dialer.reach.tallies import Tallies, Tally, part_label, part_of
from dialer.reach.telling import told_by_persons, told_by_results

_LEAST, _MOST = 0.002, 0.97
DEAD_CHANCE = 0.002
"""Of a number whose last call met 現在使われていない, 番号変更, 通話停止 or a FAX."""
_AT_A_TIME = 65_536
_DEGREES = len(WILLING)


class ReachModel:
    """What is known of a city's numbers. Not thread-safe; deterministic; reads no clock.

    Every moment handed in is aware, every code of a person, household or number a small whole number (`Roll`).
    """

    def __init__(self, calendar: OfficeCalendar, beliefs: Beliefs | None = None) -> None:
        self._calendar = calendar
        self.beliefs = beliefs or first_beliefs()
        self._forget()

    # -- learning -------------------------------------------------------------------------------------------------

    def learn(self, attempts: Attempts) -> None:
        """Calls that are over, one or many, in any order; none may be older than by days what was learned before."""
        for begin in range(0, len(attempts), _AT_A_TIME):
            self._learn(attempts[begin : begin + _AT_A_TIME])

    def learn_right_party(self, attempts: Attempts) -> None:
        """Who was on the line of answered calls that were learned with `right_party` not known."""
        self._note_persons(attempts)

    def fit(self, attempts: Attempts, until: datetime) -> None:
        """Learn the city's weeks and shares anew from the calls before `until`, then every number from all its calls."""
        (end,) = Moments.at([until], self._calendar).clock
        attempts = attempts[attempts.when.clock < end]
        # In order of time, so that learning in parts has each call's past before it.
        attempts = attempts[np.argsort(attempts.when.clock, kind="stable")]
        self.beliefs = fitted(attempts, self.beliefs.half_life_days)
        self._forget()
        self.learn(attempts)

    def _forget(self) -> None:
        self._memory = Memory(HABITS, len(RIGHT), self.beliefs.half_life_days)
        self._course = Course.empty()
        self._tallies = Tallies()

    def _learn(self, attempts: Attempts) -> None:
        tells = attempts.tells
        self._note_dead(attempts)
        told = np.flatnonzero((tells != NOTHING) & (tells != DEAD))
        if not len(told):
            return
        attempts = attempts[told]
        tries, silent = self._course.follow(attempts)
        effects = self.beliefs.effects.of(levels_of(attempts.when, attempts.whom, tries, silent))
        self._note_numbers(attempts)
        results = told_by_results(self.beliefs, attempts, effects)
        self._memory.numbers.add(attempts.whom.phone, attempts.when.clock, results)
        self._note_persons(attempts)
        self._tallies.add(attempts)

    def _note_persons(self, attempts: Attempts) -> None:
        habits, rights = told_by_persons(self.beliefs, attempts)
        heard = np.flatnonzero(rights[:, -1] != 0)
        if not len(heard):
            return
        whom, clock = attempts.whom[heard], attempts.when.clock[heard]
        self._memory.numbers.add(whom.phone, clock, habits[heard])
        self._memory.persons.add(self._memory.pairs.rows(whom.person, whom.phone), clock, rights[heard])

    def _note_numbers(self, attempts: Attempts) -> None:
        phone = attempts.whom.phone
        self._memory.grow(int(phone.max()) + 1)
        self._memory.line[phone] = attempts.whom.line
        self._memory.household[phone] = attempts.whom.household

    def _note_dead(self, attempts: Attempts) -> None:
        """The last result counts: whatever is heard on a number later shows that it lives."""
        said = np.flatnonzero(attempts.tells != NOTHING)
        if not len(said):
            return
        phone, dead = attempts.whom.phone[said], attempts.tells[said] == DEAD
        self._memory.grow(int(phone.max()) + 1)
        order = np.lexsort((attempts.result[said], attempts.when.clock[said], phone))
        last = order[np.append(phone[order][1:] != phone[order][:-1], True)]
        self._memory.dead[phone[last]] = dead[last]

    # -- asking ---------------------------------------------------------------------------------------------------

    def chances(self, candidates: Candidates, at: datetime) -> tuple[Floats, Floats]:
        """`p_live` and `p_right_party` of each candidate at one moment."""
        live, right = self.chances_by_slot(candidates, Moments.at([at], self._calendar))
        return live[:, 0], right[:, 0]

    def chances_by_slot(self, candidates: Candidates, slots: Moments) -> tuple[Floats, Floats]:
        """Candidates × moments: the same for the moments of `slots`, seen from the first of them."""
        kinds, willing, right = self._expected(candidates, int(slots.clock[0]))
        return self._at_slots(candidates, slots, kinds * willing, right)

    def draw(self, candidates: Candidates, slots: Moments, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """The same as `chances_by_slot` for one habit of each candidate, drawn as likely as it is (Thompson)."""
        habits = self._habits(candidates, int(slots.clock[0]))
        drawn = (np.cumsum(habits, axis=1) < rng.random(len(candidates))[:, None]).sum(axis=1)
        drawn = np.minimum(drawn, habits.shape[1] - 1)
        weights = np.zeros((len(candidates), KINDS))
        weights[np.arange(len(candidates)), drawn // _DEGREES] = WILLING[drawn % _DEGREES]
        rights = self._rights(candidates, int(slots.clock[0]))
        which = (np.cumsum(rights, axis=1) < rng.random(len(candidates))[:, None]).sum(axis=1)
        return self._at_slots(candidates, slots, weights, RIGHT[np.minimum(which, len(RIGHT) - 1)])

    def spread(self, candidates: Candidates, at: datetime) -> Floats:
        """How far `p_live` may be off: its standard deviation over what the number may be."""
        slot = Moments.at([at], self._calendar).slot[0]
        habits = self._habits(candidates, int(Moments.at([at], self._calendar).clock[0])).reshape(-1, KINDS, _DEGREES)
        near = self.beliefs.near[candidates.line, slot]
        mean = np.einsum("nkw,nk,w->n", habits, near, WILLING)
        square = np.einsum("nkw,nk,w->n", habits, near**2, WILLING**2)
        return np.asarray(np.sqrt(np.maximum(square - mean**2, 0)))

    def strength(self, candidates: Candidates, at: datetime) -> Floats:
        """How many tries stand behind each chance: after one miss it is worth s ÷ (s + 1) of what it was."""
        live, off = self.chances(candidates, at)[0], self.spread(candidates, at)
        missed = live - off**2 / np.maximum(1 - live, 1e-3)
        return np.asarray(np.clip(missed / np.maximum(live - missed, 1e-6), 0.3, 1e3))

    def tries(self, phone: Ints) -> Ints:
        """How often each number was tried."""
        return self._tallies.tries(phone)

    def evidence(self, phone: int, at: datetime) -> str:
        """What the chance rests on, for a person's eyes: 「平日18–20時 4回中3回応答、全体 8回中3回応答」."""
        tallies = self._tallies.of(phone)
        here = part_label(int(part_of(Moments.at([at], self._calendar).slot)[0]))
        if not tallies:
            return f"この番号への架電はまだありません({here}は似た番号の実績から推定)"
        whole = f"全体 {sum(each.tries for each in tallies)}回中{sum(each.answers for each in tallies)}回応答"
        now = next((each for each in tallies if each.label == here), None)
        return f"{now.sentence}、{whole}" if now else f"{here}は初めて、{whole}"

    def best_parts(self, phone: int, limit: int = 3) -> list[Tally]:
        """The parts of the week in which a number was tried, the most often answered first (I2)."""
        tallies = self._tallies.of(phone)
        return sorted(tallies, key=lambda each: (-(each.answers + 0.5) / (each.tries + 2), -each.tries))[:limit]

    # -- inside ---------------------------------------------------------------------------------------------------

    def _expected(self, candidates: Candidates, clock: int) -> tuple[Floats, Floats, Floats]:
        habits = self._habits(candidates, clock).reshape(-1, KINDS, _DEGREES)
        kinds = habits.sum(axis=2)
        willing = (habits @ WILLING.astype(np.float32)) / np.maximum(kinds, 1e-30)
        return kinds, willing, self._rights(candidates, clock) @ RIGHT

    def _at_slots(
        self, candidates: Candidates, slots: Moments, weights: Floats, right: Floats
    ) -> tuple[Floats, Floats]:
        """`weights`: candidates × KINDS, chance of the kind times willingness; `right`: v of each candidate."""
        live = np.zeros((len(candidates), len(slots)))
        same = np.zeros((len(candidates), len(slots)))
        for line in np.unique(candidates.line):
            which = np.flatnonzero(candidates.line == line)
            near = self.beliefs.near[line, slots.slot]
            near_right = near * self.beliefs.right_near[line, band_of(slots.slot)]
            live[which] = weights[which] @ near.T
            same[which] = weights[which] @ near_right.T
        effects = self._effects(candidates, slots)
        effects = effects * own_factors(
            self.beliefs, self._tallies, candidates.phone, candidates.line, weights, slots.slot
        )
        effects = effects * self._alive(candidates)[:, None]
        live, same = live * effects, same * effects * right[:, None]
        dead = self._dead(candidates.phone)
        live[dead], same[dead] = DEAD_CHANCE, DEAD_CHANCE / 2
        # Nothing is certain; and whoever answers as the right person has answered.
        live = np.clip(live, _LEAST, _MOST)
        return live, np.clip(same, _LEAST / 2, live)

    def _effects(self, candidates: Candidates, slots: Moments) -> Floats:
        factors = np.ones((len(candidates), len(slots)))
        tries, silent = self._course.standing(candidates, int(slots.day[0]))
        for day in np.unique(slots.day):
            ahead = int(day) - int(slots.day[0])
            those = np.flatnonzero(slots.day == day)
            whom = replace(
                candidates,
                letter_days=_later(candidates.letter_days, ahead),
                sms_days=_later(candidates.sms_days, ahead),
            )
            levels = levels_of(slots[those[:1]], whom, tries, silent if ahead == 0 else np.zeros_like(silent))
            factors[:, those] = self.beliefs.effects.of(levels)[:, None]
        return factors

    def _habits(self, candidates: Candidates, clock: int) -> Told:
        """Candidates × HABITS: how likely each habit is, by segment, own calls and those of the household's other numbers."""
        beliefs = self.beliefs
        logs = (beliefs.log_shares + beliefs.segments.of(candidates)).astype(np.float32)
        logs += self._memory.numbers.at(candidates.phone, clock)
        if beliefs.together or beliefs.alike:
            logs += from_margins(self._told_by_others(candidates, clock), beliefs.together, beliefs.alike)
        return softmax(logs)

    def _told_by_others(self, candidates: Candidates, clock: int) -> Told:
        """Candidates × (KINDS + degrees): what the household's other numbers tell about its kind and willingness."""
        found = np.zeros((len(candidates), KINDS + _DEGREES), np.float32)
        memory = self._memory
        wanted = np.zeros(
            max(int(candidates.household.max(initial=0)), int(memory.household.max(initial=0))) + 1, np.bool_
        )
        wanted[candidates.household] = True
        rows = np.flatnonzero((memory.household >= 0) & memory.numbers.heard & wanted[memory.household])
        if not len(rows):
            return found
        told = told_of_margins(self._memory.numbers.at(rows, clock), self.beliefs.log_shares)
        households, where = np.unique(memory.household[rows], return_inverse=True)
        order = np.argsort(where, kind="stable")
        sums = np.add.reduceat(told[order], np.searchsorted(where[order], np.arange(len(households))), axis=0)
        place = np.minimum(np.searchsorted(households, candidates.household), len(households) - 1)
        there = households[place] == candidates.household
        found[there] = sums[place[there]]
        own = np.full(len(memory.household), -1, np.int64)
        own[rows] = np.arange(len(rows))
        mine = np.full(len(candidates), -1, np.int64)
        inside = candidates.phone < len(own)
        mine[inside] = own[candidates.phone[inside]]
        counted = (mine >= 0) & there
        counted[counted] = memory.household[candidates.phone[counted]] == candidates.household[counted]
        found[counted] -= told[mine[counted]]
        return found

    def _rights(self, candidates: Candidates, clock: int) -> Floats:
        """Candidates × len(RIGHT): how likely each v is."""
        shares = self.beliefs.right_shares[candidates.line, candidates.age, candidates.home]
        told = self._memory.persons.at(self._memory.pairs.known(candidates.person, candidates.phone), clock)
        weights = shares * np.exp(told)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def _alive(self, candidates: Candidates) -> Floats:
        """How likely each number is in use: for certain, if anything was ever heard on it."""
        heard = np.zeros(len(candidates), np.bool_)
        inside = np.flatnonzero(candidates.phone < len(self._memory.numbers.heard))
        heard[inside] = self._memory.numbers.heard[candidates.phone[inside]]
        return np.where(heard, 1.0, 1 - self.beliefs.dead[candidates.line])

    def _dead(self, phone: Ints) -> Ints:
        known = np.flatnonzero(phone < len(self._memory.dead))
        return known[self._memory.dead[phone[known]]]


def _later(days: Ints, ahead: int) -> Ints:
    return np.where(days == NEVER, NEVER, days + ahead)

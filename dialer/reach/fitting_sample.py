"""The calls a rebuild learns from, laid out once: by number, by person on a number, by household."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dialer.reach.attempts import ANSWERED, DECLINED, NOT_KNOWN, PRESENT, Attempts, Candidates
from dialer.reach.course import Course
from dialer.reach.effects import Levels, levels_of
from dialer.reach.memory import Told
from dialer.reach.slots import MINUTES_A_DAY, Flags, Ints

MOST_CALLS = 100_000
"""Weeks and shares of a city are known well from so many calls; what is known of single numbers rests on all."""
_SCRAMBLE = 2_654_435_761


@dataclass(frozen=True, slots=True)
class Sample:
    """`attempts` stand by number. `number`, `pair`: of each call; `whom`, `pair_whom`: of each of these. `left`: how much each counts still."""

    attempts: Attempts
    tells: Ints
    levels: Levels
    left: npt.NDArray[np.float32]
    number: Ints
    first_of_number: Ints
    whom: Candidates
    house_order: Ints
    house: Ints
    first_of_house: Ints
    has_others: Flags
    pair: Ints
    pair_whom: Candidates
    pair_heard: Ints
    heard: Ints

    @property
    def shows_presence(self) -> Flags:
        """Calls that met somebody, whether taken up or not."""
        return np.isin(self.tells, (ANSWERED, PRESENT, DECLINED))

    def by_number(self, told: Told) -> Told:
        """Calls → numbers, older ones fading."""
        return np.asarray(np.add.reduceat(told * self.left[:, None], self.first_of_number, axis=0))

    def by_pair(self, told: Told) -> Told:
        """Calls → persons on numbers, older ones fading."""
        faded = told[self.heard] * self.left[self.heard][:, None]
        pair = self.pair[self.heard]
        return np.stack(
            [np.bincount(pair, faded[:, column], len(self.pair_whom)) for column in range(told.shape[1])], 1
        )

    def by_others(self, kinds: Told) -> Told:
        """Numbers → numbers: the sum over the other numbers of the household."""
        sums = np.add.reduceat(kinds[self.house_order], self.first_of_house, axis=0)
        return np.asarray(sums[self.house] - kinds)


def sampled(attempts: Attempts, half_life_days: float) -> Sample:
    """The sample of at most about MOST_CALLS of these calls, whole households; none of them may tell nothing."""
    attempts = attempts[_some_households(attempts)]
    tries, silent = Course.empty().follow(attempts)
    order = np.argsort(attempts.whom.phone, kind="stable")
    attempts, tries, silent = attempts[order], tries[order], silent[order]
    whom = attempts.whom
    first = np.flatnonzero(np.append(True, whom.phone[1:] != whom.phone[:-1]))
    last = np.append(first[1:], len(attempts)) - 1
    clock = attempts.when.clock
    house_order, house, first_of_house = _houses(whom.household[last])
    pairs, pair_at, pair = np.unique(
        whom.person.astype(np.int64) << 32 | whom.phone.astype(np.int64), return_index=True, return_inverse=True
    )
    tells = attempts.tells
    heard = np.flatnonzero((tells == ANSWERED) & (attempts.right_party != NOT_KNOWN))
    return Sample(
        attempts=attempts,
        tells=tells,
        levels=levels_of(attempts.when, whom, tries, silent),
        left=np.exp2((clock - clock.max()) / (half_life_days * MINUTES_A_DAY)).astype(np.float32),
        number=np.repeat(np.arange(len(first)), np.diff(np.append(first, len(attempts)))),
        first_of_number=first,
        whom=whom[last],
        house_order=house_order,
        house=house,
        first_of_house=first_of_house,
        has_others=np.bincount(house)[house] > 1,
        pair=pair,
        pair_whom=whom[pair_at],
        pair_heard=np.flatnonzero(np.bincount(pair[heard], minlength=len(pairs))),
        heard=heard,
    )


def _some_households(attempts: Attempts) -> Ints:
    """The same households every night, as far as they stay as many."""
    if len(attempts) <= MOST_CALLS:
        return np.arange(len(attempts))
    scrambled = attempts.whom.household.astype(np.uint64) * np.uint64(_SCRAMBLE) % np.uint64(2**32)
    return np.flatnonzero(scrambled < np.uint64(2**32 * MOST_CALLS // len(attempts)))


def _houses(household: Ints) -> tuple[Ints, Ints, Ints]:
    """Numbers in order of their households, the place of each one's household, and where each begins in that order."""
    _, house = np.unique(household, return_inverse=True)
    order = np.argsort(house, kind="stable")
    return order, house, np.searchsorted(house[order], np.arange(int(house.max()) + 1))

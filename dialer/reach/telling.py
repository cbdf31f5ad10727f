"""How likely each result is under each habit: what one call tells about a number, in logarithms.

Sums of these over a number's calls are all the model remembers of them; so calls may come one at a time or a million at
once, in any order.
"""

from __future__ import annotations

import numpy as np

from dialer.reach.attempts import ABSENT, ANSWERED, DECLINED, NO_ANSWER, NOT_KNOWN, PRESENT, Attempts
from dialer.reach.habits import HABITS, KINDS, RIGHT, WILLING, Beliefs, band_of
from dialer.reach.memory import Told
from dialer.reach.slots import Floats

_MOST_WILLING = 0.99
_LEAST_NEAR, _MOST_NEAR = 0.005, 0.985
_DEGREES = len(WILLING)


def near_at(beliefs: Beliefs, attempts: Attempts) -> Told:
    """c of each call by kind of household."""
    near: Told = np.asarray(beliefs.near[attempts.whom.line, attempts.when.slot], np.float32)
    return near


def willing_at(effects: Floats) -> Told:
    """min(u · m, 1) of each call by degree."""
    degrees = WILLING.astype(np.float32) * effects.astype(np.float32)[:, None]
    return np.asarray(np.minimum(degrees, np.float32(_MOST_WILLING)))


def told_by_results(beliefs: Beliefs, attempts: Attempts, effects: Floats) -> Told:
    """Calls × HABITS: what each result tells about habits. `effects`: m of each call.

    Answered: c·u·m. Not answered: 1 − c·u·m. Busy: c, somebody is there. Switched off: 1 − c. Declined: c·(1 − u·m).
    """
    near = near_at(beliefs, attempts)[:, :, None]
    willing = willing_at(effects)[:, None, :]
    tells = attempts.tells
    chance = np.zeros((len(attempts), KINDS, _DEGREES), np.float32)
    chance += 1.0
    for result in (ANSWERED, NO_ANSWER, PRESENT, ABSENT, DECLINED):
        which = np.flatnonzero(tells == result)
        chance[which] = _chance(result, near[which], willing[which])
    return np.log(chance, out=chance).reshape(len(attempts), HABITS)


def _chance(result: int, near: Told, willing: Told) -> Told:
    if result == ANSWERED:
        return near * willing
    if result == NO_ANSWER:
        return 1 - near * willing
    if result == DECLINED:
        return near * (1 - willing)
    return near if result == PRESENT else 1 - near


def told_by_persons(beliefs: Beliefs, attempts: Attempts) -> tuple[Told, Told]:
    """What it tells who was on the line: about habits (calls × HABITS) and about v (calls × len(RIGHT)).

    Nothing where nobody answered, or nobody has said yet who it was.
    """
    habits = np.zeros((len(attempts), KINDS, _DEGREES), np.float32)
    rights = np.zeros((len(attempts), len(RIGHT)), np.float32)
    heard = np.flatnonzero((attempts.tells == ANSWERED) & (attempts.right_party != NOT_KNOWN))
    if len(heard):
        line, band = attempts.whom.line[heard], band_of(attempts.when.slot[heard])
        right = attempts.right_party[heard] == 1
        same = beliefs.right_near[line, band]
        mean_v = (beliefs.right_shares[line, attempts.whom.age[heard], attempts.whom.home[heard]] * RIGHT).sum(axis=1)
        habits[heard] = np.log(np.where(right[:, None], same, 1 - mean_v[:, None] * same))[:, :, None]
        mean_same = same @ beliefs.kinds()
        rights[heard] = np.log(np.where(right[:, None], RIGHT, 1 - RIGHT * mean_same[:, None]))
    return habits.reshape(len(attempts), HABITS), rights


def bounded(near: Floats) -> Floats:
    """c kept away from 0 and 1, which no number of calls proves."""
    return np.asarray(np.clip(near, _LEAST_NEAR, _MOST_NEAR))

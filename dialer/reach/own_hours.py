"""What a number does at its own hours beyond its kind of household: no kind fits anybody exactly.

For four parts of the week (weekday morning, afternoon, evening; Saturday; Sunday and holidays) the answers a number gave
are held against those its kind and willingness would have let expect there: (answers + S) ÷ (expected + S), gamma-Poisson.
The kind has been inferred from the same calls, so S is large: it corrects, it does not decide.
"""

from __future__ import annotations

import numpy as np

from dialer.reach.habits import Beliefs
from dialer.reach.slots import SLOTS, Floats, Ints
from dialer.reach.tallies import PARTS, Tallies, part_of

OWN_WEIGHT = 4.0
"""S. Measured on five synthetic cities (`docs/reach.md`): 4 is best, 2 and 8 are nearly as good."""
_PER_DAY = len(PARTS) - 1
_WEEKDAY = (0, 0, 1, 1, 1, 2, 2)
_PART_OF_WEEK = np.array((*_WEEKDAY, *(3,) * _PER_DAY, *(4,) * _PER_DAY))
_PARTS_OF_WEEK = 5


def own_factors(beliefs: Beliefs, tallies: Tallies, phone: Ints, line: Ints, weights: Floats, slots: Ints) -> Floats:
    """Candidates × slots: by how much each number answers more or less there than its kind. `weights`: candidates × KINDS,
    chance of the kind times willingness. 1 where a number was never tried."""
    tries, answers = tallies.counts(phone)
    usual = np.empty((len(phone), tries.shape[1]))
    by_part = _near_by_part(beliefs)
    for each in np.unique(line):
        which = np.flatnonzero(line == each)
        usual[which] = weights[which] @ by_part[each].T
    groups = np.eye(_PARTS_OF_WEEK)[_PART_OF_WEEK]
    factors = (answers @ groups + OWN_WEIGHT) / ((tries * usual) @ groups + OWN_WEIGHT)
    return np.asarray(factors[:, _PART_OF_WEEK[part_of(slots)]])


def _near_by_part(beliefs: Beliefs) -> Floats:
    """Lines × parts × KINDS: the mean over the hours of each part."""
    part = part_of(np.arange(SLOTS))
    return np.stack([beliefs.near[:, part == each].mean(axis=1) for each in range(len(_PART_OF_WEEK))], axis=1)

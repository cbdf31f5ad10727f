"""When letters and texts came to whom: days since the last one, or until the next."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dialer.reach.attempts import NEVER
from dialer.reach.slots import Ints

SOON_DAYS = 7
_STALE_DAYS = 15
_DAY_BITS = 24


class Mail:
    """Days (ordinals) on which something came, by person or by number."""

    def __init__(self) -> None:
        self._keys = np.zeros(0, np.int64)

    def add(self, whom: Ints, day: Ints) -> None:
        """Something came, or will come, to `whom` on `day`; twice is once."""
        self._keys = np.union1d(self._keys, _key(whom, day))

    def days_since(self, whom: Ints, day: Ints) -> npt.NDArray[np.int64]:
        """Days since the last one on each `day`; below zero where none is fresh and one lands within SOON_DAYS; else NEVER."""
        found = np.full(len(whom), NEVER, np.int64)
        if not len(self._keys) or not len(whom):
            return found
        place = np.searchsorted(self._keys, _key(whom, day), side="right")
        before, after = self._keys[np.maximum(place - 1, 0)], self._keys[np.minimum(place, len(self._keys) - 1)]
        came = (place > 0) & (before >> _DAY_BITS == whom)
        found[came] = np.minimum(day - (before & _DAYS), NEVER)[came]
        ahead = (after & _DAYS) - day
        comes = (place < len(self._keys)) & (after >> _DAY_BITS == whom) & (ahead <= SOON_DAYS) & (found >= _STALE_DAYS)
        found[comes] = -ahead[comes]
        return found


_DAYS = (1 << _DAY_BITS) - 1


def _key(whom: Ints, day: Ints) -> npt.NDArray[np.int64]:
    return whom.astype(np.int64) << _DAY_BITS | day.astype(np.int64)

"""Small effects on whether a call is taken: tries before it, the day so far, the month, letters and texts.

Each is a factor on the willingness to take up a call, learned from the city's own log and shrunk to 1 (PACING.md §6). The
first level of each is what the others are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from dialer.reach.attempts import LINES, Candidates
from dialer.reach.slots import Floats, Ints, Moments

MOST_TRIES = 6
"""So many unanswered tries in a row are told apart."""
_LETTER_DAYS = np.array([0, 4, 8, 15])
_SMS_DAYS = np.array([0, 2, 4, 8])


@dataclass(frozen=True, slots=True)
class Levels:
    """For each call, at which level each effect stands."""

    tries: Ints
    silent_today: Ints
    month_part: Ints
    public_holiday: Ints
    letter: Ints
    sms: Ints
    line: Ints

    def __getitem__(self, which: object) -> Levels:
        return Levels(**{each.name: getattr(self, each.name)[which] for each in fields(self)})


LEVELS = {
    "tries": MOST_TRIES + 1,
    "silent_today": 2,
    "month_part": 3,
    "public_holiday": 2,
    "letter": len(_LETTER_DAYS),
    "sms": len(_SMS_DAYS),
    "line": LINES,
}


@dataclass(frozen=True, slots=True)
class Effects:
    """Factors by level. `tries`: unanswered tries of the number in a row; `silent_today`: nobody of the household answered
    at its last try today; `month_part`: from the 25th, and the last two days; `letter`, `sms`: days since it came; `line`: what of a line's answers
    is lost to 話中 and the like."""

    tries: Floats
    silent_today: Floats
    month_part: Floats
    public_holiday: Floats
    letter: Floats
    sms: Floats
    line: Floats

    @classmethod
    def none(cls) -> Effects:
        """Nothing matters."""
        return cls(**{name: np.ones(count) for name, count in LEVELS.items()})

    def of(self, levels: Levels) -> Floats:
        """m of each call: the product of its factors."""
        product = np.ones(1)
        for each in fields(self):
            product = product * getattr(self, each.name)[getattr(levels, each.name)]
        return np.asarray(product)


def levels_of(when: Moments, whom: Candidates, tries: Ints, silent_today: Ints) -> Levels:
    """The levels of calls to `whom`, one moment each (or one moment for all)."""
    return Levels(
        tries=np.minimum(tries, MOST_TRIES),
        silent_today=silent_today,
        month_part=when.month_part,
        public_holiday=when.public_holiday.astype(np.int8),
        letter=_recency(whom.letter_days, _LETTER_DAYS),
        sms=_recency(whom.sms_days, _SMS_DAYS),
        line=whom.line,
    )


def _recency(days: Ints, bounds: Ints) -> Ints:
    """0 where nothing has come or it was long ago, then 1, 2, … from the freshest."""
    place = np.searchsorted(bounds, days, side="right")
    return np.where(place >= len(bounds), 0, place)

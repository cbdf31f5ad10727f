"""What is believed of a city: kinds of households with their week, how willingly calls are taken, who takes them.

A *habit* is a kind of household (when somebody is near the line) together with a degree of willingness (whether somebody
who is near takes up a call from us). A number of habit (k, w) is answered in slot s with the probability

    p = c[line, s, k] · min(u[w] · m, 1)                                                                  (PACING.md §6)

where m collects the small effects of `effects.py`. Whoever answers is the person asked for with the probability
v · g[line, band, k]: v belongs to the person on this number, g to the kind of household and the part of the week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialer.reach.attempts import AGES, HOMES, LANDLINE, LINES, MOBILE, Candidates
from dialer.reach.effects import Effects
from dialer.reach.memory import Told, logsumexp
from dialer.reach.slots import HOLIDAY, HOURS, SATURDAY, SLOTS, WEEKDAY, Floats, Ints

WILLING = np.array([0.03, 0.12, 0.24, 0.36, 0.49, 0.62, 0.75, 0.87, 0.97])
"""u: the degrees of willingness, from never to nearly always."""
RIGHT = np.array([0.04, 0.4, 0.75, 0.98])
"""v: how often the person asked for is the one who answers; the first is a wrong number."""
BANDS = 6
"""Parts of a week for who answers: weekday, Saturday, holiday × before and from 17 h."""
EVENING = 17
FIRST_DEAD = 0.05
"""Share of numbers on file that are not in use any more, before any was tried."""
HALF_LIFE_DAYS = 365.0
"""People change jobs and hours within years, not within months: a year ago counts half. Measured (`docs/reach.md`): a half-life of
90 days makes chances too timid on every synthetic city, also on the one whose habits change weekly."""

# Chance that somebody is near, before anything is known: until 10, 12, 14, 17, 18, 19, 20 h and later on a weekday; until
# 12, 17 h and later on a Saturday and on a Sunday. Shapes of the kinds of households one knows; the levels come from the
# city's own calls.
_WEEKS: dict[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = {
    "at home by day": ((0.62, 0.60, 0.66, 0.62, 0.66, 0.70, 0.72, 0.70), (0.66, 0.62, 0.68), (0.76, 0.72, 0.76)),
    "home after work": ((0.10, 0.08, 0.12, 0.08, 0.20, 0.40, 0.52, 0.56), (0.55, 0.50, 0.58), (0.78, 0.70, 0.76)),
    "home late": ((0.12, 0.08, 0.10, 0.06, 0.10, 0.18, 0.34, 0.48), (0.50, 0.45, 0.40), (0.74, 0.66, 0.64)),
    "out in the morning": ((0.12, 0.12, 0.30, 0.55, 0.62, 0.62, 0.60, 0.56), (0.45, 0.55, 0.60), (0.55, 0.58, 0.62)),
    "out in the evening": ((0.60, 0.58, 0.50, 0.40, 0.22, 0.14, 0.12, 0.12), (0.50, 0.40, 0.16), (0.50, 0.42, 0.22)),
    "home at weekends": ((0.10, 0.08, 0.10, 0.08, 0.12, 0.16, 0.20, 0.22), (0.66, 0.60, 0.56), (0.80, 0.74, 0.72)),
    "any hour alike": ((0.36, 0.36, 0.38, 0.36, 0.36, 0.38, 0.38, 0.38), (0.38, 0.38, 0.38), (0.42, 0.42, 0.42)),
    "office hours": ((0.90, 0.92, 0.80, 0.90, 0.70, 0.26, 0.10, 0.05), (0.10, 0.06, 0.03), (0.03, 0.02, 0.02)),
}
KINDS = len(_WEEKS)
DEGREES = len(WILLING)
HABITS = KINDS * len(WILLING)
# Of the kinds above, by age band: unknown, company, under 30, thirties, forties, fifties, 60 to 74, 75 and over. Whoever has
# retired is at home by day, whoever works is not; nothing else is claimed.
_KINDS_BY_AGE = np.array(
    [
        (0.26, 0.19, 0.12, 0.08, 0.08, 0.12, 0.12, 0.03),
        (0.04, 0.03, 0.01, 0.01, 0.02, 0.01, 0.06, 0.82),
        (0.13, 0.24, 0.20, 0.11, 0.08, 0.15, 0.08, 0.01),
        (0.16, 0.26, 0.17, 0.08, 0.08, 0.15, 0.09, 0.01),
        (0.18, 0.27, 0.15, 0.08, 0.08, 0.14, 0.09, 0.01),
        (0.24, 0.26, 0.11, 0.08, 0.07, 0.13, 0.10, 0.01),
        (0.50, 0.13, 0.04, 0.08, 0.08, 0.05, 0.11, 0.01),
        (0.60, 0.05, 0.02, 0.09, 0.09, 0.02, 0.12, 0.01),
    ]
)
_KIND_SHARES = _KINDS_BY_AGE[0]
_AGE_COUNTS = 0.5
# Measured on the synthetic cities: all of it helps in the first week and hurts in the fourth, half of it helps in both.
_WILLING_SHARES = np.array([0.20, 0.02, 0.02, 0.03, 0.05, 0.08, 0.15, 0.22, 0.23])
_WEEKDAY_UNTIL = (10, 12, 14, 17, 18, 19, 20, HOURS)
_WEEKEND_UNTIL = (12, 17, HOURS)
_SAME_PERSON = {LANDLINE: (0.06, 0.34, 0.34, 0.26), MOBILE: (0.08, 0.04, 0.08, 0.80)}


@dataclass(frozen=True, slots=True)
class Segments:
    """How much more likely a habit is in a segment than in the city: logarithms, level × HABITS.

    `kin`: by line, household (`homes`) and age band together, as `kin_of` counts them, for they go together; `district` and
    `tax` on top of it.
    """

    kin: Floats
    district: Floats
    tax: Floats

    def of(self, whom: Candidates) -> Floats:
        """The sum for each; a level never seen says nothing."""
        return np.asarray(self.kin[kin_of(whom)] + _known(self.district, whom.district) + _known(self.tax, whom.tax))


def kin_of(whom: Candidates) -> Ints:
    """Line, household and age band as one number below KIN."""
    return (whom.line.astype(np.int64) * HOMES + whom.home) * AGES + whom.age


KIN = LINES * HOMES * AGES


def _known(table: Floats, level: Ints) -> Floats:
    return np.asarray(table[np.where(level < len(table), level, 0)])


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What the nightly rebuild learns of a city, and every number starts from.

    `near`: c, lines × SLOTS × KINDS. `log_shares`: of each habit, KINDS × degrees of willingness flattened. `segments`: what else is
    on file of somebody. `right_near`: g, lines × BANDS × KINDS. `right_shares`: of each v by line, age band and home. `dead`: by line,
    the share of numbers not in use, for those that were never tried. `together`: how far what one number of a
    household tells of its kind counts for the others, 0 to 1; `alike`: the same of its willingness. `half_life_days`: after so long a call counts half.
    """

    near: Floats
    log_shares: Floats
    segments: Segments
    right_near: Floats
    right_shares: Floats
    effects: Effects
    dead: Floats
    together: float
    alike: float
    half_life_days: float

    def kinds(self) -> Floats:
        """The share of each kind of household."""
        return np.asarray(np.exp(self.log_shares).reshape(KINDS, -1).sum(axis=1))


def told_of_margins(told: Told, log_shares: Floats) -> Told:
    """Numbers × (KINDS + degrees): log-likelihood of each kind whatever the degree, and of each degree whatever the kind."""
    by_both = told.reshape(-1, KINDS, DEGREES)
    shares = log_shares.reshape(KINDS, DEGREES)
    within_kind = shares - np.log(np.exp(shares).sum(axis=1, keepdims=True))
    within_degree = shares - np.log(np.exp(shares).sum(axis=0, keepdims=True))
    return np.concatenate(
        [
            logsumexp(by_both + within_kind.astype(np.float32), axis=2),
            logsumexp(by_both + within_degree.astype(np.float32), axis=1),
        ],
        axis=1,
    )


def from_margins(margins: Told, together: float, alike: float) -> Told:
    """Numbers × HABITS: what others' margins tell, as far as they count."""
    kinds, degrees = np.float32(together) * margins[:, :KINDS], np.float32(alike) * margins[:, KINDS:]
    return (kinds[:, :, None] + degrees[:, None, :]).reshape(-1, HABITS)


def band_of(slot: Ints) -> Ints:
    """The part of the week of each slot."""
    return slot // HOURS * 2 + (slot % HOURS >= EVENING)


def first_beliefs() -> Beliefs:
    """Before a city's first call."""
    week = templates()
    shares = (_KIND_SHARES[:, None] * _WILLING_SHARES[None, :]).ravel()
    nothing = np.zeros((1, HABITS))
    right = np.array([_SAME_PERSON[line] for line in range(LINES)])
    return Beliefs(
        near=np.repeat(week[None, :, :], LINES, axis=0),
        log_shares=np.log(shares / shares.sum()),
        segments=Segments(np.log(np.tile(usual_by_age(), (KIN // AGES, 1))), nothing, nothing),
        right_near=np.full((LINES, BANDS, KINDS), 0.97),
        right_shares=np.repeat(np.repeat(right[:, None, None, :], AGES, axis=1), HOMES, axis=2),
        effects=Effects.none(),
        dead=np.full(LINES, FIRST_DEAD),
        together=0.5,
        alike=0.25,
        half_life_days=HALF_LIFE_DAYS,
    )


def usual_by_age() -> Floats:
    """AGES × HABITS: how much likelier a habit is in an age band than in all, before a city's first call."""
    return np.repeat((_KINDS_BY_AGE / _KIND_SHARES) ** _AGE_COUNTS, DEGREES, axis=1)


def templates() -> Floats:
    """SLOTS × KINDS: the weeks above, hour by hour."""
    week = np.zeros((SLOTS, KINDS))
    for kind, (weekday, saturday, holiday) in enumerate(_WEEKS.values()):
        for day, levels, until in (
            (WEEKDAY, weekday, _WEEKDAY_UNTIL),
            (SATURDAY, saturday, _WEEKEND_UNTIL),
            (HOLIDAY, holiday, _WEEKEND_UNTIL),
        ):
            hours = np.arange(HOURS)
            week[day * HOURS + hours, kind] = np.array(levels)[np.searchsorted(until, hours, side="right")]
    return week

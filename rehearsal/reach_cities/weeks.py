"""Kinds of weeks people live, hour by hour; the generators mix, shift and change them.

The evening follows the survey of 14,739 people (DOMAIN.md §2.8: calls taken 18 h 28, 19 h 30, 20 h 32, 21 h 26 %): of those who are
reached in the evening at all, relatively so many are reached in each hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rehearsal.reach_cities.hours import SATURDAY, SUNDAY, WEEKDAY, Hours

Floats = npt.NDArray[np.float32]

SURVEY_EVENING = {18: 0.28, 19: 0.30, 20: 0.32, 21: 0.26}
_SURVEY_PEAK = max(SURVEY_EVENING.values())
_SEVENTEEN = 0.80
"""Of the peak; the survey begins at 18."""


@dataclass(frozen=True, slots=True)
class Week:
    """How likely somebody is near: weekdays 9–11, 12, 13–16, at the evening's peak, Saturday, Sunday."""

    morning: float
    noon: float
    afternoon: float
    evening: float
    saturday: float
    sunday: float


HOME_BY_DAY = Week(0.62, 0.60, 0.58, 0.84, 0.80, 0.90)
OFFICE = Week(0.05, 0.10, 0.06, 0.80, 0.42, 0.50)
MORNINGS = Week(0.90, 0.60, 0.14, 0.72, 0.56, 0.78)
AFTERNOONS = Week(0.10, 0.45, 0.88, 0.34, 0.50, 0.62)
OWN_BUSINESS = Week(0.52, 0.70, 0.48, 0.60, 0.56, 0.70)
RARELY = Week(0.10, 0.14, 0.12, 0.20, 0.24, 0.30)
WEEKS = (HOME_BY_DAY, OFFICE, MORNINGS, AFTERNOONS, OWN_BUSINESS, RARELY)

SHARES_BY_AGE = np.array(
    [
        (0.17, 0.25, 0.16, 0.14, 0.12, 0.16),
        (0.22, 0.21, 0.17, 0.13, 0.14, 0.13),
        (0.63, 0.02, 0.15, 0.07, 0.08, 0.05),
    ]
)
"""Of `WEEKS`, for under 40, 40–64, 65 and more."""
MOBILE_LIFT = 0.22
"""Part of the way from not being at home to a mobile taken all the same, outside the hours of work and at noon."""


def curves(hours: Hours) -> Floats:
    """`WEEKS` × hours: the chance of being near the fixed line."""
    return np.array(
        [[_near(week, *slot) for slot in zip(hours.kind, hours.hour, strict=True)] for week in WEEKS], np.float32
    )


def at_hand(home: Floats, hours: Hours) -> Floats:
    """The chance to take the mobile, for those who are at home so often: more at noon and out of working hours, never less by
    much by day."""
    free = (hours.kind != WEEKDAY) | (hours.hour == 12) | (hours.hour >= 17)
    lift = np.where(free, MOBILE_LIFT, 0.10).astype(np.float32)
    return home + (1 - home) * lift


def evening_share(hour: int) -> float:
    """What an evening hour has of the evening's peak."""
    return SURVEY_EVENING.get(hour, _SEVENTEEN * _SURVEY_PEAK) / _SURVEY_PEAK


def _near(week: Week, kind: int, hour: int) -> float:
    if kind == SATURDAY:
        return week.saturday
    if kind == SUNDAY:
        return week.sunday
    if hour >= 17:
        return week.evening * evening_share(hour)
    if hour == 12:
        return week.noon
    return week.morning if hour < 12 else week.afternoon

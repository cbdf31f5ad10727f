"""Attempts and candidates as columns, and what a result tells about the hour.

A million attempts are a few dozen megabytes of numbers. Persons, households and numbers are small whole numbers here, as
a `Roll` gives them out for 宛名番号, 世帯番号 and telephone numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from callflow.codes import CallResult
from casefile.calendar import OfficeCalendar
from dialer.reach.slots import Ints, Moments

LANDLINE, MOBILE = 0, 1
LINES = 2
LINE_OF = {"landline": LANDLINE, "ip": LANDLINE, "mobile": MOBILE, "unknown": LANDLINE, "barred": LANDLINE}
"""By `phone.line_type`: what stands at home, and what somebody carries about."""
UNKNOWN_AGE = 0
AGES = 8
"""Age bands: unknown, company, under 30, thirties, forties, fifties, 60 to 74, 75 and over."""
COMPANY_AGE = 1
HOMES = 6
"""What is known of a household: nothing, one debtor on mobiles, on landlines, on both; several debtors without and with a landline."""
NOT_KNOWN = -1
"""Of `right_party`: nobody has said yet."""
NEVER = 999
"""Of `letter_days` and `sms_days`: none was sent, or nothing is known of any."""

# What a result tells about its hour.
NOTHING, ANSWERED, NO_ANSWER, PRESENT, ABSENT, DECLINED, DEAD = range(7)
_TELLS = {
    CallResult.ANSWERED: ANSWERED,
    CallResult.ABANDONED: ANSWERED,
    CallResult.NO_ANSWER: NO_ANSWER,
    CallResult.VOICEMAIL: NO_ANSWER,
    # A line that is busy has somebody at it; a phone that is switched off has nobody who could take it up; whoever
    # declines holds it in his hand.
    CallResult.BUSY: PRESENT,
    CallResult.OUT_OF_REACH: ABSENT,
    CallResult.REJECTED: DECLINED,
    CallResult.NOT_IN_SERVICE: DEAD,
    CallResult.NUMBER_CHANGED: DEAD,
    CallResult.SUSPENDED: DEAD,
    CallResult.FAX: DEAD,
    CallResult.INVALID_NUMBER: DEAD,
    CallResult.CONGESTION: NOTHING,
    CallResult.RECORDING_GUARD: NOTHING,
    CallResult.STOPPED_BY_RULE: NOTHING,
}
_TELLS_BY_CODE = np.zeros(100, np.int64)
for _result, _tells in _TELLS.items():
    _TELLS_BY_CODE[int(_result)] = _tells


def age_band(birth_year: int | None, year: int) -> int:
    """The band of a person born in `birth_year`, in `year`; None where it is not known."""
    if birth_year is None:
        return UNKNOWN_AGE
    return int(age_bands(np.array([birth_year]), year)[0])


def age_bands(birth_year: Ints, year: int) -> npt.NDArray[np.int8]:
    """The bands of many; a birth year of 0 is not known."""
    age = year - birth_year
    band = 2 + np.searchsorted(np.array([30, 40, 50, 60, 75]), age, side="right")
    return np.where(birth_year <= 0, UNKNOWN_AGE, band).astype(np.int8)


class Roll:
    """Small whole numbers for names, in the order in which they were first heard."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, name: str) -> int:
        """The number of a name; a new one for a name not heard before."""
        return self._codes.setdefault(name, len(self._codes))

    def codes(self, names: Iterable[str]) -> npt.NDArray[np.int32]:
        """The numbers of many names."""
        return np.array([self._codes.setdefault(name, len(self._codes)) for name in names], np.int32)

    def known(self, name: str) -> int | None:
        """The number of a name; None for one not heard before."""
        return self._codes.get(name)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Whom one could call, on which number. All columns have one length.

    `line`: LANDLINE or MOBILE; `age`: a band of `age_band`; `district` and `tax`: any small whole numbers, 0: not known;
    `letter_days` and `sms_days`: days since the last one came, below zero: days until it does, NEVER: none. `home`: as `homes` gives it.
    """

    person: Ints
    household: Ints
    phone: Ints
    line: Ints
    district: Ints
    age: Ints
    tax: Ints
    letter_days: Ints
    sms_days: Ints
    home: Ints

    def __len__(self) -> int:
        return len(self.person)

    def __getitem__(self, which: npt.NDArray[np.generic] | slice) -> Candidates:
        return Candidates(**{each.name: getattr(self, each.name)[which] for each in fields(self)})

    @classmethod
    def of(cls, person: Any, household: Any, phone: Any, line: Any, **more: Any) -> Candidates:
        """From whatever numpy takes for a column; what is left out of `more` is not known."""
        return cls(**_columns(person, household, phone, line, more))


@dataclass(frozen=True, slots=True)
class Attempts:
    """Calls that are over. `result`: the two-digit code of DOMAIN.md §2.10 as a number; `right_party`: 1, 0 or NOT_KNOWN."""

    when: Moments
    whom: Candidates
    result: Ints
    right_party: Ints

    def __len__(self) -> int:
        return len(self.result)

    def __getitem__(self, which: npt.NDArray[np.generic] | slice) -> Attempts:
        return Attempts(self.when[which], self.whom[which], self.result[which], self.right_party[which])

    @property
    def tells(self) -> Ints:
        """What each result tells about its hour: NOTHING, ANSWERED, NO_ANSWER, PRESENT, ABSENT, DECLINED or DEAD."""
        return _TELLS_BY_CODE[self.result]

    @classmethod
    def of(cls, when: Moments, whom: Candidates, result: Any, right_party: Any) -> Attempts:
        """From whatever numpy takes for a column."""
        return cls(when, whom, np.asarray(result, np.int8), np.asarray(right_party, np.int8))

    @classmethod
    def joined(cls, parts: Sequence[Attempts]) -> Attempts:
        """One after another."""
        whom = {
            each.name: np.concatenate([getattr(part.whom, each.name) for part in parts]) for each in fields(Candidates)
        }
        return cls(
            Moments.joined([part.when for part in parts]),
            Candidates(**whom),
            np.concatenate([part.result for part in parts]),
            np.concatenate([part.right_party for part in parts]),
        )


def homes(household: Ints, person: Ints, line: Ints) -> npt.NDArray[np.int8]:
    """By household (0 … the largest): which of HOMES it is, from all its debtors and numbers, one row each."""
    count = int(household.max(initial=-1)) + 1
    mobile = np.bincount(household, line == MOBILE, count) > 0
    fixed = np.bincount(household, line == LANDLINE, count) > 0
    pairs = np.unique(household.astype(np.int64) << 32 | person.astype(np.int64))
    several = np.bincount(pairs >> 32, minlength=count) > 1
    alone = np.select([mobile & fixed, fixed, mobile], [3, 2, 1], 0)
    return np.where(several, np.where(fixed, 5, 4), alone).astype(np.int8)


def one_attempt(
    at: datetime, calendar: OfficeCalendar, whom: Candidates, result: CallResult, right_party: bool | None
) -> Attempts:
    """A single call that has just ended; `right_party` None: the operator's record is still to come."""
    right = NOT_KNOWN if right_party is None else int(right_party)
    return Attempts.of(Moments.at([at], calendar), whom, [int(result)], [right])


def _columns(person: Any, household: Any, phone: Any, line: Any, more: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "person": np.asarray(person, np.int32),
        "household": np.asarray(household, np.int32),
        "phone": np.asarray(phone, np.int32),
        "line": np.asarray(line, np.int8),
    }
    for name, kind, unknown in _OPTIONAL:
        given = more.pop(name, None)
        found[name] = np.full(len(found["person"]), unknown, kind) if given is None else np.asarray(given, kind)
    if more:
        raise TypeError(f"no such column: {', '.join(sorted(more))}")
    return found


_OPTIONAL = (
    ("district", np.int16, 0),
    ("age", np.int8, UNKNOWN_AGE),
    ("tax", np.int16, 0),
    ("letter_days", np.int16, NEVER),
    ("sms_days", np.int16, NEVER),
    ("home", np.int8, 0),
)

"""The reach model as an engine holds it: people and numbers by their names, fed by every call that ends.

What a person is like for the model (line, age, district, tax) is noted where it is read, with the list or with history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np

from callflow.codes import CallResult
from casefile.calendar import OfficeCalendar
from casefile.clock import jst
from casefile.phone_number import line_type_of
from dialer.reach.attempts import (
    COMPANY_AGE,
    LINE_OF,
    NOT_KNOWN,
    Attempts,
    Candidates,
    Roll,
    age_band,
    homes,
)
from dialer.reach.habits import Beliefs
from dialer.reach.mail import Mail
from dialer.reach.model import ReachModel
from dialer.reach.slots import Ints, Moments
from dialer.reach.spent import Spent

_MOST_UNHEARD = 5_000
"""Calls of whom nobody has said yet who was on the line; older ones wait for the nightly rebuild."""


class Call(NamedTuple):
    """A call that is over, by names. `right_party` None: nobody has said yet."""

    at: datetime
    addressee_no: str
    household_id: str
    e164: str
    result: str
    person_answered: bool
    right_party: bool | None


class Person(NamedTuple):
    """What is on file of somebody, as far as the model asks. `birth_year` None: not known."""

    addressee_no: str
    kind: str
    birth_year: int | None
    district: str | None


@dataclass(slots=True)
class _File:
    """By person: age band, district, tax. By number: line. By household: what is known of it."""

    age: Ints
    district: Ints
    tax: Ints
    line: Ints
    home: Ints


class ReachBook:
    """What is known of every number, by names. `as_of`: the day ages are counted on."""

    def __init__(self, calendar: OfficeCalendar, as_of: date, beliefs: Beliefs | None = None) -> None:
        self.calendar = calendar
        self.model = ReachModel(calendar, beliefs)
        self.letters, self.texts = Mail(), Mail()
        self.spent = Spent()
        self._year = as_of.year
        self._persons, self._households, self._phones = Roll(), Roll(), Roll()
        self._districts, self._taxes = Roll(), Roll()
        for roll in (self._districts, self._taxes):
            roll.code("")  # 0: not known
        bytes_, words = np.zeros(0, np.int8), np.zeros(0, np.int16)
        self._file = _File(age=bytes_, district=words, tax=words, line=bytes_, home=bytes_)
        self._unheard: dict[UUID, Call] = {}

    # -- what is on file ------------------------------------------------------------------------------------------

    def enter(self, people: Sequence[Person]) -> None:
        """Note what is on file of these."""
        codes = self._person_codes([each.addressee_no for each in people])
        self._file.age[codes] = [self._age(each) for each in people]
        self._file.district[codes] = self._districts.codes([each.district or "" for each in people])

    def enter_taxes(self, rows: Iterable[tuple[str, str]]) -> None:
        """Note the tax most of somebody's periods are of: (宛名番号, 税目コード)."""
        found = list(rows)
        codes = self._person_codes([person for person, _ in found])
        self._file.tax[codes] = self._taxes.codes([tax for _, tax in found])

    def enter_homes(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Note all debtors and numbers of the households: (世帯番号, 宛名番号, number)."""
        found = list(rows)
        household = self._households.codes([each for each, _, _ in found])
        person, phone = (
            self._person_codes([each for _, each, _ in found]),
            self._phone_codes([each for _, _, each in found]),
        )
        self._file.home = homes(household, person, self._file.line[phone])

    def enter_letters(self, rows: Iterable[tuple[str, int]]) -> None:
        """Letters by 宛名番号 and the day (ordinal) on which they come."""
        found = list(rows)
        codes = self._person_codes([person for person, _ in found])
        self.letters.add(codes, np.array([day for _, day in found], np.int64))

    def enter_texts(self, rows: Iterable[tuple[str, datetime]]) -> None:
        """Texts by number and moment."""
        found = list(rows)
        codes = self._phone_codes([phone for phone, _ in found])
        self.texts.add(codes, np.array([jst(at).toordinal() for _, at in found], np.int64))

    # -- calls ----------------------------------------------------------------------------------------------------

    def note(self, calls: Sequence[Call]) -> None:
        """Calls that are over."""
        if calls:
            self.note_columns(self.columns(calls))

    def note_columns(self, attempts: Attempts) -> None:
        """The same of calls that are columns of this book already."""
        self.model.learn(attempts)
        self.spent.add(attempts)

    def believe(self, beliefs: Beliefs) -> None:
        """Start from these beliefs, before any call is noted."""
        self.model = ReachModel(self.calendar, beliefs)

    def note_unheard(self, attempt_id: UUID, call: Call) -> None:
        """Remember an answered call until somebody says who was on the line."""
        self._unheard[attempt_id] = call
        while len(self._unheard) > _MOST_UNHEARD:
            del self._unheard[next(iter(self._unheard))]

    def note_heard(self, attempt_id: UUID, right_party: bool) -> None:
        """Somebody has said who was on the line."""
        call = self._unheard.pop(attempt_id, None)
        if call is not None:
            self.model.learn_right_party(self.columns([call._replace(right_party=right_party)]))

    def columns(self, calls: Sequence[Call]) -> Attempts:
        """The same calls as columns."""
        when = Moments.at([call.at for call in calls], self.calendar)
        whom = self.candidates(
            [call.addressee_no for call in calls],
            [call.household_id for call in calls],
            [call.e164 for call in calls],
            when.day,
        )
        right = [NOT_KNOWN if call.right_party is None else int(call.right_party) for call in calls]
        return Attempts.of(when, whom, [_told(call.result, call.person_answered) for call in calls], right)

    def candidates(
        self, persons: Sequence[str], households: Sequence[str], phones: Sequence[str], day: Ints
    ) -> Candidates:
        """People on numbers as columns, with letters and texts as of `day` (ordinals)."""
        person, phone = self._person_codes(persons), self._phone_codes(phones)
        household = self._households.codes(households)
        return Candidates.of(
            person,
            household,
            phone,
            self._file.line[phone],
            district=self._file.district[person],
            age=self._file.age[person],
            tax=self._file.tax[person],
            letter_days=self.letters.days_since(person, day),
            sms_days=self.texts.days_since(phone, day),
            home=self._homes(household),
        )

    # -- asking ---------------------------------------------------------------------------------------------------

    def answer_chance(self, e164: str, addressee_no: str, household_id: str, at: datetime) -> float:
        """`p_live` of one number."""
        whom = self.candidates([addressee_no], [household_id], [e164], np.array([jst(at).toordinal()]))
        return float(self.model.chances(whom, at)[0][0])

    def evidence(self, e164: str, at: datetime) -> str:
        """What the chance rests on, in a sentence."""
        return self.model.evidence(self._phones.code(e164), at)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _person_codes(self, names: Sequence[str]) -> Ints:
        codes = self._persons.codes(names)
        more = len(self._persons) - len(self._file.age)
        if more > 0:
            more += len(self._file.age) // 4
            self._file.age = np.concatenate([self._file.age, np.zeros(more, np.int8)])
            self._file.district = np.concatenate([self._file.district, np.zeros(more, np.int16)])
            self._file.tax = np.concatenate([self._file.tax, np.zeros(more, np.int16)])
        return codes

    def _phone_codes(self, names: Sequence[str]) -> Ints:
        before = len(self._phones)
        codes = self._phones.codes(names)
        new = {code: name for code, name in zip(codes.tolist(), names, strict=True) if code >= before}
        if new:
            lines = [LINE_OF[line_type_of(new[code]).value] for code in range(before, len(self._phones))]
            self._file.line = np.concatenate([self._file.line, np.array(lines, np.int8)])
        return codes

    def _homes(self, household: Ints) -> Ints:
        home = self._file.home
        known = np.minimum(household, max(len(home) - 1, 0))
        return np.where(household < len(home), home[known], 0) if len(home) else np.zeros(len(household), np.int8)

    def _age(self, person: Person) -> int:
        return COMPANY_AGE if person.kind == "company" else age_band(person.birth_year, self._year)


def _told(result: str, person_answered: bool) -> int:
    """A person behind a 録音警告装置 has answered; a line taken up by no person has not."""
    if person_answered:
        return int(CallResult.ABANDONED) if result == CallResult.ABANDONED else int(CallResult.ANSWERED)
    return int(CallResult.VOICEMAIL if result == CallResult.ANSWERED else CallResult(result))

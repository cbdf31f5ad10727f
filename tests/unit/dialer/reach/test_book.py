"""The engine's book: names, letters and texts, caps spent, beliefs kept, and the order of a list."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst
from dialer.reach import LANDLINE, MOBILE, NEVER
from dialer.reach.book import Call, Person, ReachBook
from dialer.reach.habits import Beliefs, first_beliefs
from dialer.reach.mail import Mail
from dialer.reach.order import Listed, Weigher
from dialer.reach.spent import Spent
from dialer.reach.storing import from_json, to_json

_CALENDAR = OfficeCalendar()
_MONDAY = date(2026, 10, 5)
_CAMPAIGN = UUID(int=7)
_ORD = _MONDAY.toordinal()


def _call(person: str, at: datetime, answered: bool, right: bool | None = None, result: str = "") -> Call:
    return Call(at, person, f"H{person}", _number(person), result or ("01" if answered else "03"), answered, right)


def _number(person: str) -> str:
    return f"+8190{int(person):08d}"


def _book(calls: Sequence[Call] = ()) -> ReachBook:
    book = ReachBook(_CALENDAR, _MONDAY)
    book.note(list(calls))
    return book


# -- names and what is on file --------------------------------------------------------------------------------------------


def test_lines_come_from_the_numbers_and_the_rest_from_the_file() -> None:
    book = _book()
    book.enter([Person("1", "person", 1950, "A"), Person("2", "company", None, None)])
    book.enter_taxes([("1", "10")])
    whom = book.candidates(
        ["1", "2", "3"], ["H"] * 3, ["+819000000001", "+81300000001", "+819000000003"], np.full(3, _ORD)
    )
    assert whom.line.tolist() == [MOBILE, LANDLINE, MOBILE]
    assert whom.age.tolist() == [7, 1, 0]
    assert whom.district.tolist() == [1, 0, 0]
    assert whom.tax.tolist() == [1, 0, 0]
    assert len(set(whom.household.tolist())) == 1


def test_a_person_behind_a_warning_device_answers_and_a_machine_taken_up_does_not() -> None:
    at = at_jst(_MONDAY, 10)
    told = _book().columns(
        [_call("1", at, True, result="14"), _call("2", at, False, result="01"), _call("3", at, True)]
    )
    assert told.result.tolist() == [1, 4, 1]


def test_who_was_on_the_line_is_told_later() -> None:
    at = at_jst(_MONDAY, 10)
    at_once, later = _book([_call("1", at, True, False)]), _book([_call("1", at, True)])
    later.note_unheard(UUID(int=1), _call("1", at, True))
    later.note_heard(UUID(int=2), True)
    later.note_heard(UUID(int=1), False)
    later.note_heard(UUID(int=1), False)
    day = np.array([_ORD])
    whom = at_once.candidates(["1"], ["H1"], [_number("1")], day)
    evening = at_jst(_MONDAY, 19)
    for ours, theirs in zip(later.model.chances(whom, evening), at_once.model.chances(whom, evening), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert later.answer_chance(_number("1"), "1", "H1", evening) == pytest.approx(
        float(at_once.model.chances(whom, evening)[0][0])
    )
    assert later.evidence(_number("1"), at) == "平日10–12時 1回中1回応答、全体 1回中1回応答"


# -- letters and texts ----------------------------------------------------------------------------------------------------


def test_days_since_the_last_letter_or_until_the_next() -> None:
    mail = Mail()
    assert mail.days_since(np.array([1]), np.array([_ORD])).tolist() == [NEVER]
    mail.add(np.array([1, 1, 2, 3]), np.array([_ORD - 20, _ORD + 3, _ORD - 2, _ORD + 30]))
    mail.add(np.array([2]), np.array([_ORD - 2]))
    whom = np.array([1, 2, 3, 4])
    assert mail.days_since(whom, np.full(4, _ORD)).tolist() == [-3, 2, NEVER, NEVER]
    assert mail.days_since(whom, np.full(4, _ORD + 3)).tolist() == [0, 5, NEVER, NEVER]
    assert mail.days_since(whom, np.full(4, _ORD - 10)).tolist() == [10, NEVER, NEVER, NEVER]


def test_letters_and_texts_reach_the_columns() -> None:
    book = _book()
    book.enter_letters([("1", _ORD - 4)])
    book.enter_texts([(_number("1"), at_jst(_MONDAY, 9))])
    whom = book.candidates(["1", "2"], ["H1", "H2"], [_number("1"), _number("2")], np.full(2, _ORD))
    assert whom.letter_days.tolist() == [4, NEVER]
    assert whom.sms_days.tolist() == [0, NEVER]


# -- caps -----------------------------------------------------------------------------------------------------------------


def test_tries_of_the_month_and_of_today() -> None:
    spent = Spent()
    september = at_jst(date(2026, 9, 30), 10)
    october = [at_jst(date(2026, 10, day), 10) for day in (1, 2, 5)]
    book = _book()
    spent.add(book.columns([_call("1", at, False) for at in (*october, september)]))
    spent.add(book.columns([_call("2", october[1], False), _call("2", october[2], False, result="12")]))
    people = np.array([0, 1, 2])
    assert spent.this_month(people, _ORD).tolist() == [3, 1, 0]
    assert spent.today(people, _ORD).tolist() == [True, False, False]
    assert spent.this_month(people, date(2026, 11, 2).toordinal()).tolist() == [0, 0, 0]


# -- beliefs --------------------------------------------------------------------------------------------------------------


def test_beliefs_survive_being_stored() -> None:
    again = from_json(json.loads(json.dumps(to_json(first_beliefs()))))
    assert isinstance(again, Beliefs)
    for each in fields(Beliefs):
        if each.name in ("near", "log_shares", "right_near", "right_shares"):
            np.testing.assert_allclose(getattr(again, each.name), getattr(first_beliefs(), each.name), atol=1e-6)
    assert from_json(to_json(first_beliefs()) | {"form": 0}) is None
    assert from_json(to_json(first_beliefs()) | {"log_shares": [0.0]}) is None


# -- the order of a list --------------------------------------------------------------------------------------------------


def _hours(at: datetime, until: int, days: int = 1) -> list[datetime]:
    opened = [at + timedelta(hours=ahead) for ahead in range(24 * days)]
    return [hour for hour in opened if 9 <= (hour.hour + 9) % 24 < until]


def _listed(
    book: ReachBook,
    people: Sequence[str],
    at: datetime,
    hours: Sequence[datetime],
    first: Sequence[str] = (),
    limit: int = 50,
    calls_an_hour: float = 1.0,
    seed: int = 1,
    households: Sequence[str] | None = None,
) -> list[Listed]:
    whom = book.candidates(
        people,
        households or [f"H{person}" for person in people],
        [_number(p) for p in people],
        np.full(len(people), _ORD),
    )
    weigher = Weigher(book, random.Random(seed))
    broken = [person in first for person in people]
    return weigher.listed(_CAMPAIGN, whom, broken, at, hours, calls_an_hour, 6, limit)


def _habits() -> ReachBook:
    """1 answers in the evening only, 2 in the morning only, 3 hardly ever; tried on six weekdays at both times."""
    calls = []
    for day in (21, 24, 25, 28, 29, 30):
        for hour, answers in ((10, "2"), (18, "1")):
            for person in "123":
                at = at_jst(date(2026, 9, day), hour, 30)
                calls.append(_call(person, at, person == answers, True if person == answers else None))
    return _book(calls)


def test_the_list_runs_by_the_hour() -> None:
    book = _habits()
    for hour, best in ((10, "2"), (18, "1")):
        at = at_jst(_MONDAY, hour)
        found = [("1", "2", "3")[each.place] for each in _listed(book, ["1", "2", "3"], at, [at], seed=3)]
        assert found[0] == best
        assert set(found) == {"1", "2", "3"}


def test_whose_evening_is_far_better_waits_if_the_shift_reaches_it() -> None:
    book = _habits()
    at = at_jst(_MONDAY, 10)
    short, long = (_listed(book, ["1", "2"], at, _hours(at, until)) for until in (12, 20))
    assert {each.place for each in short} == {0, 1}
    assert {each.place for each in long} == {1}


def test_a_broken_promise_comes_first_and_a_household_once() -> None:
    book, at = _habits(), at_jst(_MONDAY, 18)
    hours = _hours(at, 19)
    assert next(iter(_listed(book, ["1", "3"], at, hours, first=["3"], seed=3))).place == 1
    assert len(_listed(book, ["1", "3"], at, hours, households=["H", "H"])) == 1


def test_whose_month_is_over_is_not_called() -> None:
    at = at_jst(_MONDAY, 18)
    tried = [_call("1", at_jst(date(2026, 10, day), hour), False) for day in (1, 2, 5) for hour in (9, 13)]
    assert [each.place for each in _listed(_book(tried), ["1", "2"], at, _hours(at, 20))] == [1]


def test_propensities_are_those_of_the_draw() -> None:
    people = [str(number) for number in range(1, 41)]
    at = at_jst(_MONDAY, 18)
    found = _listed(_book(), people, at, _hours(at, 20), limit=10)
    assert len(found) == 10
    for left, each in zip(range(40, 30, -1), found, strict=True):
        assert each.eligible == left
        assert each.propensity == pytest.approx(0.05 / left if each.by_chance else 0.95 + 0.05 / left)
    again = _listed(_book(), people, at, _hours(at, 20), limit=10)
    assert again == found


def test_an_empty_list_is_empty() -> None:
    assert _listed(_book(), [], at_jst(_MONDAY, 18), [at_jst(_MONDAY, 18)]) == []

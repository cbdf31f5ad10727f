"""Who works when; and what becomes of a text."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from casefile.clock import VirtualClock, at_jst
from rehearsal.city import SyntheticCity
from rehearsal.city.model import LineFate
from rehearsal.room import ROOM_HOURS
from rehearsal.shifts import shift_of
from rehearsal.text_network import TextNetwork
from sms.gateways import Accepted, DeliveryState, GatewayTimeout, NotTaken

_MONDAY = date(2026, 10, 5)
_NOON = at_jst(_MONDAY, 12)


@pytest.mark.parametrize("operators", [1, 2, 8])
def test_shifts_lie_in_the_rooms_hours_and_rests_in_the_shift(operators: int) -> None:
    for ahead in range(21):
        day = _MONDAY + timedelta(days=ahead)
        for number in range(operators):
            shift = shift_of(number, operators, day)
            if shift is None:
                continue
            opens, closes = ROOM_HOURS[day.isoweekday()]
            assert at_jst(day, opens) <= shift.begins < shift.ends <= at_jst(day, closes)
            ends = shift.begins
            for rest in shift.rests:
                assert ends <= rest.begins < rest.ends < shift.ends
                ends = rest.ends


@pytest.mark.parametrize("day", [date(2026, 10, 11), date(2026, 10, 12), date(2026, 12, 30), date(2027, 1, 2)])
def test_nobody_works_on_sundays_holidays_and_at_the_years_end(day: date) -> None:
    assert all(shift_of(number, 8, day) is None for number in range(8))


def test_every_weekday_hour_has_somebody() -> None:
    shifts = [shift for number in range(8) if (shift := shift_of(number, 8, _MONDAY))]
    for hour in range(9, 20):
        moment = at_jst(_MONDAY, hour, 30)
        assert any(shift.begins <= moment < shift.ends for shift in shifts)


class _Post:
    def __init__(self, truth: SyntheticCity) -> None:
        self.clock = VirtualClock(_NOON)
        self.delivered: list[tuple[str, datetime]] = []
        self.network = TextNetwork(truth, 3, self.clock, lambda number, at: self.delivered.append((number, at)))

    def send(self, number: str, message: int) -> Accepted | NotTaken | None:
        try:
            return self.network.send(UUID(int=message), number, "本文")
        except GatewayTimeout:
            return self.network.lookup(UUID(int=message))


def test_a_text_is_taken_once_and_reported_once(truth: SyntheticCity) -> None:
    post = _Post(truth)
    mobiles = [line.e164 for line in truth.lines.values() if line.mobile]
    taken = [number for index, number in enumerate(mobiles) if post.send(number, index)]
    again = [index for index, number in enumerate(mobiles) if post.network.lookup(UUID(int=index))]
    for index in again:
        assert post.network.send(UUID(int=index), mobiles[index], "本文") == post.network.lookup(UUID(int=index))
    assert len(post.network.taken) == len(taken) > 0.9 * len(mobiles)
    reports = post.network.reports(_NOON + timedelta(days=2))
    assert len(reports) == len({report.ref for report in reports}) == len(taken)
    assert len(post.delivered) == sum(report.state is DeliveryState.DELIVERED for report in reports)
    assert post.network.reports(_NOON + timedelta(days=3)) == []


def test_a_dead_number_is_reported_as_such(truth: SyntheticCity) -> None:
    post = _Post(truth)
    dead = [line.e164 for line in truth.lines.values() if line.mobile and line.fate is LineFate.DEAD]
    for index, number in enumerate(dead):
        post.send(number, index)
    assert {report.state for report in post.network.reports(_NOON + timedelta(days=1))} == {
        DeliveryState.NO_SUCH_NUMBER
    }


def test_some_answers_are_lost_and_looking_them_up_tells(truth: SyntheticCity) -> None:
    post = _Post(truth)
    number = next(line.e164 for line in truth.lines.values() if line.mobile)
    lost: list[bool] = []
    for message in range(3_000):
        try:
            post.network.send(UUID(int=message), number, "本文")
        except GatewayTimeout:
            lost.append(post.network.lookup(UUID(int=message)) is not None)
    assert {True, False} == set(lost)


@pytest.mark.parametrize("number", ["+819012345678", "+81312345678"])
def test_a_number_that_could_exist_gets_no_text(truth: SyntheticCity, number: str) -> None:
    assert isinstance(_Post(truth).send(number, 1), NotTaken)


def test_a_fixed_line_gets_no_text(truth: SyntheticCity) -> None:
    number = next(line.e164 for line in truth.lines.values() if line.e164.startswith("+8130"))
    answer = _Post(truth).send(number, 1)
    assert isinstance(answer, NotTaken)
    assert answer.state is DeliveryState.LANDLINE

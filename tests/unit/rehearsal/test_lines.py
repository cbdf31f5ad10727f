"""The network: rings once for an attempt, never a real number, and tells what became of it."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from callflow.events import (
    Announce,
    Answered,
    CarrierEvent,
    Detected,
    Dial,
    Ended,
    Handed,
    Hangup,
    Heard,
    Incoming,
    Join,
    Joined,
    Reconcile,
    Reconciled,
    Refused,
)
from casefile.clock import VirtualClock, at_jst
from casefile.ids import TimeOrderedIds
from rehearsal.city import SyntheticCity
from rehearsal.city.model import LineFate
from rehearsal.habits import Habits
from rehearsal.lines import Exchange, Spoken
from rehearsal.people import People

_EVENING = at_jst(date(2026, 10, 6), 19)
_OPERATOR = UUID(int=7)


class _World:
    def __init__(self, truth: SyntheticCity) -> None:
        self.ids = TimeOrderedIds(VirtualClock(_EVENING).now, random.Random(5))
        self.people = People(truth, 5)
        self.exchange = Exchange(truth, self.people, Habits(truth, 5), 5, self.ids)
        self.truth = truth

    def dial(self, e164: str, at: datetime = _EVENING) -> UUID:
        attempt_id = self.ids.new()
        self.exchange.take(Dial(attempt_id, e164, "+81300000100", 25), at)
        return attempt_id

    def play(self, until: datetime | None = None) -> list[CarrierEvent | Spoken]:
        happened: list[CarrierEvent | Spoken] = []
        while (moment := self.exchange.next_at()) is not None and (until is None or moment <= until):
            happened += self.exchange.advance(moment)
        return happened

    def until_a_person(self) -> tuple[UUID, datetime]:
        """Dial one line after the other until somebody answers."""
        for line in self.truth.lines.values():
            if line.fate is not LineFate.RIGHT or line.guard:
                continue
            attempt_id = self.dial(line.e164)
            while (moment := self.exchange.next_at()) is not None:
                for event in self.exchange.advance(moment):
                    if isinstance(event, Heard) and event.detected is Detected.PERSON:
                        return attempt_id, moment
        raise AssertionError("nobody is at home in the whole city")


@pytest.fixture
def world(truth: SyntheticCity) -> _World:
    return _World(truth)


def _number(truth: SyntheticCity, fate: LineFate) -> str:
    return next(line.e164 for line in truth.lines.values() if line.fate is fate)


def test_the_same_dial_twice_rings_once(world: _World, truth: SyntheticCity) -> None:
    number = next(iter(truth.lines))
    attempt_id = world.dial(number)
    world.exchange.take(Dial(attempt_id, number, "+81300000100", 25), _EVENING)
    events = world.play()
    assert sum(isinstance(event, Handed) for event in events) == 1
    assert sum(isinstance(event, Ended) for event in events) == 1
    assert world.exchange.rang == {attempt_id: number}


@pytest.mark.parametrize("number", ["+81312345678", "+819012345678", "+81120123456", "+81480123456", "110"])
def test_a_number_that_could_exist_is_refused(world: _World, number: str) -> None:
    world.dial(number)
    (event,) = world.play()
    assert isinstance(event, Refused)
    assert world.exchange.rang == {}


@pytest.mark.parametrize(
    ("fate", "result"), [(LineFate.DEAD, "05"), (LineFate.CHANGED, "06"), (LineFate.SUSPENDED, "09")]
)
def test_lines_that_lead_nowhere_say_so(world: _World, truth: SyntheticCity, fate: LineFate, result: str) -> None:
    attempt_id = world.dial(_number(truth, fate))
    last = world.play()[-1]
    assert isinstance(last, Ended)
    assert last.attempt_id == attempt_id
    assert last.result in (result, "12")


def test_a_number_nobody_has_is_dead(world: _World) -> None:
    world.dial("+819000000001")
    last = world.play()[-1]
    assert isinstance(last, Ended)
    assert last.result in ("05", "12")


def test_a_recording_guard_speaks_before_the_bell_rings(world: _World, truth: SyntheticCity) -> None:
    guarded = [line.e164 for line in truth.lines.values() if line.guard]
    assert guarded
    heard: list[list[Detected]] = []
    for number in guarded:
        world.dial(number)
        heard.append([event.detected for event in world.play() if isinstance(event, Heard)])
    spoken = [order for order in heard if order]
    assert spoken
    assert all(order[0] is Detected.RECORDING_GUARD for order in spoken)
    assert any(order[1:] == [Detected.PERSON] for order in spoken)


def test_who_is_joined_talks_and_is_done(world: _World) -> None:
    attempt_id, now = world.until_a_person()
    world.exchange.take(Join(attempt_id, _OPERATOR), now)
    (joined,) = world.play(now + timedelta(seconds=1))
    assert isinstance(joined, Joined)
    assert joined.operator_id == _OPERATOR
    number = world.exchange.number_of(attempt_id)
    words = world.exchange.ask_for(attempt_id, world.exchange.filed_for(number), joined.at)
    assert words is not None
    assert world.exchange.ask_for(attempt_id, None, joined.at) is None, "one conversation, not two"
    world.exchange.take(Hangup(attempt_id), now + timedelta(seconds=3))
    events = world.play()
    assert [type(event) for event in events] == [Ended]


def test_who_waits_in_vain_hangs_up_by_himself(world: _World) -> None:
    world.until_a_person()
    (ended,) = world.play()
    assert isinstance(ended, Ended)
    assert ended.by_resident


def test_who_is_told_who_called_hears_it_out(world: _World) -> None:
    attempt_id, now = world.until_a_person()
    world.exchange.take(Announce(attempt_id), now + timedelta(milliseconds=10))
    (ended,) = world.play()
    assert isinstance(ended, Ended)
    assert not ended.by_resident
    assert ended.at - now > timedelta(seconds=10)


def test_reconcile_tells_the_past_and_never_dials(world: _World) -> None:
    attempt_id, now = world.until_a_person()
    world.exchange.take(Reconcile(attempt_id), now)
    answer = world.play(now)[0]
    assert isinstance(answer, Reconciled)
    assert answer.known
    assert answer.live
    assert [type(fact) for fact in answer.past][:1] == [Handed]
    assert any(isinstance(fact, Answered) for fact in answer.past)


def test_an_attempt_nobody_heard_of_can_never_ring_later(world: _World, truth: SyntheticCity) -> None:
    attempt_id = world.ids.new()
    world.exchange.take(Reconcile(attempt_id), _EVENING)
    world.exchange.take(Dial(attempt_id, next(iter(truth.lines)), "+81300000100", 25), _EVENING)
    reconciled, refused = world.play()
    assert isinstance(reconciled, Reconciled)
    assert not reconciled.known
    assert isinstance(refused, Refused)
    assert world.exchange.rang == {}


def test_a_call_back_is_taken_or_gives_up(world: _World, truth: SyntheticCity) -> None:
    attempt_id = world.exchange.call_in(next(iter(truth.lines)), "0000000001", _EVENING)
    incoming, ended = world.play()
    assert isinstance(incoming, Incoming)
    assert isinstance(ended, Ended)
    assert ended.attempt_id == attempt_id
    assert ended.by_resident
    assert world.exchange.caller_of(attempt_id) == "0000000001"


def test_the_same_calls_bring_the_same_events(truth: SyntheticCity) -> None:
    def events() -> list[CarrierEvent | Spoken]:
        world = _World(truth)
        for number in list(truth.lines)[:60]:
            world.dial(number)
        return world.play()

    assert events() == events()

"""To whom a call-back goes: nobody twice, nobody who may not, nobody kept waiting for nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from callflow.states import CallState
from dialer.call import Call
from dialer.routing import RoutingTerms, Skills, assign, circle, widens_at
from dialer.seat import Seat
from tests.unit.dialer.stage import START, caller

_TERMS = RoutingTerms()
_SKILLS = ("collector", "language:vi", "tax:01")
_OPERATORS = [UUID(int=number) for number in range(1, 7)]


def waiting(number: int, since: datetime, **changes: object) -> Call:
    return Call(UUID(int=0x5000 + number), caller(**changes), since, 0, CallState.QUEUED)


_seats = st.lists(
    st.builds(
        Seat,
        operator_id=st.sampled_from(_OPERATORS),
        state=st.sampled_from(["ready", "talking", "wrapup", "paused", "offline", "reserved"]),
        since=st.integers(0, 600).map(lambda seconds: START - timedelta(seconds=seconds)),
    ),
    unique_by=lambda seat: seat.operator_id,
    max_size=6,
)
_skills = st.dictionaries(st.sampled_from(_OPERATORS), st.frozensets(st.sampled_from(_SKILLS)))
_queue = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.one_of(st.none(), st.sampled_from(_OPERATORS)),
        st.frozensets(st.sampled_from(_SKILLS), max_size=2),
        st.frozensets(st.sampled_from(_OPERATORS), max_size=2),
    ),
    max_size=6,
).map(
    lambda drawn: sorted(
        (
            _call(number, waited, last, needs, passed_over)
            for number, (waited, last, needs, passed_over) in enumerate(drawn)
        ),
        key=lambda call: call.intended_at,
    )
)


def _call(number: int, waited: int, last: UUID | None, needs: frozenset[str], passed_over: frozenset[UUID]) -> Call:
    call = waiting(number, START - timedelta(seconds=waited), last_operator=last, skills=needs)
    call.not_taken_by = passed_over
    return call


@given(_queue, _seats, _skills)
def test_each_goes_to_one_who_may_take_it_and_is_free(queue: list[Call], seats: list[Seat], skills: Skills) -> None:
    spare = [seat for seat in seats if seat.state == "ready"]
    found = assign(queue, spare, seats, skills, START, _TERMS)
    taken = [seat.operator_id for _, seat in found]
    assert len(set(taken)) == len(taken)
    assert len({call.attempt_id for call, _ in found}) == len(found)
    for call, seat in found:
        assert seat in spare
        assert seat in circle(call, seats, skills, START, _TERMS)
    left = [seat for seat in spare if seat.operator_id not in taken]
    for call in queue:
        if call.attempt_id not in {given.attempt_id for given, _ in found}:
            assert not any(seat in circle(call, seats, skills, START, _TERMS) for seat in left), "kept for nobody"


@given(_queue, _seats, _skills)
def test_the_circle_widens_until_it_is_the_whole_floor(queue: list[Call], seats: list[Seat], skills: Skills) -> None:
    at_work = {seat.operator_id for seat in seats if seat.on_the_floor}
    for call in queue:
        moment: datetime | None = call.intended_at
        while moment is not None:
            found = circle(call, seats, skills, moment, _TERMS)
            assert bool(found) == bool(at_work)
            moment = widens_at(call, moment, _TERMS)
        last = {seat.operator_id for seat in circle(call, seats, skills, call.intended_at + timedelta(hours=1), _TERMS)}
        assert last == (at_work - call.not_taken_by or at_work)


def test_the_known_operator_comes_before_the_able_and_those_before_the_room() -> None:
    known, able, anybody = (Seat(operator_id, "ready", START) for operator_id in _OPERATORS[:3])
    seats = [anybody, able, known]
    skills = {able.operator_id: frozenset({"language:vi"})}
    call = waiting(1, START, last_operator=known.operator_id, skills=frozenset({"language:vi"}))

    def at(seconds: float) -> list[Seat]:
        return circle(call, seats, skills, START + timedelta(seconds=seconds), _TERMS)

    assert at(0) == at(19.9) == [known]
    assert at(20) == at(59.9) == [able]
    assert at(60) == seats

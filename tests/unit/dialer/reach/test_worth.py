"""The index policy: who should be called now, and who had better wait."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.clock import JST
from dialer.reach.ahead import ShiftAhead
from dialer.reach.choice import choose
from dialer.reach.prices import shadow_prices
from dialer.reach.worth import in_order, worth

MONDAY = datetime(2026, 9, 7, tzinfo=JST)


def shift(*hours: tuple[int, range], capacity: float = 10.0) -> ShiftAhead:
    """Slots by (day after Monday, hours)."""
    starts = [MONDAY + timedelta(days=day, hours=hour) for day, span in hours for hour in span]
    return ShiftAhead.of(starts, capacity)


ONE_DAY = shift((0, range(9, 20)))
WEEK = shift(*((day, range(9, 17)) for day in range(5)))


def one(p_now: float, p_later: list[float], tries: int, ahead: ShiftAhead, **more: bool) -> float:
    tried = np.array([more.get("tried_today", False)])
    return float(worth(np.array([p_now]), np.array([p_later]), np.array([tries]), ahead, tried_today=tried)[0])


def test_without_an_hour_to_come_a_call_is_worth_its_chance_beyond_next_week() -> None:
    last = shift((0, range(16, 17)))
    assert 0 < one(0.4, [], 1, last) < 0.4


def test_who_is_better_this_evening_waits_for_it() -> None:
    evening = [0.1] * 7 + [0.6] * 3
    assert one(0.1, evening, 1, ONE_DAY) < 0
    assert one(0.1, [0.05] * 10, 1, ONE_DAY) > 0


def test_an_evening_that_is_sold_out_is_not_waited_for() -> None:
    evening = [0.1] * 7 + [0.6] * 3
    dear = ONE_DAY.priced(np.array([0.0] * 8 + [0.7] * 3))
    assert one(0.1, evening, 1, dear) > one(0.1, evening, 1, ONE_DAY)


def test_with_a_try_to_spare_the_morning_costs_nothing_that_the_evening_needs() -> None:
    evening = [0.1] * 7 + [0.6] * 3
    assert one(0.1, evening, 6, ONE_DAY) > one(0.1, evening, 1, ONE_DAY)


def test_a_person_tried_today_has_only_the_better_hour() -> None:
    evening = [0.1] * 7 + [0.6] * 3
    assert one(0.1, evening, 6, ONE_DAY, tried_today=True) < one(0.1, evening, 6, ONE_DAY)


def test_no_try_left_is_worth_nothing() -> None:
    assert one(0.9, [0.1] * 10, 0, ONE_DAY) == 0.0


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(0.01, 0.4))
def test_a_better_chance_now_never_makes_the_call_worth_less(seed: int, tries: int, more: float) -> None:
    rng = np.random.default_rng(seed)
    later = rng.uniform(0, 0.5, (1, len(WEEK) - 1))
    ahead = WEEK.priced(rng.uniform(0, 0.3, len(WEEK)))
    low = worth(np.array([0.3]), later, np.array([tries]), ahead)
    high = worth(np.array([0.3 + more]), later, np.array([tries]), ahead)
    assert high[0] >= low[0]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 38))
def test_a_better_hour_later_never_makes_the_call_now_worth_more_with_one_try(seed: int, slot: int) -> None:
    rng = np.random.default_rng(seed)
    later = rng.uniform(0, 0.5, (1, len(WEEK) - 1))
    better = later.copy()
    better[0, slot] += 0.3
    first, second = (worth(np.array([0.3]), chances, np.array([1]), WEEK) for chances in (later, better))
    assert second[0] <= first[0] + 1e-6


def test_people_are_alike_unless_weights_are_given() -> None:
    p, later, tries = np.array([0.3, 0.3]), np.full((2, 10), 0.2), np.array([3, 3])
    alike = worth(p, later, tries, ONE_DAY)
    assert alike[0] == alike[1]
    weighed = worth(p, later, tries, ONE_DAY, weight=np.array([1.0, 3.0]))
    assert weighed[1] > weighed[0]


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="slots after now"):
        worth(np.array([0.3]), np.full((1, 3), 0.2), np.array([3]), ONE_DAY)


def test_slots_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="in order"):
        ShiftAhead.of([MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=9)])


def test_the_second_try_of_a_day_is_two_hours_later_in_another_band() -> None:
    again = ONE_DAY.again_today
    # Morning to noon or early afternoon, noon to two, afternoon to evening, and nothing after the evening.
    assert [int(ONE_DAY.hour[slot] % 24) if slot >= 0 else None for slot in again] == [
        12, 12, 13, 14, 17, 17, 17, 18, None, None, None,
    ]  # fmt: skip


def test_a_letter_about_to_land_makes_waiting_right() -> None:
    later = np.full((1, len(WEEK) - 1), 0.3)
    landed = later.copy()
    landed[0, 20:] *= 1.15
    without, with_letter = (worth(np.array([0.3]), p_later, np.array([1]), WEEK) for p_later in (later, landed))
    assert with_letter[0] < 0 < without[0] + 1e-3


def test_prices_are_nothing_where_there_is_room_and_rise_where_there_is_not() -> None:
    rng = np.random.default_rng(3)
    chances = rng.beta(1, 3, (400, len(WEEK)))
    tries = np.full(400, 6)
    free = shadow_prices(chances, tries, shift(*((day, range(9, 17)) for day in range(5)), capacity=400))
    scarce = shadow_prices(chances, tries, shift(*((day, range(9, 17)) for day in range(5)), capacity=4))
    assert free.max() < 0.02
    assert scarce.min() > 0.2


def test_the_dearer_hour_is_the_one_everybody_wants() -> None:
    chances = np.full((300, len(ONE_DAY)), 0.15)
    chances[:, 8:] = 0.45
    ahead = shift((0, range(9, 20)), capacity=20)
    price = shadow_prices(chances, np.full(300, 6), ahead)
    assert price[8:].min() > price[:8].max() + 0.2


def test_recalls_and_broken_promises_come_first_and_ties_keep_their_order() -> None:
    order = in_order(np.array([0.5, 0.2, 0.5, 0.9]), np.array([0, 1, 0, 0]), np.array([7, 1, 3, 9]))
    assert order.tolist() == [1, 3, 2, 0]


def test_picks_without_a_random_share_keep_the_order() -> None:
    picks = choose(np.array([3, 1, 2]), 0.0, random.Random(1))
    assert [pick.place for pick in picks] == [3, 1, 2]
    assert all(pick.propensity == 1.0 and pick.top for pick in picks)


def test_propensities_are_those_of_the_draws() -> None:
    order = np.arange(4)
    rng = random.Random(5)
    first = [choose(order, 0.4, rng, count=1)[0] for _ in range(20_000)]
    for place in range(4):
        told = next(pick.propensity for pick in first if pick.place == place)
        assert told == pytest.approx(0.4 / 4 + (0.6 if place == 0 else 0.0))
        seen = sum(pick.place == place for pick in first) / len(first)
        assert seen == pytest.approx(told, abs=0.012)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 1000), unique=True, max_size=30), st.floats(0, 1), st.integers(0, 1000))
def test_everybody_is_picked_once(order: list[int], share: float, seed: int) -> None:
    picks = choose(np.array(order, dtype=np.int64), share, random.Random(seed))
    assert sorted(pick.place for pick in picks) == sorted(order)


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match="random share"):
        choose(np.array([1]), 1.5, random.Random(1))

"""People are about as reachable as the published figures say (DOMAIN.md §2.8)."""

from __future__ import annotations

from datetime import date

from casefile.clock import at_jst
from rehearsal.city import CityPlan, build_city
from rehearsal.city.model import LineFate
from rehearsal.habits import PUBLISHED_RATES, Habits, measured_rates

_CLOSE_ENOUGH = 5.5  # percentage points


def test_answer_rates_after_misses_come_near_the_published_ones() -> None:
    truth = build_city(CityPlan(seed=11, households=2_000))
    filed = {phone.e164 for resident in truth.residents.values() for phone in resident.phones}
    found = measured_rates(truth, 11, [line for line in truth.lines.values() if line.e164 in filed])
    for ours, published in zip(found, PUBLISHED_RATES, strict=True):
        assert ours.after_misses == published.after_misses
        assert abs(ours.weekday - published.weekday) < _CLOSE_ENOUGH
        assert abs(ours.saturday - published.saturday) < _CLOSE_ENOUGH
        assert abs(ours.sunday - published.sunday) < _CLOSE_ENOUGH
    assert found[1].weekday < found[0].weekday


def test_the_evening_is_better_than_the_day_and_rises_to_eight() -> None:
    truth = build_city(CityPlan(seed=11, households=500))
    habits = Habits(truth, 11)
    lines = [line for line in truth.lines.values() if line.fate is LineFate.RIGHT and len(line.owners) > 0]
    rates = [
        sum(habits.answer_chance(line, at_jst(date(2026, 10, 6), hour)) for line in lines) / len(lines)
        for hour in (11, 18, 19, 20)
    ]
    assert rates == sorted(rates)


def test_nobody_answers_a_dead_line() -> None:
    truth = build_city(CityPlan(seed=11, households=200))
    habits = Habits(truth, 11)
    dead = [line for line in truth.lines.values() if line.fate in (LineFate.DEAD, LineFate.CHANGED, LineFate.FAX)]
    assert dead
    assert all(habits.answer_chance(line, at_jst(date(2026, 10, 6), 19)) == 0 for line in dead)

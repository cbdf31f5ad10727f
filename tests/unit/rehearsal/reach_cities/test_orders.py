"""The orders on a small city: the ideal observer is a bound, and knows what it says it knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rehearsal.reach_cities.city import found_city
from rehearsal.reach_cities.evaluation import (
    IDEAL,
    LOT,
    Cell,
    Setting,
    calls_per_contact,
    evaluate,
    mean_of,
    ratio_to,
    share_of,
)
from rehearsal.reach_cities.hours import calling_hours
from rehearsal.reach_cities.knowledge import Overheard, share_of_knowledge
from rehearsal.reach_cities.observers import IdealObserver
from rehearsal.reach_cities.plain import ByLot, ByPersonRate
from rehearsal.reach_cities.trial import Past, try_order

SMALL = Setting(households=300, weeks=4, calls_a_week=0.4)
PLAIN = (LOT, "city_hour", "person", "person_band", "last_success")


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return list(evaluate(["types"], (1, 2), (*PLAIN, IDEAL), SMALL))


def _contacts(cells: list[Cell], order: str) -> int:
    return sum(sum(cell.contacts) for cell in cells if cell.order == order)


@pytest.mark.parametrize("order", PLAIN)
def test_nobody_who_sees_the_same_calls_does_better_than_the_ideal_observer(cells: list[Cell], order: str) -> None:
    assert _contacts(cells, IDEAL) >= 1.02 * _contacts(cells, order)


def test_all_orders_get_the_same_room(cells: list[Cell]) -> None:
    most = SMALL.calls_an_hour * len(calling_hours(SMALL.weeks))
    assert {sum(cell.calls) for cell in cells if cell.order == LOT} == {most}
    assert all(sum(cell.calls) <= most for cell in cells)


@pytest.mark.parametrize("name", ["types", "correlated"])
def test_the_ideal_observers_chances_come_true(name: str) -> None:
    city = found_city(name, 8, 500, calling_hours(4))
    overheard = Overheard(IdealObserver(city, 77, prototypes=400), seed=4, from_week=0)
    came = try_order(city, overheard, 12).log.right
    told = np.array(overheard.told)
    order = np.argsort(told)
    for part in np.array_split(order, 4):
        spread = np.sqrt((told[part] * (1 - told[part])).sum()) / len(part)
        assert came[part].mean() == pytest.approx(told[part].mean(), abs=3.5 * spread + 0.015)
    assert told[order[-300:]].mean() > told[order[:300]].mean() + 0.2


def test_a_broken_off_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "cells"
    setting = Setting(households=60, weeks=1, calls_a_week=1.0)
    first = list(evaluate(["drift"], (1,), (LOT,), setting, kept))
    (file,) = kept.iterdir()
    text = file.read_text(encoding="utf-8").replace(f'"contacts": [{first[0].contacts[0]}]', '"contacts": [12345]')
    file.write_text(text, encoding="utf-8")
    again = list(evaluate(["drift"], (1,), (LOT, "person"), setting, kept))
    assert again[0].contacts == (12345,)
    assert [cell.order for cell in again] == [LOT, "person"]
    assert len(list(kept.iterdir())) == 2


def test_sums_over_seeds() -> None:
    first = [Cell("types", seed, LOT, (10, 10), contacts) for seed, contacts in ((1, (2, 3)), (2, (5, 5)))]
    bound = [Cell("types", seed, IDEAL, (10, 10), (5, 5)) for seed in (2, 1)]
    assert calls_per_contact(first, 1, 2).value == pytest.approx((20 / 5 + 20 / 10) / 2)
    assert share_of(first, bound, 1, 1).value == pytest.approx((2 / 5 + 1) / 2)
    assert str(mean_of([1.0])) == "1.00"
    assert mean_of([1.0, 2.0, 3.0]).half == pytest.approx(4.303 / np.sqrt(3))


def test_the_share_of_what_the_observer_knows() -> None:
    known = share_of_knowledge({"city": [0.5, 0.6], "model": [0.44, 0.5], "ideal": [0.4, 0.4]})
    assert known["model"] == pytest.approx([0.6, 0.5])
    assert known["city"] == [0.0, 0.0]
    assert known["ideal"] == [1.0, 1.0]


def test_calls_of_two_orders_are_compared_city_by_city() -> None:
    first = [Cell("types", 1, LOT, (20,), (5,)), Cell("types", 2, LOT, (20,), (2,))]
    other = [Cell("types", 2, "person", (20,), (4,)), Cell("types", 1, "person", (20,), (5,))]
    assert ratio_to(other, first, 1, 1).value == pytest.approx((1.0 + 0.5) / 2)


def test_a_past_by_lot_is_the_same_for_all_and_is_not_counted() -> None:
    city = found_city("rotas", 9, 150, calling_hours(3))
    past = Past(weeks=2, calls_an_hour=5)
    by_lot, by_rate = (try_order(city, ranker, 4, past) for ranker in (ByLot(1), ByPersonRate(city, 1)))
    before = city.hours.week[by_lot.log.slot] < 2
    assert np.array_equal(by_lot.log.candidate[before], by_rate.log.candidate[: before.sum()])
    assert len(by_lot.calls) == 1
    assert int(by_lot.calls[0]) == int((~before).sum()) > 0
    assert not np.array_equal(by_rate.log.candidate[before.sum() :], by_lot.log.candidate[~before])

"""A log replayed forward: guesses never see what they guess, and scores say what they are said to."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from casefile.calendar import OfficeCalendar
from dialer.reach import MOBILE, NOT_KNOWN, Attempts, Candidates, Moments
from dialer.reach.replay import MODEL, Replayed, replay
from dialer.reach.scores import brier, calibration, log_losses, over_days

FIRST = date(2026, 9, 7).toordinal()
CALENDAR = OfficeCalendar()


def log_of(weeks: int, people: int = 120, seed: int = 1) -> Attempts:
    """Every person once a weekday, at ten or at seven; one half answers in the evening only, the other by day only."""
    rng = np.random.default_rng(seed)
    days = [day for day in range(7 * weeks) if day % 7 < 5]
    day = np.repeat(days, people)
    person = np.tile(np.arange(people), len(days))
    hour = np.where(rng.random(len(day)) < 0.5, 10, 19)
    likes = np.where(person % 2 == 0, 19, 10) == hour
    live = rng.random(len(day)) < np.where(likes, 0.7, 0.05)
    order = np.lexsort((person, hour, day))
    day, person, hour, live = day[order], person[order], hour[order], live[order]
    whom = Candidates.of(person, person, person, np.full(len(day), MOBILE))
    when = Moments.on(FIRST + day, hour * 60, CALENDAR)
    return Attempts.of(when, whom, np.where(live, 1, 3), live)


@pytest.fixture(scope="module")
def replayed() -> Replayed:
    return replay(log_of(6), CALENDAR, 2)


def test_only_the_last_weeks_are_scored(replayed: Replayed) -> None:
    assert len(replayed) == 2 * 5 * 120
    # The log ends on a Friday; two weeks before that day began on a Saturday.
    assert int(replayed.day.min()) == FIRST + 4 * 7
    assert set(replayed.guessed) == {MODEL, "city", "city_hour", "person", "person_band", "last_success"}


def test_the_model_knows_the_hours_of_each_person_and_the_city_does_not(replayed: Replayed) -> None:
    loss = {name: log_losses(chance, replayed.happened).mean() for name, chance in replayed.guessed.items()}
    assert loss[MODEL] < 0.9 * loss["person_band"]
    assert loss["person_band"] < loss["city_hour"]
    assert loss["person"] > loss["person_band"]


def test_a_guess_does_not_change_with_what_comes_after_it(replayed: Replayed) -> None:
    whole = log_of(6)
    cut = whole[np.flatnonzero(whole.when.day < FIRST + 35)]
    earlier = replay(cut, CALENDAR, 1)
    same = np.flatnonzero(replayed.day < FIRST + 35)
    for name, chance in earlier.guessed.items():
        assert np.allclose(chance, replayed.guessed[name][same], atol=1e-9), name


def test_the_chances_of_the_model_come_true(replayed: Replayed) -> None:
    for each in calibration(replayed.guessed[MODEL], replayed.happened):
        spread = np.sqrt(each.chance * (1 - each.chance) / each.calls)
        assert each.happened == pytest.approx(each.chance, abs=4 * spread + 0.05)


def test_calls_of_which_nobody_said_who_answered_are_left_out() -> None:
    attempts = log_of(3)
    silent = np.where(np.arange(len(attempts)) % 7 == 0, NOT_KNOWN, attempts.right_party)
    attempts = Attempts.of(attempts.when, attempts.whom, attempts.result, silent)
    right, live = (replay(attempts, CALENDAR, 1, target=target) for target in ("right_party", "live"))
    assert len(right) < len(live) == 600


def test_a_log_that_begins_with_the_weeks_is_refused() -> None:
    with pytest.raises(ValueError, match="reach back"):
        replay(log_of(2), CALENDAR, 2)
    with pytest.raises(ValueError, match="right_party or live"):
        replay(log_of(3), CALENDAR, 1, target="anything")


def test_log_loss_and_brier_are_those_of_the_textbook() -> None:
    chance, happened = np.array([0.8, 0.2]), np.array([True, True])
    assert log_losses(chance, happened) == pytest.approx([-np.log(0.8), -np.log(0.2)])
    assert brier(chance, happened) == pytest.approx((0.04 + 0.64) / 2)


def test_the_interval_over_days_covers_and_repeats() -> None:
    rng = np.random.default_rng(4)
    day = np.repeat(np.arange(40), 50)
    covered = 0
    for _ in range(60):
        values = rng.normal(1.0, 1.0, len(day)) + np.repeat(rng.normal(0, 0.5, 40), 50)
        found = over_days(values, day)
        assert found == over_days(values, day)
        covered += found.low <= 1.0 <= found.high
    assert 50 <= covered <= 60


def test_calibration_has_ten_bins_at_most_and_loses_no_call() -> None:
    chance = np.linspace(0.0, 1.0, 501)
    bins = calibration(chance, chance > 0.5)
    assert len(bins) == 10
    assert sum(each.calls for each in bins) == 501
    assert [each.happened for each in bins[:5]] == [0.0] * 5

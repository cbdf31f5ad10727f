"""What a campaign's calls take: prior, history, forgetting, restart."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dialer.pacing import Timings
from dialer.pacing.durations import MEMORY, PRIOR_WORTH


def test_only_seconds_are_taken() -> None:
    with pytest.raises(ValueError, match="wrapup"):
        Timings.from_samples(wrapup=[-1.0])
    with pytest.raises(ValueError, match="talk"):
        Timings().learn_talk(float("inf"))


def test_the_first_hour_has_a_prior_and_the_history_takes_over() -> None:
    assert Timings().talk.mean() == pytest.approx(120, abs=3)
    few = Timings.from_samples(talk=[40.0] * int(PRIOR_WORTH))
    assert few.talk.mean() == pytest.approx(80, abs=3)
    assert Timings.from_samples(talk=[40.0] * 4000).talk.mean() == pytest.approx(41, abs=1)


def test_old_campaigns_are_forgotten_slowly() -> None:
    timings = Timings.from_samples(talk=[40.0] * 20_000)
    assert timings.talk.worth <= MEMORY
    for _ in range(int(MEMORY)):
        timings.learn_talk(200.0)
    assert 120 < timings.talk.mean() < 160


def test_a_restart_forgets_nothing() -> None:
    timings = Timings.from_samples(answer=[8.0, 9.0], release=[28.0], talk=[30.0, 1e6], wrapup=[12.0])
    again = Timings.resume(json.loads(json.dumps(timings.state())))
    assert np.array_equal(again.tables(2.0).free, timings.tables(2.0).free)
    assert np.array_equal(again.tables(2.0).held, timings.tables(2.0).held)


def test_tables_follow_what_is_learned() -> None:
    timings = Timings()
    before = timings.tables(2.0)
    assert timings.tables(2.0) is before
    for _ in range(400):
        timings.learn_answer(5.0)
    assert timings.tables(2.0).answered[0, 2] > before.answered[0, 2] + 0.5


def test_a_free_operator_is_the_tail_of_the_talk_and_then_the_wrapup() -> None:
    """Talks of 60 s and wrap-ups of 20 s: after 55 s of talk, 25 s later."""
    tables = Timings.from_samples(talk=[60.0] * 90_000, wrapup=[20.0] * 90_000).tables(2.0)
    row = tables.free[55]
    assert row[10] < 0.1
    assert row[13] > 0.9
    writing = tables.free[tables.talk_rows + 10]
    assert writing[2] < 0.1
    assert writing[6] > 0.9


def test_consent_to_wrapup_pull_makes_an_operator_free_earlier() -> None:
    tables = Timings.from_samples(talk=[60.0] * 90_000, wrapup=[40.0] * 90_000).tables(2.0)
    first = tables.block(10.0)
    assert np.all(tables.free[first : first + 1800] >= tables.free[:1800] - 1e-12)
    writing = tables.free[first + tables.talk_rows + 18]
    assert writing[0] == 1.0
    assert tables.block(10.0) == first

"""kill -9 of the engine at random points: nothing is dialed twice, nothing is lost, everybody goes back to work."""

from __future__ import annotations

import json

import pytest

from tests.integration.dialer.attack import Trial, attack, trial

__all__ = ["trial"]


def kill_the_engine(trial: Trial) -> None:
    trial.kill()
    trial.start_engine()


def test_killed_at_random_points(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    figures = attack(trial, 15, 1, kill_the_engine)
    with capsys.disabled():
        print(f"\nkill test: {json.dumps(figures)}")
    assert figures["rang"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_killed_at_many_random_points(trial: Trial, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    figures = attack(trial, 60, seed, kill_the_engine)
    with capsys.disabled():
        print(f"\nkill test, seed {seed}: {json.dumps(figures)}")
    assert figures["rang"] > 0

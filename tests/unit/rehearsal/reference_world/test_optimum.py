"""The exact optimum of the Markov world against the figures of PACING.md §2."""

from __future__ import annotations

import pytest

from rehearsal.reference_world.optimum import optimum


@pytest.mark.parametrize(
    ("operators", "probability", "expected"),
    [(5, 0.20, 80.3), (10, 0.20, 84.8), (5, 0.35, 84.9), (10, 0.35, 87.3), (5, 0.50, 87.8), (10, 0.50, 89.0)],
)
def test_it_is_what_the_specification_states(operators: int, probability: float, expected: float) -> None:
    assert 100 * optimum(operators, probability, 0.03) == pytest.approx(expected, abs=0.06)


def test_a_stricter_target_costs_occupancy() -> None:
    assert optimum(5, 0.35, 0.01) < optimum(5, 0.35, 0.03) - 0.01

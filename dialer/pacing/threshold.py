"""How the hazard policy's threshold θ follows its budget: pure functions, which the reference world compiles too.

The law of PACING.md §4 (log θ += η·target at each live answer, −= η at each loss) needs η·target·live ≫ 1 to arrive: in a
room of four that takes days. So a faster one runs beside it. Each dial is launched with a known chance of being lost; those
chances, times the ratio of losses seen to losses foreseen, must add up to the target share of the answers foreseen. That
says within minutes, and with next to no noise, where θ belongs; the counts say how far the foreseeing is to be believed.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_THETA = 1e-4
MOST_THETA = 0.9
GAIN = 2.0
"""How much log θ moves for one foreseen loss too many or too few."""
FIRST_RATIO = 1.8
"""Losses seen ÷ foreseen before there are any."""
RATIO_WORTH = 3.0
"""Foreseen losses for which that first ratio counts."""
RATIO_MEMORY = 60.0
"""Foreseen losses after which older ones weigh e times less."""
MOST_LEAN = 1.0
"""The day's surplus or debt moves the target by a factor of e at most."""

# columns of a threshold
LOG_THETA, SURPLUS, LOST, FORESEEN = 0, 1, 2, 3


def threshold_at(target: float) -> Floats:
    """Where it starts: θ = target."""
    return np.array([math.log(target), 0.0, 0.0, 0.0])


def after_answer(threshold: Floats, target: float, eta: float) -> None:
    """A person answered: log θ += η·target."""
    _lean(threshold, target, eta)
    _move(threshold, eta * target)


def after_loss(threshold: Floats, eta: float) -> None:
    """A person answered and was lost: log θ −= η."""
    threshold[LOST] += 1.0
    _lean(threshold, -1.0, eta)
    _move(threshold, -eta)


def after_dials(threshold: Floats, target: float, eta: float, answers: float, losses: float) -> None:
    """Dials were launched from which so many answers and so many losses are foreseen."""
    kept = math.exp(-losses / RATIO_MEMORY)
    threshold[LOST] *= kept
    threshold[FORESEEN] = threshold[FORESEEN] * kept + losses
    ratio = (threshold[LOST] + RATIO_WORTH * FIRST_RATIO) / (threshold[FORESEEN] + RATIO_WORTH)
    wanted = target * math.exp(eta * threshold[SURPLUS])
    _move(threshold, GAIN * (wanted * answers - ratio * losses))


def _lean(threshold: Floats, losses_earned: float, eta: float) -> None:
    most = MOST_LEAN / max(eta, 1e-9)
    threshold[SURPLUS] = min(max(threshold[SURPLUS] + losses_earned, -most), most)


def _move(threshold: Floats, by: float) -> None:
    threshold[LOG_THETA] = min(max(threshold[LOG_THETA] + by, math.log(LEAST_THETA)), math.log(MOST_THETA))

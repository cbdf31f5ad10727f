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
GAIN, LEAST_GAIN = 2.0, 0.3
"""How much log θ moves for one foreseen loss too many or too few: in the beginning, and once much was foreseen."""
GAIN_WORTH = 5.0
"""Foreseen losses after which that is halved."""
FIRST_RATIO, FIRST_RATIO_WITHOUT_PATIENCE = 1.5, 2.5
"""Losses seen ÷ foreseen before there are any, as simulated: for callers who wait some seconds, and for those who do not."""
RATIO_WORTH = 3.0
"""Foreseen losses for which that first ratio counts."""
RATIO_MEMORY = 60.0
"""Foreseen losses after which older ones weigh e times less."""
LEAN = 0.05
"""How much log θ and log target lean for one loss saved so far, unless η is more: what began too low is made up."""
DEBT_WEIGHT = 2.0
"""For one loss owed they lean so much more: a day above its target is worse than one below."""
MOST_MORE, MOST_LESS = 0.7, 2.0
"""What was saved raises log target by so much at most, what is owed lowers it by so much."""

# columns of a threshold
LOG_THETA, SURPLUS, LOST, FORESEEN, FIRST = 0, 1, 2, 3, 4


def threshold_at(target: float, patience: float) -> Floats:
    """Where it starts: θ = target. `patience`: seconds a caller waits."""
    first = FIRST_RATIO + (FIRST_RATIO_WITHOUT_PATIENCE - FIRST_RATIO) * math.exp(-patience)
    return np.array([math.log(target), 0.0, 0.0, 0.0, first])


def after_answer(threshold: Floats, target: float, eta: float) -> None:
    """A person answered: log θ += η·target."""
    _earn(threshold, target, eta)


def after_loss(threshold: Floats, eta: float) -> None:
    """A person answered and was lost: log θ −= η."""
    threshold[LOST] += 1.0
    _earn(threshold, -1.0, eta)


def after_restart(threshold: Floats, target: float, eta: float, live: float, lost: float) -> None:
    """So many had answered and so many of them were lost before; what had been foreseen of them is not known."""
    _earn(threshold, target * live - lost, eta)


def after_dials(threshold: Floats, target: float, eta: float, answers: float, losses: float) -> None:
    """Dials were launched from which so many answers and so many losses are foreseen."""
    kept = math.exp(-losses / RATIO_MEMORY)
    threshold[LOST] *= kept
    threshold[FORESEEN] = threshold[FORESEEN] * kept + losses
    ratio = (threshold[LOST] + RATIO_WORTH * threshold[FIRST]) / (threshold[FORESEEN] + RATIO_WORTH)
    wanted = target * math.exp(_lean(threshold[SURPLUS], eta))
    gain = max(LEAST_GAIN, GAIN / (1.0 + threshold[FORESEEN] / GAIN_WORTH))
    _move(threshold, gain * (wanted * answers - ratio * losses))


def _earn(threshold: Floats, losses: float, eta: float) -> None:
    """So many losses more are saved (or fewer, if negative); θ leans at once."""
    before = threshold[SURPLUS]
    least, most = -MOST_LESS / max(eta, LEAN) / DEBT_WEIGHT, MOST_MORE / max(eta, LEAN)
    threshold[SURPLUS] = min(max(before + losses, least), most)
    _move(threshold, _lean(threshold[SURPLUS], eta) - _lean(before, eta))


def _lean(surplus: float, eta: float) -> float:
    return max(eta, LEAN) * (surplus if surplus >= 0.0 else DEBT_WEIGHT * surplus)


def _move(threshold: Floats, by: float) -> None:
    threshold[LOG_THETA] = min(max(threshold[LOG_THETA] + by, math.log(LEAST_THETA)), math.log(MOST_THETA))

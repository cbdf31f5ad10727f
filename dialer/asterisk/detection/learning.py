"""Growing the forest from scenes, and choosing its threshold: people's figures come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dialer.asterisk.detection.forest import Forest, Table, grow
from dialer.asterisk.detection.judging import judge
from dialer.asterisk.detection.listener import DECIDES_AT, Listener
from dialer.asterisk.detection.scenes import Scene
from dialer.asterisk.detection.sound import frames_of, level_db
from dialer.asterisk.detection.tones import ToneMeter
from dialer.asterisk.detection.voice import spans, timing

WRONGED_AT_MOST = 0.0005
"""Of the people the threshold is chosen by: well below the house limit, which is held against others."""
LOWEST_THRESHOLD = 0.5
_AWAITS_ALL = Forest((), 0.0, 0.0, {})
_AWAITS_NOBODY = Forest((), 0.0, 2.0, {})


def undecided(scenes: Sequence[Scene]) -> list[Scene]:
    """Those whose first turn is left to the forest: nobody waits yet when it must be there."""
    left = []
    for scene in scenes:
        listener = Listener(_AWAITS_NOBODY)
        if not any(listener.hear(frame) for frame in frames_of(scene.sound)[: DECIDES_AT - 1]):
            left.append(scene)
    return left


def figures_of(scene: Scene) -> Table:
    """The timing at the moment of the first turn."""
    meter = ToneMeter()
    levels: list[float] = []
    tonal: list[bool] = []
    for frame in frames_of(scene.sound)[:DECIDES_AT]:
        meter.hear(frame)
        levels.append(level_db(frame))
        tonal.append(meter.sounding)
    return timing(spans(levels, tonal), DECIDES_AT)


def learn(growing: Sequence[Scene], choosing: Sequence[Scene], notes: dict[str, Any]) -> Forest:
    """Grow from `growing`; choose by the people of `choosing` the lowest threshold that wrongs hardly any of them."""
    left = undecided(growing)
    table = np.array([figures_of(scene) for scene in left])
    trees, prior = grow(table, np.array([not scene.is_person for scene in left]))
    grown = Forest(trees, prior, 1.0, notes)
    people = [scene for scene in choosing if scene.is_person]
    # Whom it would wrong to be awaited: everybody else may be.
    wronged = sorted(
        (
            grown.probability(figures_of(scene))
            for scene in undecided(people)
            if judge(scene, Listener(_AWAITS_ALL)).wronged
        ),
        reverse=True,
    )
    allowed = int(WRONGED_AT_MOST * len(people))
    threshold = wronged[allowed] + 1e-6 if len(wronged) > allowed else LOWEST_THRESHOLD
    return Forest(trees, prior, round(max(threshold, LOWEST_THRESHOLD), 6), notes)

"""Where in a stretch of telephone sound somebody speaks, and the timing of it: fifteen figures.

Timing alone tells greetings from people better than words or beeps do: K. Saurav, "Real-Time Voicemail Detection in
Telephony Audio Using Temporal Speech Activity Features", arXiv 2604.09675 (2026). The figures here are our own choice of
fifteen, and voice is told from noise by level instead of a neural network.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dialer.asterisk.detection.sound import FRAME_SECONDS

Levels = Sequence[float]
"""Decibels of full scale, a frame each."""
Span = tuple[int, int]
"""First frame of a voice, and the first after it."""

FEATURES = (
    "silence_before_voice",
    "voice_total",
    "voice_share",
    "voices",
    "longest_voice",
    "mean_voice",
    "deviation_of_voices",
    "first_voice",
    "last_voice",
    "pauses",
    "first_pause",
    "longest_pause",
    "mean_pause",
    "silence_at_end",
    "end_of_voice",
)
"""In seconds, but for counts and the share of voice since it began."""

_ABOVE_FLOOR_DB = 8.0
_PEAK_ABOVE_FLOOR_DB = 15.0
"""Speech stands out of what is behind it; traffic that swells does not."""
_BELOW_PEAK_DB = 13.0
"""What is so much weaker than the loudest is behind the speaker: traffic, a television."""
_FLOOR_FRAMES = 150
_FLOOR_AT_LEAST_DB = -66.0
_FLOOR_AT_MOST_DB = -28.0
_FLOOR_SHARE = 10
_PEAK_SHARE = 95
_SHORTEST_VOICE = 3
_SHORTEST_PAUSE = 8


def spans(levels: Levels, tonal: Sequence[bool]) -> list[Span]:
    """The voices: 60 ms and more of what is loud against the quietest tenth of the last three seconds, and is no tone.

    Gaps under 160 ms (a closed consonant, between two syllables) are part of the voice.
    """
    loud = np.asarray(levels)
    quietest = float(np.percentile(loud[-_FLOOR_FRAMES:], _FLOOR_SHARE))
    floor = min(max(quietest, _FLOOR_AT_LEAST_DB), _FLOOR_AT_MOST_DB)
    recent = loud[-_FLOOR_FRAMES:][~np.asarray(tonal[-_FLOOR_FRAMES:])]
    loudest = float(np.percentile(recent, _PEAK_SHARE)) if recent.size else floor
    voice = (loud > max(floor + _ABOVE_FLOOR_DB, loudest - _BELOW_PEAK_DB)) & ~np.asarray(tonal)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], voice.astype(np.int8), [0])))).tolist()
    found: list[Span] = []
    for begins, ends in zip(edges[::2], edges[1::2], strict=True):
        if found and begins - found[-1][1] < _SHORTEST_PAUSE:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return [
        (begins, ends)
        for begins, ends in found
        if ends - begins >= _SHORTEST_VOICE and float(loud[begins:ends].max()) >= floor + _PEAK_ABOVE_FLOOR_DB
    ]


def timing(found: Sequence[Span], frames: int) -> NDArray[np.float64]:
    """The fifteen `FEATURES` of a stretch of so many frames."""
    if not found:
        silent = np.zeros(len(FEATURES))
        silent[[0, 13]] = frames * FRAME_SECONDS
        return silent
    voices = np.array([ends - begins for begins, ends in found], dtype=np.float64)
    pauses = np.array([later[0] - earlier[1] for earlier, later in pairwise(found)] or [0], dtype=np.float64)
    since = frames - found[0][0]
    seconds = np.array(
        [
            float(found[0][0]),
            voices.sum(),
            0.0,
            0.0,
            voices.max(),
            voices.mean(),
            voices.std(),
            voices[0],
            voices[-1],
            0.0,
            pauses[0],
            pauses.max(),
            pauses.mean(),
            float(frames - found[-1][1]),
            float(found[-1][1]),
        ],
        dtype=np.float64,
    )
    figures = np.asarray(seconds * FRAME_SECONDS, dtype=np.float64)
    figures[2] = voices.sum() / since
    figures[3] = len(found)
    figures[9] = len(found) - 1
    return figures

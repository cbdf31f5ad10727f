"""A quiet tune for whoever waits: a few bell tones, made here, so that nobody's rights are touched and nothing is fetched."""

from __future__ import annotations

import math
import wave
from array import array
from functools import cache
from pathlib import Path

_RATE = 8_000
_BEAT_SECONDS = 0.5
_RINGS_SECONDS = 1.8
# Semitones above A3, a broken chord to a beat: a C major pentatonic that ends where it begins.
_MELODY = (3, 7, 10, 15, 12, 10, 7, 10, 5, 10, 12, 17, 15, 12, 10, 7)
_PARTIALS = ((1.0, 1.0, 2.2), (2.0, 0.35, 3.5), (3.0, 0.12, 5.0))
"""Of a bell: frequency ratio, loudness, and how fast it dies away (1/s)."""
_LOUDNESS = 5_200


def write_tune(path: Path) -> None:
    """8 seconds of 8 kHz, mono, 16 bit, the same each time; it can be repeated without a break to be heard."""
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, _RATE, 0, "NONE", "not compressed"))
        sound.writeframes(_tune())


@cache
def _tune() -> bytes:
    samples = [0.0] * round(len(_MELODY) * _BEAT_SECONDS * _RATE)
    for beat, semitones in enumerate(_MELODY):
        start = round(beat * _BEAT_SECONDS * _RATE)
        for offset, value in enumerate(_bell(220 * 2 ** (semitones / 12))):
            # What still rings at the end rings on at the beginning.
            samples[(start + offset) % len(samples)] += value
    return array("h", (round(value) for value in samples)).tobytes()


def _bell(frequency: float) -> list[float]:
    def at(seconds: float) -> float:
        attack = min(seconds / 0.01, 1.0)
        tones = (
            loud * math.exp(-decay * seconds) * math.sin(2 * math.pi * frequency * ratio * seconds)
            for ratio, loud, decay in _PARTIALS
        )
        return _LOUDNESS * attack * sum(tones)

    return [at(number / _RATE) for number in range(round(_RINGS_SECONDS * _RATE))]

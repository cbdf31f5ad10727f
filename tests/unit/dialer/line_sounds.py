"""Sounds of a line made of tones, noise and speech-like sound; no voice is needed for these."""

from __future__ import annotations

import numpy as np

from dialer.asterisk.detection.scenes import tone
from dialer.asterisk.detection.sound import RATE, Sound, samples


def speech(seconds: float) -> Sound:
    """Syllables: harmonics of a gliding pitch, four times a second louder and softer. Loud as a voice on a good line."""
    at = np.arange(samples(seconds)) / RATE
    pitch = 150 + 30 * np.sin(2 * np.pi * 0.7 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 12))
    return np.asarray(0.15 * voice * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * at)), dtype=np.float64)


def a_tone(seconds: float) -> Sound:
    return 0.3 * tone(700, seconds)


def quiet(seconds: float) -> Sound:
    return np.asarray(np.random.default_rng(7).standard_normal(samples(seconds)) * 0.0008, dtype=np.float64)


def line(*parts: Sound) -> Sound:
    whole = np.concatenate(parts)
    return whole + quiet(len(whole) / RATE)

"""Telephone sound as numbers: 8 kHz, one channel, frames of 20 ms, full scale 1.0; μ-law as ITU-T G.711 defines it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]
"""Samples between -1 and 1."""

RATE = 8_000
FRAME = 160
FRAME_SECONDS = FRAME / RATE
SILENCE_DB = -90.0
_BIAS = 132
_CLIP = 32_635


def samples(seconds: float) -> int:
    return round(seconds * RATE)


def frames_of(sound: Sound) -> list[Sound]:
    """Its frames of 20 ms; a rest shorter than that is left out."""
    return [sound[first : first + FRAME] for first in range(0, len(sound) - FRAME + 1, FRAME)]


def from_pcm(pcm: bytes) -> Sound:
    """Little-endian 16 bit, as AudioSocket sends it."""
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.float64) / 32_768


def to_pcm(sound: Sound) -> bytes:
    return np.clip(np.round(sound * 32_768), -32_768, 32_767).astype("<i2").tobytes()


def level_db(sound: Sound) -> float:
    """Power of a frame without its direct current, dB of full scale, never below `SILENCE_DB`."""
    power = float(np.var(sound)) if sound.size else 0.0
    return max(SILENCE_DB, 10 * float(np.log10(max(power, 1e-12))))


def to_mulaw(sound: Sound) -> bytes:
    """G.711 μ-law, a byte a sample: sign, exponent of the biased magnitude, four bits of mantissa, all inverted."""
    plain = np.clip(np.round(sound * 32_768), -_CLIP, _CLIP).astype(np.int64)
    magnitude = np.abs(plain) + _BIAS
    exponent = np.clip(np.floor(np.log2(magnitude)).astype(np.int64) - 7, 0, 7)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(plain < 0, 0x80, 0)
    coded = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return bytes(coded.astype(np.uint8))


def from_mulaw(coded: bytes) -> Sound:
    code = ~np.frombuffer(coded, dtype=np.uint8).astype(np.int64) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = (((mantissa << 3) + _BIAS) << exponent) - _BIAS
    return np.asarray(np.where(code & 0x80, -magnitude, magnitude) / 32_768, dtype=np.float64)

"""Sound as a telephone line carries it: μ-law, 8000 samples a second, 160 of them (20 ms) in a packet (ITU-T G.711)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

RATE = 8000
FRAME = 160
FRAME_SECONDS = FRAME / RATE
SILENCE = b"\xff"
QUIETEST_DBFS = -90.0

_BIAS = 132
_CLIP = 32_635
Samples = npt.NDArray[np.int16]


def to_mulaw(samples: Samples) -> bytes:
    """16-bit samples as μ-law bytes."""
    wide = samples.astype(np.int32)
    magnitude = np.minimum(np.abs(wide), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(wide < 0, 0x80, 0)
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes())


def from_mulaw(data: bytes) -> Samples:
    """μ-law bytes as 16-bit samples."""
    return _LINEAR[np.frombuffer(data, dtype=np.uint8)]


def tone(hertz: float, seconds: float, dbfs: float = -12.0) -> bytes:
    """A sine of this level below full scale."""
    count = round(seconds * RATE)
    wave = np.sin(2 * np.pi * hertz * np.arange(count) / RATE)
    return to_mulaw((wave * 32_767 * 10 ** (dbfs / 20) * math.sqrt(2)).clip(-32_767, 32_767).astype(np.int16))


def silence(seconds: float) -> bytes:
    return SILENCE * round(seconds * RATE)


def power(data: bytes) -> float:
    """Mean square of the samples, full scale 1."""
    return float(_SQUARES[np.frombuffer(data, dtype=np.uint8)].mean()) if data else 0.0


def dbfs(mean_square: float) -> float:
    """A mean square as decibels below full scale."""
    return 10 * math.log10(mean_square) if mean_square > 10 ** (QUIETEST_DBFS / 10) else QUIETEST_DBFS


def _decoded() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << ((code & 0x70) >> 4)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_LINEAR = _decoded()
_SQUARES = (_LINEAR.astype(np.float64) / 32_768) ** 2

"""Single tones in telephone sound: how much of a frame lies at one frequency (Goertzel), and which tone a stretch of them is.

Frequencies and cadences: TELEPHONY.md §6 (ring-back, busy); ITU-T T.30 §4.2 (CED 2100 Hz, CNG 1100 Hz); ITU-T E.180/Q.35
(the special information tone).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dialer.asterisk.detection.sound import FRAME, FRAME_SECONDS, RATE, Sound

CALL_TONE_HZ = 400.0
CED_HZ = 2_100.0
CNG_HZ = 1_100.0
_PURE = 0.8
_SAME_HZ = 30.0
_FAX_SECONDS = 0.3
_BEEP_SECONDS = 0.16
_TRANSFORM = 1_024


class Tone(StrEnum):
    """What a stretch of single tone is."""

    FAX = "fax"
    BEEP = "beep"
    """A machine's signal to begin speaking; any frequency that is not the network's 400 Hz."""
    CALL_TONE = "call_tone"
    """400 Hz: ring-back or busy, by its cadence."""


def goertzel(sound: Sound, hertz: float) -> float:
    """The part of the sound's power that lies at this frequency: 1 for a sine of it, near 0 for anything else.

    Method: G. Goertzel, "An Algorithm for the Evaluation of Finite Trigonometric Series", 1958; here as one product with a
    complex sine, which is the same sum.
    """
    power = float(np.sum(sound**2))
    if power <= 0.0:
        return 0.0
    return min(1.0, 2 * abs(complex(np.dot(sound, _turning(hertz, sound.size)))) ** 2 / (sound.size * power))


@lru_cache(maxsize=1_024)
def _turning(hertz: float, size: int) -> NDArray[np.complex128]:
    """A complex sine: of a frame's length one for each pitch there is, since the same few are asked for all day."""
    turning: NDArray[np.complex128] = np.exp(-2j * np.pi * hertz / RATE * np.arange(size))
    return turning


def pitch_if_pure(frame: Sound) -> float | None:
    """The frequency of a frame that is one tone (80 % of its power), in hertz; else None. Speech vowels have harmonics."""
    spectrum = np.abs(np.fft.rfft(frame * _WINDOW, _TRANSFORM))
    spectrum[:_LOWEST] = 0
    hertz = float(np.argmax(spectrum)) * RATE / _TRANSFORM
    return hertz if goertzel(frame, hertz) >= _PURE else None


_WINDOW = np.hanning(FRAME)
_LOWEST = round(280 * _TRANSFORM / RATE)


@dataclass(slots=True)
class ToneMeter:
    """Fed frame by frame; says once for each stretch what tone it is, as soon as it is sure."""

    hertz: float = 0.0
    frames: int = 0
    told: bool = False

    def hear(self, frame: Sound) -> Tone | None:
        pitch = pitch_if_pure(frame)
        if pitch is None:
            self.frames, self.told = 0, False
            return None
        if self.frames and abs(pitch - self.hertz) > _SAME_HZ:
            self.frames, self.told = 0, False
        self.hertz = pitch if not self.frames else self.hertz
        self.frames += 1
        if self.told:
            return None
        found = self._found()
        self.told = found is not None
        return found

    @property
    def sounding(self) -> bool:
        """Whether the last three frames or more are one tone: no voice, whatever their level."""
        return self.frames >= 3

    def _found(self) -> Tone | None:
        seconds = self.frames * FRAME_SECONDS
        if any(abs(self.hertz - fax) <= _SAME_HZ for fax in (CED_HZ, CNG_HZ)):
            return Tone.FAX if seconds >= _FAX_SECONDS else None
        if seconds < _BEEP_SECONDS:
            return None
        return Tone.CALL_TONE if abs(self.hertz - CALL_TONE_HZ) <= _SAME_HZ else Tone.BEEP


@dataclass(slots=True)
class InformationTone:
    """The special information tone that goes before announcements: 950, 1400 and 1800 Hz one after the other, 330 ms each."""

    _reached: int = 0
    _frames: int = 0
    _quiet: int = 0

    def hear(self, pitch: float | None) -> bool:
        """Whether it is complete with a frame of this pitch; None: the frame is no single tone."""
        step = _information_step(pitch)
        if step is None:
            self._quiet += 1
            if self._quiet > _INFORMATION_GAP:
                self._reached = self._frames = 0
            return False
        self._quiet = 0
        if step == self._reached:
            self._frames += 1
        elif step == self._reached + 1 and self._frames >= _INFORMATION_FRAMES:
            self._reached, self._frames = step, 1
        else:
            self._reached, self._frames = 0, int(step == 0)
        return self._reached == len(_INFORMATION_HZ) - 1 and self._frames == _INFORMATION_FRAMES


def _information_step(pitch: float | None) -> int | None:
    if pitch is None:
        return None
    return next(
        (step for step, hertz in enumerate(_INFORMATION_HZ) if abs(pitch - hertz) <= _INFORMATION_NEAR_HZ), None
    )


_INFORMATION_HZ = (950.0, 1_400.0, 1_800.0)
_INFORMATION_NEAR_HZ = 50.0
_INFORMATION_FRAMES = 10
"""Of 330 ms (70 more or less) 200; edges fall into frames of two tones."""
_INFORMATION_GAP = 3
"""It may be quiet for 30 ms between two of them."""

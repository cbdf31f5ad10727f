"""What a line sounds like from the answer on, put together from sentences, tones and noise; the same seed, the same sound.

What is assumed here (pauses, levels, delays) is our own and stands in docs/detection.md beside every figure made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt

from dialer.asterisk.detection.sound import RATE, Sound, from_mulaw, samples, to_mulaw
from dialer.asterisk.detection.speech import Sentence

KINDS = ("person", "silent", "machine", "guard", "announcement", "fax")
"""`silent`: a person who waits for the caller to speak. Person and silent are people; the others are not, or not yet."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`first_word_ends`: seconds from the answer; for a silent person 0. `rings_from`: when a recorder phone's bell begins."""

    kind: str
    sound: Sound
    first_word_ends: float
    rings_from: float | None = None

    @property
    def is_person(self) -> bool:
        return self.kind in ("person", "silent")


def scenes(said: dict[Sentence, Sound], counts: dict[str, int], seed: int) -> list[Scene]:
    """So many scenes of each kind, from these sentences."""
    rng = np.random.default_rng(seed)
    spoken = {kind: [sound for each, sound in said.items() if each.kind == kind] for kind in (*KINDS, "again")}
    return [_MAKERS[kind](spoken, rng) for kind in KINDS for _ in range(counts.get(kind, 0))]


Spoken = dict[str, list[Sound]]


def _person(spoken: Spoken, rng: np.random.Generator) -> Scene:
    delay = min(float(rng.gamma(2.0, 0.18)), 1.3)
    word = _said(spoken["person"], rng)
    parts = [_quiet(delay), word, _quiet(rng.uniform(1.6, 3.0)), _said(spoken["again"], rng), _quiet(1.5)]
    return Scene("person", _on_the_line(parts, rng), delay + len(word) / RATE)


def _silent(spoken: Spoken, rng: np.random.Generator) -> Scene:
    parts = [_quiet(rng.uniform(1.6, 4.0)), _said(spoken["again"], rng), _quiet(1.5)]
    return Scene("silent", _on_the_line(parts, rng), 0.0)


def _machine(spoken: Spoken, rng: np.random.Generator) -> Scene:
    delay = rng.uniform(0.1, 1.2)
    greeting = _said(spoken["machine"], rng)
    beep = tone(float(rng.choice([440, 800, 1_000, 1_000, 1_400])), rng.uniform(0.25, 1.0)) * _RMS_OF_SINE
    parts = [_quiet(delay), greeting, _quiet(rng.uniform(0.2, 1.0)), beep, _quiet(3.0)]
    return Scene("machine", _on_the_line(parts, rng), delay + len(greeting) / RATE)


def _guard(spoken: Spoken, rng: np.random.Generator) -> Scene:
    delay = rng.uniform(0.1, 1.0)
    warning = _said(spoken["guard"], rng)
    before = delay + len(warning) / RATE + 0.6
    # Half of the devices let the caller hear the bell; with the others it is quiet until somebody speaks.
    bell = ring_back(int(rng.integers(1, 4))) * _RMS_OF_SINE if rng.random() < 0.5 else _quiet(rng.uniform(3.0, 9.0))
    parts = [_quiet(delay), warning, _quiet(0.6), bell, _said(spoken["again"], rng), _quiet(2.0)]
    return Scene("guard", _on_the_line(parts, rng), delay + len(warning) / RATE, before)


def _announcement(spoken: Spoken, rng: np.random.Generator) -> Scene:
    delay = rng.uniform(0.0, 0.6)
    text = _said(spoken["announcement"], rng)
    return Scene(
        "announcement",
        _on_the_line([_quiet(delay), text, _quiet(1.0), text, _quiet(1.0)], rng),
        delay + len(text) / RATE,
    )


def _fax(_: Spoken, rng: np.random.Generator) -> Scene:
    """CED: 2100 Hz, 2.6 to 4.0 s, at least 0.2 s after the answer (ITU-T T.30 §4.2); CNG, 1100 Hz 0.5 s on 3 s off, from callers."""
    delay = rng.uniform(0.2, 0.9)
    sound = tone(2_100, rng.uniform(2.6, 4.0)) * _RMS_OF_SINE
    if rng.random() < 0.2:
        sound = np.concatenate([tone(1_100, 0.5) * _RMS_OF_SINE, _quiet(3.0)] * 2)
    return Scene("fax", _on_the_line([_quiet(delay), sound, _quiet(1.0)], rng), delay)


_MAKERS: dict[str, Callable[[Spoken, np.random.Generator], Scene]] = {
    "person": _person,
    "silent": _silent,
    "machine": _machine,
    "guard": _guard,
    "announcement": _announcement,
    "fax": _fax,
}
_RMS_OF_SINE = float(np.sqrt(2.0))


def tone(hertz: float, seconds: float) -> Sound:
    """A sine of amplitude 1 with edges of 5 ms."""
    at = np.arange(samples(seconds)) / RATE
    edges = np.clip(np.minimum(at, at[-1] - at) / 0.005, 0, 1)
    return np.asarray(np.sin(2 * np.pi * hertz * at) * edges, dtype=np.float64)


def ring_back(rings: int) -> Sound:
    """Japan's: 400 Hz modulated with 16 Hz, 1 s on, 2 s off (TELEPHONY.md §6)."""
    at = np.arange(samples(1.0)) / RATE
    once = np.sin(2 * np.pi * 400 * at) * (0.5 + 0.5 * np.sin(2 * np.pi * 16 * at))
    return np.concatenate([once, _quiet(2.0)] * rings)


def busy(seconds: float) -> Sound:
    """Japan's: 400 Hz, 0.5 s on, 0.5 s off."""
    return np.concatenate([tone(400, 0.5), _quiet(0.5)] * max(1, round(seconds)))


def _said(choices: Sequence[Sound], rng: np.random.Generator) -> Sound:
    """One of the sentences, up to 8 % quicker or slower."""
    chosen = choices[int(rng.integers(len(choices)))]
    quicker = np.arange(0, len(chosen) - 1, rng.uniform(0.92, 1.08))
    return np.asarray(np.interp(quicker, np.arange(len(chosen)), chosen), dtype=np.float64)


def _quiet(seconds: float) -> Sound:
    return np.zeros(samples(seconds))


def _on_the_line(parts: Sequence[Sound], rng: np.random.Generator) -> Sound:
    """Speech at -35 to -14 dB of full scale, noise 12 to 55 dB below it, coded in μ-law and back."""
    level = rng.uniform(-35, -14)
    clean = np.concatenate(parts) * 10 ** (level / 20)
    noise = _noise(len(clean), rng) * 10 ** ((level - rng.uniform(12, 55)) / 20)
    return from_mulaw(to_mulaw(np.clip(clean + noise, -1, 1)))


_ROOM = butter(1, (150, 500), btype="bandpass", fs=RATE, output="sos")


def _noise(length: int, rng: np.random.Generator) -> Sound:
    """White, or of a room (falling with frequency), or that of a street: it swells and ebbs."""
    white = rng.standard_normal(length)
    kind = rng.integers(3)
    if kind == 0:
        return white
    room = sosfilt(_ROOM, white)
    room /= np.sqrt(np.mean(room**2))
    if kind == 1:
        return np.asarray(room, dtype=np.float64)
    swell = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.2, 0.6) * np.arange(length) / RATE + rng.uniform(0, 6))
    return np.asarray(room * swell, dtype=np.float64)

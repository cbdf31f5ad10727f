"""The synthetic voices' sentences: made once by Open JTalk where it is installed, kept in a folder, read as telephone sound.

One voice model (HTS nitech, male, CC-BY) becomes several speakers by vocal tract length, pitch and speed. That is no
measure of real voices, and docs/detection.md says so.
"""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import tomllib
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.signal import butter, resample_poly, sosfilt

from dialer.asterisk.detection.sound import RATE, Sound

_TEXTS = Path(__file__).with_name("material.toml")
_SCRIPT = Path(__file__).with_name("speak-all.sh")
_KEPT = Path("srv/speech")
_BATCH_SECONDS = 600.0

Part = Literal["learned", "held_out"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Open JTalk's settings: speaking rate, half tones up, all-pass constant (0.55 is the model's own; less is a shorter tract)."""

    name: str
    rate: float
    half_tones: float
    all_pass: float

    @property
    def options(self) -> str:
        return f"-r {self.rate} -fm {self.half_tones} -a {self.all_pass}"


LEARNED_SPEAKERS = (
    Speaker("man", 1.1, 0, 0.55),
    Speaker("woman", 1.15, 7, 0.48),
    Speaker("elderly man", 0.75, -2, 0.57),
    Speaker("hurried woman", 1.35, 5, 0.5),
)
HELD_OUT_SPEAKERS = (
    Speaker("deep man", 1.0, -3, 0.58),
    Speaker("elderly woman", 0.7, 4, 0.5),
    Speaker("young woman", 1.25, 9, 0.46),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`kind`: person, machine, guard, announcement, or again (a person's second word)."""

    kind: str
    text: str
    speaker: Speaker


def sentences(part: Part) -> tuple[Sentence, ...]:
    """Everything spoken in a part of the material, `learned` or `held_out`; the two share neither sentence nor speaker."""
    plain = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
    learned = part == "learned"
    names = itertools.cycle(plain["names"] if learned else plain["held_out_names"])
    speakers = LEARNED_SPEAKERS if learned else HELD_OUT_SPEAKERS
    kinds = [(kind, plain[kind][part]) for kind in ("person", "machine", "guard", "announcement")]
    return tuple(
        Sentence(kind, text.format(name=next(names)) if "{name}" in text else text, speaker)
        for kind, texts in [*kinds, ("again", plain["person"]["again"])]
        for text in texts
        for speaker in speakers
    )


def speak(root: Path, wanted: Sequence[Sentence]) -> dict[Sentence, Sound]:
    """The sentences as telephone sound. `root`: the root folder that `.ci/asterisk-root` built; what was said once is kept there.

    Raises RuntimeError, in Japanese, where the voice is missing.
    """
    folder = root / _KEPT
    missing = [sentence for sentence in wanted if not _kept(folder, sentence).is_file()]
    if missing:
        _speak_all(root, folder, missing)
    return {sentence: _as_telephone(_kept(folder, sentence)) for sentence in wanted}


def _speak_all(root: Path, folder: Path, missing: Sequence[Sentence]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    orders = "".join(f"{_key(each)}\t{each.speaker.options}\t{each.text}\n" for each in missing)
    told = subprocess.run(
        ["chroot", root, "sh", "-c", _SCRIPT.read_text(encoding="utf-8"), "speak-all", f"/{_KEPT}"],
        input=orders,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        timeout=_BATCH_SECONDS,
    )
    if told.returncode:
        raise RuntimeError(
            f"音声を作れませんでした。root で .ci/asterisk-root を実行してください。{told.stderr[-500:]}"
        )


def _kept(folder: Path, sentence: Sentence) -> Path:
    return folder / f"{_key(sentence)}.wav"


def _key(sentence: Sentence) -> str:
    return hashlib.sha256(f"{sentence.text}\n{sentence.speaker.options}".encode()).hexdigest()[:20]


def _as_telephone(path: Path) -> Sound:
    """Down to 8 kHz and a telephone's band (300 to 3,400 Hz, ITU-T G.712), the silence around the speech cut off."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        loud = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32_768
    narrow = sosfilt(_BAND, resample_poly(loud, RATE, rate))
    heard = np.flatnonzero(np.abs(narrow) > 0.02 * np.max(np.abs(narrow)))
    spoken = narrow[heard[0] : heard[-1] + 1]
    return np.asarray(spoken / np.sqrt(np.mean(spoken**2)), dtype=np.float64)


_BAND = butter(4, (300, 3_400), btype="bandpass", fs=RATE, output="sos")

"""What a line says by itself: the texts, and the city's own recordings that take their place."""

from __future__ import annotations

import shutil
import tomllib
import wave
from dataclasses import dataclass
from pathlib import Path

from dialer.asterisk.node.node import PLACES
from dialer.asterisk.node.tune import write_tune

HOLD_MUSIC = "hold-music"
"""What a caller in the queue hears between the words; a recording of the city's own takes its place, too."""
_TEXTS = Path(__file__).with_name("prompts.toml")
SPEAK = Path(__file__).with_name("speak.sh")
"""Makes the sounds of a folder of texts, where the voice is: in the root folder or the container."""
_UNSPEAKABLE = ("税", "滞納", "未納", "督促", "催告")


@dataclass(frozen=True, slots=True)
class Wording:
    """Who calls. `section` is said only where the city's settings allow it (DOMAIN §2.7)."""

    city: str
    section: str | None = None

    @property
    def caller(self) -> str:
        return f"{self.city}、{self.section}" if self.section else self.city


def texts(wording: Wording) -> dict[str, str]:
    """Prompt name → what is said. Raises ValueError if the city's own name would speak of taxes."""
    if any(word in wording.city for word in _UNSPEAKABLE):
        raise ValueError("役所の名前に税に関する語は入れられません。課の名前は別の項目で設定してください。")
    prompts = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
    place = prompts.pop("place")
    prompts |= {f"place-{number}": place.replace("{place}", str(number)) for number in range(2, PLACES + 1)}
    return {name: text.format(caller=wording.caller) for name, text in prompts.items()}


def write_prompts(sounds: Path, wording: Wording, recorded: Path | None = None) -> tuple[str, ...]:
    """Lay out a node's `sounds`: the city's recordings (NAME.wav in `recorded`) as they are, the rest as texts to speak.

    Returns the names that are still to be spoken by `SPEAK`. Raises ValueError, in Japanese, for a recording that a
    telephone line can't play: 8 kHz, one channel, 16 bit is what is needed.
    """
    sounds.mkdir(parents=True, exist_ok=True)
    own_music = recorded / f"{HOLD_MUSIC}.wav" if recorded else None
    if own_music is not None and own_music.is_file():
        _demand_telephone_quality(own_music)
        shutil.copyfile(own_music, sounds / f"{HOLD_MUSIC}.wav")
    else:
        write_tune(sounds / f"{HOLD_MUSIC}.wav")
    spoken = []
    for name, text in texts(wording).items():
        own = recorded / f"{name}.wav" if recorded else None
        written = sounds / f"{name}.txt"
        if own is not None and own.is_file():
            _demand_telephone_quality(own)
            written.unlink(missing_ok=True)
            (sounds / f".{name}.spoken").unlink(missing_ok=True)
            shutil.copyfile(own, sounds / f"{name}.wav")
        else:
            written.write_text(f"{text}\n", encoding="utf-8")
            spoken.append(name)
    return tuple(spoken)


def _demand_telephone_quality(recording: Path) -> None:
    try:
        with wave.open(str(recording)) as sound:
            fits = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
    except (wave.Error, EOFError):
        fits = False
    if not fits:
        raise ValueError(f"{recording.name} は8kHz・モノラル・16ビットのWAVにしてください。")

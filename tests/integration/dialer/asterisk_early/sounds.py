"""What networks play before the answer: Japan's tones, and announcements by the root folder's voice."""

from __future__ import annotations

from pathlib import Path

from dialer.asterisk.detection.scenes import busy, ring_back
from dialer.asterisk.detection.sound import Sound
from dialer.asterisk.detection.speech import HELD_OUT_SPEAKERS, Sentence, speak

_LEVEL = 0.1
_ANNOUNCED = {
    "not_in_service": "おかけになった電話番号は、現在使われておりません。",
    "out_of_reach": "おかけになった電話は、電波の届かない場所にあるか、電源が入っていないため、かかりません。",
    "suspended": "おかけになった電話は、お客様のご都合により、通話ができなくなっております。",
}


def sounds(root: Path) -> dict[str, Sound]:
    """By the names of `scenarios.toml`."""
    sentences = {name: Sentence("announcement", text, HELD_OUT_SPEAKERS[2]) for name, text in _ANNOUNCED.items()}
    spoken = speak(root, list(sentences.values()))
    announced = {name: _LEVEL * spoken[sentence] for name, sentence in sentences.items()}
    return {"ring_back": 0.3 * ring_back(1), "busy": 0.3 * busy(1), **announced}

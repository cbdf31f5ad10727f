"""What a line sounds like before it is answered (early media): tones are known, spoken announcements mostly not.

A classifier that knows announcements keeps `EarlyListener` and takes the place of `EarlySounds`. What a sound means for a call
nobody answers is said by the table of its trunk's causes (`dialer/asterisk/causes.toml`); what nobody knows stays unknown.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dialer.asterisk.detection.sound import FRAME_SECONDS, Sound, level_db
from dialer.asterisk.detection.tones import CALL_TONE_HZ, InformationTone, goertzel, pitch_if_pure
from dialer.asterisk.detection.voice import spans

_ON_SHARE = 0.6
_LOUD_DB = -45.0
_GAP_FRAMES = 3
_TOLERANCE = 0.12
_BUSY = 0.5
_RING_BACK = 1.0
_BEATS_FOR_BUSY = 3
_REMEMBERED = 150
_LOOKS_EVERY = 25
_SPOKE_SECONDS = 0.6


class Early(StrEnum):
    """What is heard before the answer; the value is what a table of causes calls it. `UNKNOWN` is never guessed away."""

    RING_BACK = "ring_back"
    BUSY = "busy"
    """Nothing but the busy tone. Japan's tone of a network without room is the same one (`jp` in Asterisk's indications.conf):
    only the cause tells the two apart."""
    VOICE = "voice"
    """A voice: mostly an announcement of unknown kind, but a song in place of ring-back is heard as one too."""
    ANNOUNCEMENT = "announcement"
    """Certainly an announcement (three rising tones go before it, ITU-T E.180/Q.35), of unknown kind."""
    NOT_IN_SERVICE = "not_in_service"
    OUT_OF_REACH = "out_of_reach"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class EarlyListener(Protocol):
    """Hears one line before its answer, frame by frame."""

    def hear(self, frame: Sound) -> None: ...

    @property
    def heard(self) -> Early:
        """What is known by now; it may change with what is heard later."""
        ...


@dataclass(slots=True)
class EarlySounds:
    """Japan's tones of 400 Hz by how long they sound (ring-back 1 s, modulated, 2 s off; busy 0.5 s, 0.5 s off), voices, and
    the tones that go before announcements.

    Source of the tones: TELEPHONY.md §6. One ring tells ring-back, three beats tell busy; but a busy tone behind a voice is
    the end of an announcement, and one behind ring-back the end of a patience: neither says that somebody speaks.
    """

    heard: Early = Early.UNKNOWN
    _on: int = 0
    _gap: int = 0
    _beats: list[float] = field(default_factory=list)
    _information: InformationTone = field(default_factory=InformationTone)
    _levels: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _tonal: deque[bool] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _frames: int = 0

    def hear(self, frame: Sound) -> None:
        self._frames += 1
        level = level_db(frame)
        loud = level > _LOUD_DB
        tone = self._hear_call_tone(loud and goertzel(frame, CALL_TONE_HZ) >= _ON_SHARE)
        pitch = pitch_if_pure(frame) if loud and not tone else None
        if self._information.hear(pitch):
            self.heard = Early.ANNOUNCEMENT
        self._levels.append(level)
        self._tonal.append(tone or pitch is not None)
        if self._frames % _LOOKS_EVERY == 0 and self.heard is not Early.ANNOUNCEMENT and self._somebody_spoke():
            self.heard = Early.VOICE

    def _hear_call_tone(self, sounds: bool) -> bool:
        """Whether this frame belongs to a beat of 400 Hz; the modulation of ring-back goes through nothing 16 times a second."""
        if sounds:
            self._on += 1 + self._gap
            self._gap = 0
            return True
        if not self._on:
            return False
        self._gap += 1
        if self._gap > _GAP_FRAMES:
            self._beats.append(self._on * FRAME_SECONDS)
            self._on = self._gap = 0
            self._judge()
            return False
        return True

    def _judge(self) -> None:
        if self.heard not in (Early.UNKNOWN, Early.BUSY):
            return
        last = self._beats[-_BEATS_FOR_BUSY:]
        if _near(last[-1], _RING_BACK):
            self.heard = Early.RING_BACK
        elif len(last) == _BEATS_FOR_BUSY and all(_near(beat, _BUSY) for beat in last):
            self.heard = Early.BUSY

    def _somebody_spoke(self) -> bool:
        found = spans(list(self._levels), list(self._tonal))
        return sum(ends - begins for begins, ends in found) * FRAME_SECONDS >= _SPOKE_SECONDS


def _near(seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) <= _TOLERANCE

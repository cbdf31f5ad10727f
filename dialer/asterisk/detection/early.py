"""What a line sounds like before it is answered (183 with early media): tones are known, spoken announcements mostly not.

A classifier of announcements keeps `EarlyListener` and takes the place of `EarlyTones`; what nobody knows stays unknown, and the
trunk's cause at the end of the call decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from callflow.codes import CallResult
from dialer.asterisk.detection.sound import FRAME_SECONDS, Sound, level_db
from dialer.asterisk.detection.tones import CALL_TONE_HZ, goertzel

_ON_SHARE = 0.6
_LOUD_DB = -45.0
_GAP_FRAMES = 3
_TOLERANCE = 0.12
_BUSY = 0.5
_RING_BACK = 1.0
_BEATS_FOR_BUSY = 2


class Early(StrEnum):
    """What is heard before the answer. `UNKNOWN` is never guessed away."""

    RING_BACK = "ring_back"
    BUSY = "busy"
    NOT_IN_SERVICE = "not_in_service"
    OUT_OF_REACH = "out_of_reach"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class EarlyListener(Protocol):
    """Hears one line before its answer, frame by frame."""

    def hear(self, frame: Sound) -> None: ...

    @property
    def heard(self) -> Early: ...


_RESULTS = {
    Early.BUSY: CallResult.BUSY,
    Early.NOT_IN_SERVICE: CallResult.NOT_IN_SERVICE,
    Early.OUT_OF_REACH: CallResult.OUT_OF_REACH,
    Early.SUSPENDED: CallResult.SUSPENDED,
}


def result_of(early: Early) -> CallResult | None:
    """What it means for a call nobody answers, for `causes.Verdict`; None: the trunk's cause decides."""
    return _RESULTS.get(early)


@dataclass(slots=True)
class EarlyTones:
    """Japan's tones of 400 Hz, by how long they sound: ring-back 1 s (modulated, 2 s off), busy 0.5 s (0.5 s off).

    Source: TELEPHONY.md §6; one ring tells ring-back, two beats tell busy.
    """

    heard: Early = Early.UNKNOWN
    _on: int = 0
    _gap: int = 0
    _beats: list[float] = field(default_factory=list)

    def hear(self, frame: Sound) -> None:
        if level_db(frame) > _LOUD_DB and goertzel(frame, CALL_TONE_HZ) >= _ON_SHARE:
            self._on += 1 + self._gap
            self._gap = 0
            return
        if not self._on:
            return
        # The modulation of ring-back goes through nothing sixteen times a second.
        self._gap += 1
        if self._gap > _GAP_FRAMES:
            self._beats.append(self._on * FRAME_SECONDS)
            self._on = self._gap = 0
            self._judge()

    def _judge(self) -> None:
        if _near(self._beats[-1], _RING_BACK):
            self.heard = Early.RING_BACK
        elif len(self._beats) >= _BEATS_FOR_BUSY and all(_near(beat, _BUSY) for beat in self._beats[-_BEATS_FOR_BUSY:]):
            self.heard = Early.BUSY


def _near(seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) <= _TOLERANCE
